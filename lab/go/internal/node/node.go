// Package node simulates a Talos node as its APIs show it from outside: it waits for a machine configuration in maintenance
// mode, then answers to the certificates of that configuration, is bootstrapped once, and runs a real control plane of
// Kubernetes. Talos's own library decodes and checks the configuration. Nothing is installed and no container runs.
package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc"

	"lab/internal/discovery"
)

// Options say where a node listens and what it consists of.
type Options struct {
	// Talos is the address of the Talos API, host:port; port 0 takes a free one.
	Talos string
	// Kubernetes is the address of the Kubernetes API, host:port; port 0 takes a free one.
	Kubernetes string
	// System is the Talos in the image that the machine boots first.
	System System
	// Validators is the directory of the programs talos-validate-1.11 and so on, which read a configuration and exit with 0
	// when a node of that minor accepts it. Without it, the Talos that this program is built with decides.
	Validators string
	// Programs is the directory of etcd, kube-apiserver, kube-controller-manager, kube-scheduler and kwok. A node without
	// them is bootstrapped, but no Kubernetes comes up.
	Programs string
	// Discovery is where the node finds others of its cluster. Without it the node is alone.
	Discovery discovery.Service
	// Disk is the path of the node's only disk.
	Disk string
	// Directory keeps what is on that disk.
	Directory string
	// Hardware is what the machine has when it is switched on first.
	Hardware Hardware
	// boot tells one boot of the machine from others.
	boot uint64
	// Faults are what goes wrong from the first moment on.
	Faults []*Rule
}

// Stage is how far a node has come.
type Stage string

// The stages of a node. A worker stays configured.
const (
	Maintenance  Stage = "maintenance"
	Configured   Stage = "configured"
	Bootstrapped Stage = "bootstrapped"
	// Joined is a control plane of a cluster that another one was bootstrapped for.
	Joined Stage = "joined"
)

// Node is a simulated machine with Talos. What is on its disk survives a power cut.
type Node struct {
	// power is held while the node comes up, goes down or becomes another one.
	power sync.Mutex

	options Options

	mu       sync.Mutex
	hardware Hardware
	disk     disk
	calls    []Call
	rules    []*Rule
	booted   uint64

	// ingress is the configuration, for connections that come while mu is held.
	ingress atomic.Pointer[configuration]

	// What a node has only while it runs.
	talos      *grpc.Server
	identity   *tls.Config
	kubernetes services
	peers      map[string]net.Conn
	// unsettle ends what settle began.
	unsettle context.CancelFunc
	// hasLeft: etcd was left, and is not joined again before the next boot.
	hasLeft bool
}

// disk is what Talos has written to the disk, but for etcd's data.
type disk struct {
	system System
	// next is the Talos of the next boot, when it is another one.
	next  *System
	stage Stage
	// members are those of the etcd that the node joined.
	members    string
	current    *configuration
	applied    []Applied
	bootstraps int
}

// Applied is a configuration that the node accepted.
type Applied struct {
	// Mode is the mode it was sent with, such as AUTO.
	Mode string `json:"mode"`
	// Documents are its YAML documents.
	Documents []map[string]any `json:"documents"`
}

// Call is a request to one of the node's APIs.
type Call struct {
	// Method is the RPC, such as Bootstrap, or the Kubernetes request, such as GET /readyz.
	Method string `json:"method"`
	// Authenticated tells whether the caller showed a certificate that the node trusts.
	Authenticated bool `json:"authenticated"`
	// Node is the node that the caller named in the request's metadata.
	Node string `json:"node,omitempty"`
	// Code is the gRPC code or HTTP status of the answer.
	Code string `json:"code"`
	// Message is the error's text.
	Message string `json:"message,omitempty"`
}

// State is what a test may ask a node.
type State struct {
	System
	// On tells whether the machine is switched on.
	On bool `json:"on"`
	// Boot tells the machine's last boot from others, as the node's status in Kubernetes does.
	Boot       string    `json:"boot"`
	Stage      Stage     `json:"stage"`
	Applied    []Applied `json:"applied"`
	Bootstraps int       `json:"bootstraps"`
	// Kubernetes tells whether the Kubernetes API takes connections.
	Kubernetes bool `json:"kubernetes"`
	// VirtualIPs are the virtual addresses that the node holds.
	VirtualIPs []string `json:"virtualIPs"`
	// Links are the network devices, as the configuration left them; empty without one.
	Links []Link `json:"links"`
	Calls []Call `json:"calls"`
}

// Start switches a new machine on, which is in maintenance mode.
func Start(options Options) (*Node, error) {
	if options.Programs != "" {
		if err := programs(options.Programs); err != nil {
			return nil, err
		}
	}
	var err error
	if options.Talos, err = withFreePort(options.Talos); err != nil {
		return nil, err
	}
	if options.Kubernetes, err = withFreePort(options.Kubernetes); err != nil {
		return nil, err
	}
	if err := emptied(options.Directory); err != nil {
		return nil, err
	}
	if _, err := options.System.minor(); err != nil {
		return nil, err
	}
	n := &Node{options: options, disk: disk{system: options.System, stage: Maintenance}, peers: map[string]net.Conn{}, unsettle: func() {}}
	if err := n.SetFaults(options.Faults); err != nil {
		return nil, err
	}
	return n, n.PowerOn(options.Hardware)
}

// TalosAddress is where the Talos API listens.
func (n *Node) TalosAddress() string { return n.options.Talos }

// KubernetesAddress is where the Kubernetes API listens once the node is bootstrapped.
func (n *Node) KubernetesAddress() string { return n.options.Kubernetes }

// Close switches the machine off for good.
func (n *Node) Close() { n.PowerOff() }

// PowerOn boots what is on the disk; a machine that is on stays as it is.
func (n *Node) PowerOn(hardware Hardware) error {
	n.power.Lock()
	defer n.power.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.talos != nil {
		return nil
	}
	n.hardware = hardware
	return n.boot()
}

// PowerOff ends everything at once, as a power cut does.
func (n *Node) PowerOff() {
	n.power.Lock()
	defer n.power.Unlock()
	n.mu.Lock()
	talos := n.talos
	n.talos = nil
	n.unsettle()
	n.mu.Unlock()
	if talos != nil {
		talos.Stop()
	}
	n.stopKubernetes()
}

// Wipe empties the disk: the node is a fresh machine in maintenance mode. Faults and recorded calls stay.
func (n *Node) Wipe() error {
	n.power.Lock()
	defer n.power.Unlock()
	n.stopKubernetes()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.unsettle()
	if n.disk.current != nil {
		if err := n.options.Discovery.Leave(n.disk.current.id(), n.host()); err != nil {
			return err
		}
	}
	n.disk, n.hasLeft = disk{system: n.disk.system, stage: Maintenance}, false
	n.ingress.Store(nil)
	if err := emptied(n.options.Directory); err != nil {
		return err
	}
	return n.identify()
}

// wipeEphemeral empties the partition that etcd's data are on: the node keeps its configuration and may be bootstrapped again.
func (n *Node) wipeEphemeral() error {
	n.power.Lock()
	defer n.power.Unlock()
	n.stopKubernetes()
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.disk.stage != Maintenance {
		n.disk.stage, n.disk.members = Configured, ""
	}
	return emptied(n.options.Directory)
}

// State describes the node now.
func (n *Node) State() State {
	n.mu.Lock()
	defer n.mu.Unlock()
	state := State{System: n.disk.system, On: n.talos != nil, Boot: fmt.Sprint(n.booted), Stage: n.disk.stage, Applied: slices.Clone(n.disk.applied),
		Bootstraps: n.disk.bootstraps, VirtualIPs: []string{}, Links: []Link{}, Calls: slices.Clone(n.calls)}
	if n.disk.current != nil {
		state.Links = n.disk.current.links(n.hardware)
	}
	if n.kubernetes != nil {
		state.Kubernetes, state.VirtualIPs = n.kubernetes.listening(), n.kubernetes.virtualIPs()
	}
	return state
}

// Kubeconfig is the administrator's, for tests: it leads to this node, whatever the endpoint of the cluster is.
func (n *Node) Kubeconfig() ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.disk.current == nil {
		return nil, errors.New("the node has no configuration yet")
	}
	return n.disk.current.kubeconfig(n.options.Kubernetes)
}

func (n *Node) record(call Call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls = append(n.calls, call)
}

// apply takes a checked configuration over; the first one ends maintenance mode.
func (n *Node) apply(c *configuration, mode string) error {
	n.power.Lock()
	defer n.power.Unlock()
	// A control plane's CA without its key is refused before anything is taken over.
	if _, err := c.identity(n.options.Talos); c.isControlPlane() && err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.disk.applied = append(n.disk.applied, Applied{mode, c.documents})
	if n.disk.stage == Maintenance && !c.installable(n.options.Disk) {
		// Talos accepts such a configuration, fails to install itself, and is back in maintenance mode:
		// https://github.com/siderolabs/talos/issues/11940
		return nil
	}
	if n.disk.stage == Maintenance {
		n.disk.stage, n.identity = Configured, nil
	}
	n.disk.current = c
	n.ingress.Store(c)
	if err := n.identify(); err != nil {
		return err
	}
	if err := n.settle(); err != nil {
		return err
	}
	if n.kubernetes != nil && n.startsKubelet() && n.kubernetes.update(c) {
		return nil
	}
	n.mu.Unlock()
	n.stopKubernetes()
	n.mu.Lock()
	return n.runKubernetes()
}

// bootstrap starts a cluster, on the data of a snapshot if it is to recover one.
func (n *Node) bootstrap(recovers bool) error {
	n.power.Lock()
	defer n.power.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.disk.current.isControlPlane() {
		return errWorker("bootstrap")
	}
	if n.disk.stage != Configured {
		return errBootstrapped
	}
	if recovers {
		settings, err := n.disk.current.controlPlane(n.options)
		if err != nil {
			return err
		}
		if err := settings.Recover(filepath.Join(n.options.Directory, snapshotFile)); err != nil {
			return err
		}
	}
	n.disk.stage = Bootstrapped
	n.disk.bootstraps++
	return n.runKubernetes()
}

// boot runs what is on the disk.
func (n *Node) boot() error {
	if n.disk.next != nil {
		n.disk.system, n.disk.next = *n.disk.next, nil
	}
	// In seconds, and never the same twice.
	n.booted = max(uint64(time.Now().Unix()), n.booted+1)
	n.identity, n.hasLeft = nil, false
	if err := n.identify(); err != nil {
		return err
	}
	listener, err := net.Listen("tcp", n.options.Talos)
	if err != nil {
		return err
	}
	n.talos = newTalosServer(n)
	go n.talos.Serve(&watchedListener{&ingressListener{listener, n}, n}) //nolint:errcheck
	if err := n.settle(); err != nil {
		return err
	}
	return n.runKubernetes()
}

// identify gives the Talos API the certificate that the disk has for it. A worker's disk has none: see enroll.
func (n *Node) identify() (err error) {
	switch {
	case n.disk.current == nil:
		n.identity, err = selfSigned(n.options.Talos)
	case n.disk.current.isControlPlane():
		n.identity, err = n.disk.current.identity(n.options.Talos)
	}
	return err
}

func (d *disk) hostname() string {
	if d.current == nil {
		return ""
	}
	return d.current.hostname
}

func (n *Node) runKubernetes() error {
	if n.disk.current == nil || n.options.Programs == "" || !n.startsKubelet() {
		return nil
	}
	options := n.options
	options.Hardware, options.boot = n.hardware, n.booted
	if !n.disk.current.isControlPlane() {
		running, err := startWorker(options, n.disk, faultsOf(n.rules))
		if err == nil {
			n.kubernetes = running
		}
		return err
	}
	if n.disk.stage == Configured {
		return nil
	}
	running, err := startKubernetes(n, options, n.disk, faultsOf(n.rules))
	if err == nil {
		n.kubernetes = running
	}
	return err
}

// startsKubelet tells whether the kubelet has an address to register with. It runs the control plane, too.
func (n *Node) startsKubelet() bool {
	addresses, err := n.disk.current.nodeIPs(n.host(), n.hardware)
	if err != nil || len(addresses) == 0 {
		log.Printf("no suitable node IP found, please make sure .machine.kubelet.nodeIP filters and pod/service subnets are set up correctly: %v", err)
		return false
	}
	return true
}

// stopKubernetes waits for callers to be cut off, and so must not be called under the lock that serves them.
func (n *Node) stopKubernetes() {
	n.mu.Lock()
	running := n.kubernetes
	n.kubernetes = nil
	n.mu.Unlock()
	if running != nil {
		running.Stop()
	}
}

// emptied removes what is in a directory.
func emptied(directory string) error {
	if directory == "" {
		return nil
	}
	if err := os.RemoveAll(directory); err != nil {
		return err
	}
	return os.MkdirAll(directory, 0o700)
}

func withFreePort(address string) (string, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return "", err
	}
	defer listener.Close() //nolint:errcheck
	return listener.Addr().String(), nil
}

// watchedListener remembers its connections, so that a fault can cut one.
type watchedListener struct {
	net.Listener
	node *Node
}

type watchedConn struct {
	net.Conn
	node *Node
}

func (l *watchedListener) Accept() (net.Conn, error) {
	conn, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	l.node.mu.Lock()
	defer l.node.mu.Unlock()
	l.node.peers[conn.RemoteAddr().String()] = conn
	return &watchedConn{conn, l.node}, nil
}

func (c *watchedConn) Close() error {
	c.node.mu.Lock()
	delete(c.node.peers, c.RemoteAddr().String())
	c.node.mu.Unlock()
	return c.Conn.Close()
}

func (n *Node) cut(address string) {
	n.mu.Lock()
	conn := n.peers[address]
	n.mu.Unlock()
	if conn != nil {
		_ = conn.Close()
	}
}

// pause waits, unless the caller gives up before.
func pause(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}
