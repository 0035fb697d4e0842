// Package drain takes a node out of service and back, as kubectl does.
package drain

import (
	"context"
	"io"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/kubectl/pkg/drain"
)

// Node cordons a node and evicts its pods, but for those of DaemonSets; disruption budgets may keep it from that for all of
// the timeout.
func Node(ctx context.Context, client kubernetes.Interface, name string, timeout time.Duration) error {
	if err := cordon(ctx, client, name, true); err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	return drain.RunNodeDrain(&drain.Helper{
		Ctx: ctx, Client: client, Timeout: timeout, Out: io.Discard, ErrOut: io.Discard,
		Force: true, IgnoreAllDaemonSets: true, DeleteEmptyDirData: true, GracePeriodSeconds: -1,
	}, name)
}

// Undo lets pods be scheduled to a node again.
func Undo(ctx context.Context, client kubernetes.Interface, name string) error {
	return cordon(ctx, client, name, false)
}

func cordon(ctx context.Context, client kubernetes.Interface, name string, wanted bool) error {
	node, err := client.CoreV1().Nodes().Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return err
	}
	return drain.RunCordonOrUncordon(&drain.Helper{Ctx: ctx, Client: client}, node, wanted)
}
