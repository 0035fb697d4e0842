package node

import (
	"context"
	"net"
	"time"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
)

const (
	virtualIPKey = "talos:v1:vip:"
	// secondsToMiss is how long a virtual address is nobody's after its holder is gone.
	secondsToMiss  = 4
	pauseToCompete = 500 * time.Millisecond
)

// share stands for election in etcd, as Talos does, for every virtual address, and holds those that it is elected for.
func (k *kubernetes) share(ctx context.Context, addresses []string) error {
	if len(addresses) == 0 {
		return nil
	}
	client, err := k.settings.Etcd()
	if err != nil {
		return err
	}
	context.AfterFunc(ctx, func() { _ = client.Close() })
	for _, address := range addresses {
		go func() {
			for ; ctx.Err() == nil; pause(ctx, pauseToCompete) {
				k.compete(ctx, client, address)
			}
		}()
	}
	return nil
}

// compete returns when the address was held and lost.
func (k *kubernetes) compete(ctx context.Context, client *clientv3.Client, address string) {
	session, err := concurrency.NewSession(client, concurrency.WithTTL(secondsToMiss), concurrency.WithContext(ctx))
	if err != nil {
		return
	}
	defer session.Orphan()
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		select {
		case <-session.Done():
			stop()
		case <-ctx.Done():
		}
	}()
	if err := concurrency.NewElection(session, virtualIPKey+address).Campaign(ctx, k.settings.Name); err != nil {
		return
	}
	host := net.JoinHostPort(address, kubernetesPort)
	// Whoever held it before may still be about to let it go.
	for k.hold(host) != nil {
		if pause(ctx, pauseToCompete); ctx.Err() != nil {
			return
		}
	}
	<-ctx.Done()
	k.release(host)
}
