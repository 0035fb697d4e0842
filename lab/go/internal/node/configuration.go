package node

import (
	"bytes"
	"crypto/tls"
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"strings"

	"github.com/siderolabs/crypto/x509"
	coreconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"go.yaml.in/yaml/v4"

	"validate/check"
)

const controlPlaneTaint = "node-role.kubernetes.io/control-plane"

// configuration is a machine configuration that Talos accepts.
type configuration struct {
	provider    coreconfig.Provider
	documents   []map[string]any
	hostname    string
	clusterName string
	kubelet     string
	schedulable bool
	cni         string
}

// decode reads and checks a configuration as a node does; the error is the node's answer.
func decode(text []byte, options Options) (*configuration, error) {
	if options.Validator != "" {
		if err := validate(options, text); err != nil {
			return nil, err
		}
	}
	provider, err := check.Configuration(text, options.Disk)
	if err != nil {
		return nil, err
	}
	documents, err := split(text)
	if err != nil {
		return nil, err
	}
	c := &configuration{
		provider:    provider,
		documents:   documents,
		hostname:    "talos-lab",
		clusterName: provider.Cluster().Name(),
		schedulable: provider.Cluster().ScheduleOnControlPlanes(),
		cni:         provider.Cluster().Network().CNI().Name(),
	}
	if h := provider.NetworkHostnameConfig(); h != nil && h.Hostname() != "" {
		c.hostname = h.Hostname()
	}
	image := provider.Machine().Kubelet().Image()
	c.kubelet = image[strings.LastIndex(image, ":")+1:]
	return c, nil
}

func validate(options Options, text []byte) error {
	command := exec.Command(options.Validator, "-disk", options.Disk)
	command.Stdin = bytes.NewReader(text)
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New(strings.TrimSpace(string(output)))
	}
	return err
}

func split(text []byte) (documents []map[string]any, err error) {
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document map[string]any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
}

// installable tells whether the disk that Talos is to be installed to is there. A disk selector was checked before.
func (c *configuration) installable(disk string) bool {
	wanted := c.provider.Machine().Install().Disk()
	return wanted == "" || wanted == disk
}

// identity is the Talos API's: a certificate of the machine's CA, for callers with a certificate of the same CA.
func (c *configuration) identity(address string) (*tls.Config, error) {
	return issued(c.provider.Machine().Security().IssuingCA(), tls.RequireAndVerifyClientCert, address)
}

// kubernetesIdentity is the Kubernetes API's: a certificate of the cluster's CA.
func (c *configuration) kubernetesIdentity(address string) (*tls.Config, error) {
	return issued(c.provider.Cluster().IssuingCA(), tls.VerifyClientCertIfGiven, address, c.provider.Cluster().Endpoint().Hostname())
}

// kubeconfig is the administrator's, for the address where the API really listens.
func (c *configuration) kubeconfig(address string) ([]byte, error) {
	ca := c.provider.Cluster().IssuingCA()
	admin, err := clientCertificate(ca, "admin", "system:masters")
	if err != nil {
		return nil, err
	}
	user := "admin@" + c.clusterName
	type object = map[string]any
	return yaml.Marshal(object{
		"apiVersion": "v1", "kind": "Config", "current-context": user,
		"clusters": []object{{"name": c.clusterName, "cluster": object{
			"server": "https://" + address, "certificate-authority-data": encode(ca.Crt)}}},
		"users": []object{{"name": user, "user": object{
			"client-certificate-data": encode(admin.Crt), "client-key-data": encode(admin.Key)}}},
		"contexts": []object{{"name": user, "context": object{
			"cluster": c.clusterName, "namespace": "default", "user": user}}},
	})
}

// node is the Kubernetes object of the machine. Without a network plugin it stays NotReady.
func (c *configuration) node(address string) map[string]any {
	host, _, _ := strings.Cut(address, ":")
	ready, reason, message := "True", "KubeletReady", "kubelet is posting ready status"
	if c.cni == "none" {
		ready, reason, message = "False", "KubeletNotReady",
			"container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized"
	}
	return clone(map[string]any{
		"apiVersion": "v1",
		"kind":       "Node",
		"metadata": map[string]any{
			"name":              c.hostname,
			"uid":               "00000000-0000-4000-8000-000000000001",
			"creationTimestamp": "2026-01-01T00:00:00Z",
			"labels": map[string]any{
				"kubernetes.io/arch":     "amd64",
				"kubernetes.io/hostname": c.hostname,
				"kubernetes.io/os":       "linux",
				controlPlaneTaint:        "",
				"node.kubernetes.io/exclude-from-external-load-balancers": "",
			},
		},
		"spec": map[string]any{"taints": c.taints()},
		"status": map[string]any{
			"addresses": []any{
				map[string]any{"type": "InternalIP", "address": host},
				map[string]any{"type": "Hostname", "address": c.hostname},
			},
			"conditions": []any{map[string]any{"type": "Ready", "status": ready, "reason": reason, "message": message}},
			"nodeInfo":   map[string]any{"kubeletVersion": c.kubelet, "osImage": "Talos (simulated)", "architecture": "amd64", "operatingSystem": "linux"},
		},
	})
}

func (c *configuration) taints() []any {
	if c.schedulable {
		return []any{}
	}
	return []any{map[string]any{"key": controlPlaneTaint, "effect": "NoSchedule"}}
}

// clone copies by way of JSON, so that an object holds nothing but JSON's types.
func clone(object map[string]any) (copied map[string]any) {
	text, err := json.Marshal(object)
	if err == nil {
		err = json.Unmarshal(text, &copied)
	}
	if err != nil {
		panic(err)
	}
	return copied
}

// pair shortens the type of a CA with its key.
type pair = x509.PEMEncodedCertificateAndKey
