package talosctl

import (
	"context"
	"fmt"
	"io"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/compatibility"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/tools/clientcmd"

	"lab/internal/manifests"
)

// syncManifests brings the cluster to the manifests that the first control plane has in its configuration. From Talos 1.13 on,
// of the oldest of all nodes, it keeps to the inventory.
func syncManifests(ctx context.Context, c *client.Client, all []kubernetesNode, out io.Writer) error {
	_, _ = fmt.Fprintln(out, "updating manifests")
	serverSide := true
	for _, node := range all {
		reply, err := c.Version(client.WithNode(ctx, node.address))
		if err != nil {
			return fmt.Errorf("node %q: %w", node.address, err)
		}
		version, err := compatibility.ParseTalosVersion(reply.Messages[0].Version)
		if err != nil {
			return err
		}
		serverSide = serverSide && version.SupportsSSAManifestSync()
	}
	list, err := safe.StateList[*k8s.Manifest](client.WithNode(ctx, all[0].address), c.COSI,
		resource.NewMetadata(k8s.ControlPlaneNamespaceName, k8s.ManifestType, "", resource.VersionUndefined))
	if err != nil {
		return err
	}
	var objects []*unstructured.Unstructured
	for manifest := range list.All() {
		for _, item := range manifest.TypedSpec().Items {
			objects = append(objects, &unstructured.Unstructured{Object: item.Object})
		}
	}
	kubeconfig, err := c.Kubeconfig(ctx)
	if err != nil {
		return err
	}
	rest, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return err
	}
	applier, err := manifests.NewApplier(rest, serverSide)
	if err != nil {
		return err
	}
	if err := applier.Sync(ctx, objects, func(line string) { _, _ = fmt.Fprintln(out, line) }); err != nil {
		return fmt.Errorf("error applying manifests: %w", err)
	}
	return nil
}
