package node

import (
	"context"
	"io"
	"log"
	"net"
	"net/http"
	"path/filepath"
	"reflect"
	"sync"
	"time"

	"lab/internal/controlplane"
	"lab/internal/kubelet"
	"lab/internal/manifests"
)

const manifestsAgainAfter = 2 * time.Second

// kubernetes is the node's cluster while it runs.
type kubernetes struct {
	node     *Node
	options  Options
	settings controlplane.Settings
	minor    int
	stop     context.CancelFunc
	done     chan struct{}
	// changed tells that the manifests of the configuration may be others.
	changed chan struct{}

	mu      sync.Mutex
	current *configuration
	faults  faults
	front   *front
	server  *http.Server
	kubelet *kubelet.Kubelet
}

// startKubernetes runs the cluster on what is on the node's disk. It comes up by and by.
func startKubernetes(n *Node, options Options, d disk, active faults) (*kubernetes, error) {
	settings, err := d.current.controlPlane(options)
	if err != nil {
		return nil, err
	}
	minor, err := d.system.minor()
	if err != nil {
		return nil, err
	}
	options.System = d.system
	ctx, stop := context.WithCancel(context.Background())
	k := &kubernetes{node: n, options: options, settings: settings, minor: minor, stop: stop, done: make(chan struct{}),
		changed: make(chan struct{}, 1), current: d.current, faults: active}
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
	if err != nil || !reflect.DeepEqual(settings, k.settings) {
		return false
	}
	k.mu.Lock()
	defer k.mu.Unlock()
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

// machine is what the kubelet is told.
func (k *kubernetes) machine() kubelet.Machine {
	machine := k.current.machine(k.options)
	if k.faults.driver {
		machine.GPUs = 0
	}
	return machine
}

// listening tells whether callers reach the API.
func (k *kubernetes) listening() bool {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.server != nil
}

func (k *kubernetes) run(ctx context.Context) error {
	api, err := controlplane.Start(k.settings)
	if err != nil {
		return err
	}
	defer api.Stop()
	defer k.close()
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
	// From 1.13 on Talos keeps an inventory of what it has created.
	applier, err := manifests.NewApplier(api.Admin(), k.minor >= 13)
	if err != nil {
		return err
	}
	for said := ""; ; {
		k.mu.Lock()
		provider := k.current.provider
		k.mu.Unlock()
		objects, err := manifests.Of(ctx, provider)
		if applyErr := applier.Apply(ctx, objects); err == nil {
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
		select {
		case <-ctx.Done():
			return nil
		case <-again:
		case <-k.changed:
		}
	}
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
	var err error
	if k.front, err = newFront(k.node, k.settings.ClusterAuthority, api); err != nil {
		return err
	}
	return k.listen()
}

func (k *kubernetes) close() {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.front, k.kubelet = nil, nil
	_ = k.listen()
}

// listen opens or closes the API to callers, as its state and faults have it.
func (k *kubernetes) listen() error {
	wanted := k.front != nil && !k.faults.closed
	if wanted == (k.server != nil) {
		return nil
	}
	if !wanted {
		err := k.server.Close()
		k.server = nil
		return err
	}
	identity, err := k.current.kubernetesIdentity(k.options.Kubernetes)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", k.options.Kubernetes)
	if err != nil {
		return err
	}
	k.server = &http.Server{TLSConfig: identity, Handler: k.front, ErrorLog: log.New(io.Discard, "", 0)}
	go k.server.ServeTLS(listener, "", "") //nolint:errcheck
	return nil
}
