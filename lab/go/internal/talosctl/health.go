package talosctl

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/spf13/cobra"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func (g *globals) health() *cobra.Command {
	var timeout time.Duration
	var controlPlanes, workers []string
	command := &cobra.Command{Use: "health", Short: "Check cluster health", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return g.onOne(cmd.Context(), func(ctx context.Context, c *client.Client) error {
			return eventually(ctx, timeout, func(ctx context.Context) error { return healthy(ctx, c, controlPlanes, workers) })
		})
	}}
	flags := command.Flags()
	flags.DurationVar(&timeout, "wait-timeout", 20*time.Minute, "timeout to wait for the cluster to be ready")
	flags.StringSliceVar(&controlPlanes, "control-plane-nodes", nil, "specify IPs of control plane nodes")
	flags.StringSliceVar(&workers, "worker-nodes", nil, "specify IPs of worker nodes")
	flags.Bool("server", true, "has no meaning here")
	flags.Bool("run-e2e", false, "has no meaning here")
	return command
}

// healthy tells what a cluster lacks: every control plane has a vote in etcd and answers, and every node is registered.
// Without a network plugin no node is ready, which the real one does not ask for either then.
func healthy(ctx context.Context, c *client.Client, controlPlanes, workers []string) error {
	all, err := nodes(ctx, c)
	if err != nil {
		return err
	}
	list, err := c.EtcdMemberList(ctx, &machine.EtcdMemberListRequest{})
	if err != nil {
		return err
	}
	voters := 0
	for _, member := range list.Messages[0].Members {
		if member.IsLearner || member.Hostname == "" {
			return fmt.Errorf("the member %016x of etcd has no vote yet", member.Id)
		}
		voters++
	}
	addresses := map[bool][]string{}
	for _, node := range all {
		addresses[node.controlPlane] = append(addresses[node.controlPlane], node.address)
		if !node.controlPlane {
			continue
		}
		if _, err := c.EtcdStatus(client.WithNode(ctx, node.address)); err != nil {
			return fmt.Errorf("etcd on %s: %w", node.name, err)
		}
	}
	if len(addresses[true]) != voters {
		return fmt.Errorf("etcd has %d members, and Kubernetes %d control planes", voters, len(addresses[true]))
	}
	for controlPlane, wanted := range map[bool][]string{true: controlPlanes, false: workers} {
		for _, address := range wanted {
			if !slices.Contains(addresses[controlPlane], address) {
				return fmt.Errorf("the node at %s has not registered", address)
			}
		}
	}
	return nil
}

// kubernetesNode is a node as Kubernetes knows it.
type kubernetesNode struct {
	name, address, kubelet string
	controlPlane           bool
}

// nodes are those of a cluster whose API is ready, control planes first.
func nodes(ctx context.Context, c *client.Client) ([]kubernetesNode, error) {
	kubeconfig, err := c.Kubeconfig(ctx)
	if err != nil {
		return nil, err
	}
	rest, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	api, err := kubernetes.NewForConfig(rest)
	if err != nil {
		return nil, err
	}
	if err := api.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error(); err != nil {
		return nil, err
	}
	list, err := api.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err == nil && len(list.Items) == 0 {
		err = errors.New("no node has registered")
	}
	if err != nil {
		return nil, err
	}
	var controlPlanes, workers []kubernetesNode
	for _, node := range list.Items {
		_, is := node.Labels[constants.LabelNodeRoleControlPlane]
		known := kubernetesNode{name: node.Name, kubelet: node.Status.NodeInfo.KubeletVersion, controlPlane: is}
		for _, address := range node.Status.Addresses {
			if address.Type == corev1.NodeInternalIP {
				known.address = address.Address
			}
		}
		if is {
			controlPlanes = append(controlPlanes, known)
		} else {
			workers = append(workers, known)
		}
	}
	return append(controlPlanes, workers...), nil
}
