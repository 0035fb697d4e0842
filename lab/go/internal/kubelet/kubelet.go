// Package kubelet stands for the kubelet of a simulated node: kwok leads the pods through their lives without running
// anything, and the node says of itself what a kubelet would, also what it learns from its pods: whether there is a network,
// and how many GPUs may be used.
package kubelet

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"lab/internal/process"
)

const (
	pauseAfterFailure = 250 * time.Millisecond
	pauseToLookAgain  = time.Second
	// A kubelet looks as often whether its node's status is still what it has written.
	pauseBetweenReports = 10 * time.Second
)

// Settings say how a kubelet works.
type Settings struct {
	// Kwok is the program that simulates pods.
	Kwok string
	// Directory keeps what the kubelet writes.
	Directory string
	// Kubeconfig is a file with kwok's way into the API.
	Kubeconfig string
	// Admin is an administrator's way into the API, for what the pods of the node do in the cluster too.
	Admin *rest.Config
	// Log is the file for what kwok and the kubelet have to say.
	Log string
}

// Kubelet is running.
type Kubelet struct {
	settings Settings
	client   kubernetes.Interface
	// dynamic is the administrator's, too, for kinds that the client does not know.
	dynamic dynamic.Interface
	// own is the way into the API with the kubelet's own credentials.
	own     kubernetes.Interface
	log     *log.Logger
	changed chan struct{}
	stop    context.CancelFunc
	done    chan struct{}

	// ciliumDefined: the definitions that Cilium's operator makes are there.
	ciliumDefined bool
	// registered is the name of the node object that was there once. A kubelet makes it when it starts, and not again when
	// somebody deletes it.
	registered string
	// said is why the labels, annotations and taints of the configuration are not on the node.
	said string
	// later looks again for what nothing tells of.
	later *time.Timer
	// published is what can be claimed, by driver; unknown at first.
	published map[string]string
	// memory is what the containers that run have found at their start, and remembered what is on the disk of it.
	memory     memory
	remembered []byte
	// synced: all pods are known. Until then each of them seems to be gone.
	synced atomic.Bool
	// nodePlugin is the namespace of the part of Proxmox's CSI driver that mounts volumes; empty if it does not run on the node.
	nodePlugin string

	mu      sync.Mutex
	machine Machine
	faults  []Fault
	kwok    *process.Process
}

// Start registers the machine as a node and lets pods run on it.
func Start(settings Settings, machine Machine, faults []Fault) (*Kubelet, error) {
	client, err := kubernetes.NewForConfig(settings.Admin)
	if err != nil {
		return nil, err
	}
	anyKind, err := dynamic.NewForConfig(settings.Admin)
	if err != nil {
		return nil, err
	}
	own, err := kubernetes.NewForConfig(asNode(settings.Admin, machine.Name))
	if err != nil {
		return nil, err
	}
	output, err := os.OpenFile(settings.Log, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	k := &Kubelet{settings: settings, client: client, dynamic: anyKind, own: own, log: log.New(output, "kubelet: ", log.LstdFlags), changed: make(chan struct{}, 1),
		stop: stop, done: make(chan struct{}), published: map[string]string{}, machine: machine, faults: faults}
	k.recall(machine.Boot)
	k.later = time.AfterFunc(pauseToLookAgain, k.notice)
	go k.run(ctx, output)
	return k, nil
}

// Update takes over what has changed about the machine.
func (k *Kubelet) Update(machine Machine) {
	k.mu.Lock()
	k.machine = machine
	k.mu.Unlock()
	k.notice()
}

// SetFaults replaces what goes wrong with pods. A pod whose fault is gone runs, as after the next try of a kubelet.
func (k *Kubelet) SetFaults(faults []Fault) {
	k.mu.Lock()
	same := slices.Equal(faults, k.faults)
	k.faults = faults
	k.mu.Unlock()
	if !same {
		k.notice()
	}
}

// Stop ends the kubelet; its node and pods stay in the API as they are.
func (k *Kubelet) Stop() {
	k.stop()
	<-k.done
}

func (k *Kubelet) notice() {
	select {
	case k.changed <- struct{}{}:
	default:
	}
}

func (k *Kubelet) run(ctx context.Context, output io.Closer) {
	defer close(k.done)
	defer output.Close() //nolint:errcheck
	defer k.later.Stop()
	pods, services := k.watch(ctx)
	report := time.NewTicker(pauseBetweenReports)
	defer report.Stop()
	var running []Fault
	for {
		k.mu.Lock()
		machine, faults := k.machine, k.faults
		k.mu.Unlock()
		err := errors.Join(k.reconcile(ctx, machine, pods), k.remember())
		if err == nil {
			err = k.assignAddresses(ctx, pods, services, machine.Name)
		}
		// kwok knows its rules from the beginning to its end.
		if err == nil && (k.kwok == nil || !slices.Equal(running, faults)) {
			running = faults
			err = k.restartKwok(ctx, machine.Name, faults)
		}
		var again <-chan time.Time
		if err != nil && ctx.Err() == nil {
			k.log.Print(err)
			again = time.After(pauseAfterFailure)
		}
		select {
		case <-ctx.Done():
			if k.kwok != nil {
				k.kwok.Stop()
			}
			return
		case <-again:
		case <-report.C:
		case <-k.changed:
		}
	}
}

// asNode is the same way into the API with the credentials of a node's kubelet.
func asNode(access *rest.Config, name string) *rest.Config {
	own := rest.CopyConfig(access)
	own.Impersonate = rest.ImpersonationConfig{UserName: "system:node:" + name, Groups: []string{"system:nodes"}}
	return own
}

// watch follows the pods that are on nodes, and the services.
func (k *Kubelet) watch(ctx context.Context) (pods, services cache.Store) {
	onNodes := informers.NewSharedInformerFactoryWithOptions(k.client, 0, informers.WithTweakListOptions(func(o *metav1.ListOptions) {
		o.FieldSelector = fields.OneTermNotEqualSelector("spec.nodeName", "").String()
	}))
	all := informers.NewSharedInformerFactory(k.client, 0)
	follow := func(informer cache.SharedIndexInformer) cache.Store {
		_ = informer.SetWatchErrorHandler(func(*cache.Reflector, error) {})
		_, _ = informer.AddEventHandler(cache.ResourceEventHandlerFuncs{
			AddFunc:    func(any) { k.notice() },
			UpdateFunc: func(any, any) { k.notice() },
			DeleteFunc: func(any) { k.notice() },
		})
		return informer.GetStore()
	}
	pods, services = follow(onNodes.Core().V1().Pods().Informer()), follow(all.Core().V1().Services().Informer())
	onNodes.Start(ctx.Done())
	all.Start(ctx.Done())
	go func() {
		k.synced.Store(cache.WaitForCacheSync(ctx.Done(), onNodes.Core().V1().Pods().Informer().HasSynced))
		k.notice()
	}()
	return pods, services
}

// reconcile makes the node in the API what the machine is.
func (k *Kubelet) reconcile(ctx context.Context, machine Machine, pods cache.Store) error {
	nodes := k.own.CoreV1().Nodes()
	node, err := nodes.Get(ctx, machine.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		if k.registered == machine.Name {
			return nil
		}
		node, err = nodes.Create(ctx, machine.node(), metav1.CreateOptions{})
	}
	if err != nil {
		return fmt.Errorf("the node: %w", err)
	}
	if k.registered != machine.Name {
		if err := k.restartContainers(ctx, machine); err != nil {
			return fmt.Errorf("the containers from before the boot: %w", err)
		}
		if err := k.uncordon(ctx, node); err != nil {
			return err
		}
		k.registered = machine.Name
	}
	if node, err = k.describe(ctx, machine, node); err != nil {
		return err
	}
	if err := k.readyAgain(ctx, pods, machine.Name); err != nil {
		return fmt.Errorf("the pods: %w", err)
	}
	if k.synced.Load() {
		if err := k.startPrograms(ctx, pods, machine.Name); err != nil {
			return err
		}
	}
	on := observe(pods, machine.Name)
	if err := k.operate(ctx, on, machine, node); err != nil {
		return fmt.Errorf("what operators do: %w", err)
	}
	if err := k.store(ctx, pods, machine); err != nil {
		return fmt.Errorf("the local volumes: %w", err)
	}
	network, err := k.network(on)
	if err != nil {
		return err
	}
	ofNVIDIA, err := k.offered(ctx, on, machine, node)
	if err != nil {
		return fmt.Errorf("what the device plugin offers: %w", err)
	}
	gpus := map[corev1.ResourceName]int{gpuResource: ofNVIDIA}
	for _, plugin := range on.devicePlugins {
		maps.Copy(gpus, offeredBy(plugin, machine.Cards))
	}
	if machine.report(&node.Status, network, gpus) {
		if _, err = nodes.UpdateStatus(ctx, node, metav1.UpdateOptions{}); err != nil {
			return fmt.Errorf("the node's status: %w", err)
		}
	}
	return nil
}

// describe gives the node the labels, annotations and taints of the configuration as Talos does: in one update, on a worker
// with the kubelet's credentials. The kubelet goes on without what the API server forbids.
//
// https://github.com/siderolabs/talos/blob/v1.13.9/internal/app/machined/pkg/controllers/k8s/node_apply.go
func (k *Kubelet) describe(ctx context.Context, machine Machine, node *corev1.Node) (*corev1.Node, error) {
	wanted := node.DeepCopy()
	if !machine.describe(wanted) {
		k.said = ""
		return node, nil
	}
	client := k.own
	if machine.ControlPlane {
		client = k.client
	}
	updated, err := client.CoreV1().Nodes().Update(ctx, wanted, metav1.UpdateOptions{})
	if err == nil {
		k.said = ""
		return updated, nil
	}
	if !apierrors.IsForbidden(err) {
		return nil, fmt.Errorf("the node's labels, annotations and taints: %w", err)
	}
	if k.said != err.Error() {
		k.said = err.Error()
		k.log.Printf("the node's labels, annotations and taints: %v", err)
	}
	k.later.Reset(pauseToLookAgain)
	return node, nil
}

// network tells whether a network plugin has left its configuration on the machine, where it stays.
func (k *Kubelet) network(on pods) (bool, error) {
	marker := filepath.Join(k.settings.Directory, "cni")
	if _, err := os.Stat(marker); err == nil || !on.networkPlugin {
		return err == nil, nil
	}
	return true, os.WriteFile(marker, nil, 0o600)
}

func (k *Kubelet) restartKwok(ctx context.Context, node string, faults []Fault) error {
	if k.kwok != nil {
		k.kwok.Stop()
		k.kwok = nil
	}
	// A kwok that was killed seems to hold the node for as long as its lease is valid.
	err := k.client.CoordinationV1().Leases(corev1.NamespaceNodeLease).Delete(ctx, node, metav1.DeleteOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return err
	}
	config := filepath.Join(k.settings.Directory, "kwok.yaml")
	if err := os.WriteFile(config, stages(faults), 0o600); err != nil {
		return err
	}
	k.kwok, err = process.Start(k.settings.Kwok, []string{
		"--kubeconfig=" + k.settings.Kubeconfig,
		"--config=" + config,
		"--manage-single-node=" + node,
		"--node-lease-duration-seconds=40",
	}, k.settings.Log)
	return err
}
