package talosctl

import (
	"context"
	"fmt"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/client"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"lab/internal/drain"
)

// drain takes a node out of service, and returns what takes it back. A node that was out of service before stays so.
func (g *globals) drain(ctx context.Context, c *client.Client, node string, timeout time.Duration) (undo func(context.Context) error, err error) {
	undo = func(context.Context) error { return nil }
	name, err := hostnameOf(ctx, c)
	if err != nil {
		return undo, err
	}
	api, err := g.kubernetes(ctx, c, node)
	if err != nil {
		return undo, err
	}
	object, err := api.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return undo, fmt.Errorf("error draining node %s: %w", name, err)
	}
	if !object.Spec.Unschedulable {
		undo = func(ctx context.Context) error { return drain.Undo(ctx, api, name) }
	}
	if err := drain.Node(ctx, api, name, timeout); err != nil {
		return undo, fmt.Errorf("error draining node %s: %w", name, err)
	}
	return undo, nil
}

func hostnameOf(ctx context.Context, c *client.Client) (string, error) {
	reply, err := c.Version(ctx)
	if err != nil {
		return "", err
	}
	return reply.Messages[0].Metadata.Hostname, nil
}

// kubernetes is the API of the node's cluster: its own, if it is a control plane, or else that of another one.
func (g *globals) kubernetes(ctx context.Context, c *client.Client, node string) (*kubernetes.Clientset, error) {
	kubeconfig, err := c.Kubeconfig(ctx)
	for _, endpoint := range c.GetEndpoints() {
		if err == nil {
			break
		}
		if endpoint != node {
			kubeconfig, err = c.Kubeconfig(client.WithNode(ctx, endpoint))
		}
	}
	if err != nil {
		return nil, err
	}
	rest, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	return kubernetes.NewForConfig(rest)
}
