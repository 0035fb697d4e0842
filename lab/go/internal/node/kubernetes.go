package node

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/constants"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"k8s.io/client-go/rest"

	"lab/internal/controlplane"
	"lab/internal/kubelet"
	"lab/internal/manifests"
)

const manifestsAgainAfter = 2 * time.Second

// kubernetes is a control plane while it runs, with the kubelet of its node.
type kubernetes struct {
	node     *Node
	options  Options
	settings controlplane.Settings
	minor    int
	stop     context.CancelFunc
	done     chan struct{}
	// changed tells that the manifests of the configuration may be others.
	changed chan struct{}
	// missing asks Talos to create what is missing of its manifests, and is told when that is done.
	missing chan chan struct{}

	mu      sync.Mutex
	current *configuration
	faults  faults
	admin   *rest.Config
	front   *front
	// servers are the Kubernetes API's, by the address where each listens; the node's own is always among those that are to.
	servers map[string]*http.Server
	kubelet *kubelet.Kubelet
}

// startKubernetes runs the cluster on what is on the node's disk. It comes up by and by.
func startKubernetes(n *Node, options Options, d disk, active faults) (*kubernetes, error) {
	settings, err := d.current.controlPlane(options)
	if err != nil {
		return nil, err
	}
	settings.Members = d.members
	minor, err := d.system.minor()
	if err != nil {
		return nil, err
	}
	options.System = d.system
	ctx, stop := context.WithCancel(context.Background())
	k := &kubernetes{node: n, options: options, settings: settings, minor: minor, stop: stop, done: make(chan struct{}),
		changed: make(chan struct{}, 1), missing: make(chan chan struct{}), current: d.current, faults: active, servers: map[string]*http.Server{}}
	go func() {
		defer close(k.done)
		if err := k.run(ctx); err != nil && ctx.Err() == nil {
			log.Printf("Kubernetes does not run: %v", err)
		}
	}()
	return k, nil
}

// Stop ends everything at once. What etcd has written stays.
func (k *kubernetes) Stop() {
	k.stop()
	<-k.done
}

// update takes over another configuration, unless the control plane has to be started anew for it.
func (k *kubernetes) update(c *configuration) bool {
	settings, err := c.controlPlane(k.options)
	settings.Members = k.settings.Members
	k.mu.Lock()
	defer k.mu.Unlock()
	if err != nil || !reflect.DeepEqual(settings, k.settings) || !slices.Equal(c.virtualIPs(k.options.Hardware), k.current.virtualIPs(k.options.Hardware)) {
		return false
	}
	k.current = c
	if k.kubelet != nil {
		k.kubelet.Update(k.machine())
	}
	select {
	case k.changed <- struct{}{}:
	default:
	}
	return true
}

// setFaults replaces what goes wrong.
func (k *kubernetes) setFaults(active faults) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.faults = active
	if k.kubelet != nil {
		k.kubelet.SetFaults(active.pods)
		k.kubelet.Update(k.machine())
	}
	return k.listen()
}

func (k *kubernetes) machine() kubelet.Machine { return k.faults.machine(k.current, k.options) }

func (k *kubernetes) listening() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.servers[k.options.Kubernetes] != nil
}

func (k *kubernetes) access() *rest.Config {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.admin
}

func (k *kubernetes) run(ctx context.Context) error {
	k.mu.Lock()
	first := k.current
	k.mu.Unlock()
	api, err := controlplane.Start(ctx, k.settings, func() []string { return first.controlPlanes(k.options) })
	if err != nil {
		return err
	}
	defer api.Stop()
	defer k.close()
	if err := k.share(ctx, first.virtualIPs(k.options.Hardware)); err != nil {
		return err
	}
	if err := api.Listening(ctx); err != nil {
		return err
	}
	if err := k.open(api); err != nil {
		return err
	}
	if err := api.Ready(ctx); err != nil {
		return err
	}
	kubelet, err := k.startKubelet(api)
	if err != nil {
		return err
	}
	defer kubelet.Stop()
	etcd, err := k.settings.Etcd()
	if err != nil {
		return err
	}
	defer etcd.Close() //nolint:errcheck
	// From 1.13 on Talos keeps an inventory of what it has created.
	applier, err := manifests.NewApplier(api.Admin(), k.minor >= 13)
	if err != nil {
		return err
	}
	k.createManifests(ctx, etcd, applier)
	return nil
}

// createManifests creates what is missing of the configuration's manifests, again with each other configuration.
func (k *kubernetes) createManifests(ctx context.Context, etcd *clientv3.Client, applier *manifests.Applier) {
	var created chan struct{}
	for said := ""; ; {
		k.mu.Lock()
		provider := k.current.provider
		k.mu.Unlock()
		objects, err := manifests.Of(ctx, provider)
		if applyErr := alone(ctx, etcd, func() error { return applier.Apply(ctx, objects) }); err == nil {
			err = applyErr
		}
		var again <-chan time.Time
		if err != nil && ctx.Err() == nil {
			if said != err.Error() {
				said = err.Error()
				log.Printf("manifests: %v", said)
			}
			again = time.After(manifestsAgainAfter)
		}
		if created != nil {
			close(created)
			created = nil
		}
		select {
		case <-ctx.Done():
			return
		case created = <-k.missing:
		case <-again:
		case <-k.changed:
		}
	}
}

// alone does something that one control plane of the cluster does at a time.
func alone(ctx context.Context, etcd *clientv3.Client, do func() error) error {
	session, err := concurrency.NewSession(etcd, concurrency.WithTTL(secondsToMiss), concurrency.WithContext(ctx))
	if err != nil {
		return err
	}
	defer session.Close() //nolint:errcheck
	lock := concurrency.NewMutex(session, constants.EtcdTalosManifestApplyMutex)
	if err := lock.Lock(ctx); err != nil {
		return err
	}
	return do()
}

func (k *kubernetes) startKubelet(api *controlplane.ControlPlane) (*kubelet.Kubelet, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	running, err := kubelet.Start(kubelet.Settings{
		Kwok:       filepath.Join(k.options.Programs, "kwok"),
		Directory:  k.options.Directory,
		Kubeconfig: api.Kubeconfig(),
		Admin:      api.Admin(),
		Log:        k.settings.LogFile("kubelet"),
	}, k.machine(), k.faults.pods)
	k.kubelet = running
	return running, err
}

// open lets callers in, as far as faults do.
func (k *kubernetes) open(api *controlplane.ControlPlane) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.admin = api.Admin()
	k.servers[k.options.Kubernetes] = nil
	var err error
	if k.front, err = newFront(k, api); err != nil {
		return err
	}
	return k.listen()
}

func (k *kubernetes) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.front, k.kubelet = nil, nil
	_ = k.listen()
	clear(k.servers)
}

// hold lets callers reach the API at a virtual address too.
func (k *kubernetes) hold(address string) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.servers[address] = nil
	err := k.listen()
	if err != nil {
		delete(k.servers, address)
	}
	return err
}

func (k *kubernetes) release(address string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if server := k.servers[address]; server != nil {
		_ = server.Close()
	}
	delete(k.servers, address)
}

func (k *kubernetes) virtualIPs() []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	held := []string{}
	for address := range k.servers {
		if host, _, _ := net.SplitHostPort(address); address != k.options.Kubernetes {
			held = append(held, host)
		}
	}
	slices.Sort(held)
	return held
}

// listen opens or closes the API to callers, as its state and faults have it.
func (k *kubernetes) listen() error {
	wanted := k.front != nil && !k.faults.closed
	var problems error
	for address, server := range k.servers {
		if wanted == (server != nil) {
			continue
		}
		k.servers[address] = nil
		if !wanted {
			problems = errors.Join(problems, server.Close())
			continue
		}
		server, err := k.serve(address)
		if err != nil {
			problems = errors.Join(problems, err)
			continue
		}
		k.servers[address] = server
	}
	return problems
}

func (k *kubernetes) serve(address string) (*http.Server, error) {
	identity, err := k.current.kubernetesIdentity(address)
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	server := &http.Server{TLSConfig: identity, Handler: k.front, ErrorLog: log.New(io.Discard, "", 0)}
	go server.ServeTLS(&ingressListener{listener, k.node}, "", "") //nolint:errcheck
	return server, nil
}
