package manifests

import (
	"embed"
	"os"

	coreconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

//go:embed talos/*.yaml
var talos embed.FS

// own are the workloads that Talos installs by itself, by the names it gives them. What their containers would need to do
// their work is left out, as none runs.
func own(config coreconfig.Provider) ([]*unstructured.Unstructured, error) {
	cluster := config.Cluster()
	var objects []*unstructured.Unstructured
	add := func(name string, values map[string]string) error {
		text, err := talos.ReadFile("talos/" + name + ".yaml")
		if err != nil {
			return err
		}
		decoded, err := decode([]byte(os.Expand(string(text), func(key string) string { return values[key] })))
		objects = append(objects, decoded...)
		return err
	}
	// Workers come in with this token.
	if err := add("bootstrap-token", map[string]string{"id": cluster.Token().ID(), "secret": cluster.Token().Secret()}); err != nil {
		return nil, err
	}
	if cluster.CoreDNS().Enabled() {
		addresses, err := cluster.Network().DNSServiceIPs()
		if err != nil {
			return nil, err
		}
		if err := add("coredns", map[string]string{"image": cluster.CoreDNS().Image(), "address": addresses[0].String()}); err != nil {
			return nil, err
		}
	}
	if cluster.Network().CNI().Name() == constants.FlannelCNI {
		if err := add("flannel", map[string]string{"image": "ghcr.io/siderolabs/flannel:" + constants.FlannelVersion}); err != nil {
			return nil, err
		}
	}
	if cluster.Proxy().Enabled() {
		if err := add("kube-proxy", map[string]string{"image": cluster.Proxy().Image()}); err != nil {
			return nil, err
		}
	}
	return objects, nil
}
