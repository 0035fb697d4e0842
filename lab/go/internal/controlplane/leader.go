package controlplane

import (
	"context"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/leaderelection"
	"k8s.io/client-go/tools/leaderelection/resourcelock"

	"lab/internal/process"
)

// Shorter than Kubernetes' own, which are made for networks.
const (
	leaseDuration = 10 * time.Second
	renewDeadline = 8 * time.Second
	retryPeriod   = time.Second
)

// lead runs a program for as long as this control plane is the one of its cluster that holds the lease of the program's
// name. The real programs elect themselves, and all but one do nothing; here they are not even started.
func (c *ControlPlane) lead(ctx context.Context, program string, start func() (*process.Process, error)) error {
	client, err := kubernetes.NewForConfig(c.admin)
	if err != nil {
		return err
	}
	// Its own lease from before a restart is this control plane's to renew at once, by its address.
	lock := &resourcelock.LeaseLock{
		LeaseMeta:  metav1.ObjectMeta{Namespace: metav1.NamespaceSystem, Name: program},
		Client:     client.CoordinationV1(),
		LockConfig: resourcelock.ResourceLockConfig{Identity: c.settings.Address},
	}
	candidate, err := leaderelection.NewLeaderElector(leaderelection.LeaderElectionConfig{
		Lock: lock, LeaseDuration: leaseDuration, RenewDeadline: renewDeadline, RetryPeriod: retryPeriod,
		Callbacks: leaderelection.LeaderCallbacks{
			OnStartedLeading: func(ctx context.Context) {
				running, err := start()
				if err != nil {
					return
				}
				<-ctx.Done()
				running.Stop()
			},
			OnStoppedLeading: func() {},
		},
	})
	if err != nil {
		return err
	}
	go func() {
		// The first try is to succeed: the namespace comes a moment after the API server is ready.
		_ = until(ctx, func() bool {
			_, err := client.CoreV1().Namespaces().Get(ctx, metav1.NamespaceSystem, metav1.GetOptions{})
			return err == nil
		})
		for ctx.Err() == nil {
			candidate.Run(ctx)
		}
	}()
	return nil
}
