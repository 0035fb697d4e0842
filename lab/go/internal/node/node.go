// Package node simulates a Talos node as its API shows it from outside: it waits for a machine configuration in maintenance
// mode, then answers to the certificates of that configuration, is bootstrapped once, and serves a small Kubernetes API.
// Talos's own library decodes and checks the configuration. Nothing is installed and no container runs.
package node

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"google.golang.org/grpc"
)

// Options say where a node listens and how it checks configurations.
type Options struct {
	// Talos is the address of the Talos API, host:port; port 0 takes a free one.
	Talos string
	// Kubernetes is the address of the Kubernetes API, host:port; port 0 takes a free one.
	Kubernetes string
	// Validator is a program that reads a configuration and exits with 0 when a node of its Talos version accepts it.
	// Without it, the Talos version this program is built with decides.
	Validator string
	// Disk is the path of the node's only disk.
	Disk string
}

// Stage is how far a node has come.
type Stage string

// The stages of a node.
const (
	Maintenance  Stage = "maintenance"
	Configured   Stage = "configured"
	Bootstrapped Stage = "bootstrapped"
)

// Node is a running simulated node.
type Node struct {
	options Options
	talos   *grpc.Server

	mu         sync.Mutex
	stage      Stage
	identity   *tls.Config
	current    *configuration
	kubernetes *http.Server
	object     map[string]any
	version    int
	applied    []Applied
	bootstraps int
	calls      []Call
	rules      []*Rule
	peers      map[string]net.Conn
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
	Stage      Stage          `json:"stage"`
	Applied    []Applied      `json:"applied"`
	Bootstraps int            `json:"bootstraps"`
	Kubernetes bool           `json:"kubernetes"`
	Node       map[string]any `json:"node,omitempty"`
	Calls      []Call         `json:"calls"`
}

// Start opens the Talos API in maintenance mode.
func Start(options Options) (*Node, error) {
	var err error
	if options.Kubernetes, err = withFreePort(options.Kubernetes); err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", options.Talos)
	if err != nil {
		return nil, err
	}
	options.Talos = listener.Addr().String()
	n := &Node{options: options, peers: map[string]net.Conn{}}
	if err := n.Wipe(); err != nil {
		return nil, errors.Join(err, listener.Close())
	}
	n.talos = newTalosServer(n)
	go n.talos.Serve(&watchedListener{listener, n}) //nolint:errcheck
	return n, nil
}

// TalosAddress is where the Talos API listens.
func (n *Node) TalosAddress() string { return n.options.Talos }

// KubernetesAddress is where the Kubernetes API listens once the node is bootstrapped.
func (n *Node) KubernetesAddress() string { return n.options.Kubernetes }

// Close ends both APIs and every connection.
func (n *Node) Close() {
	n.talos.Stop()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stopKubernetes()
}

// Wipe turns the node into a fresh machine in maintenance mode; faults and recorded calls stay.
func (n *Node) Wipe() error {
	identity, err := selfSigned(n.options.Talos)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stopKubernetes()
	n.stage, n.identity, n.current, n.object, n.applied, n.bootstraps = Maintenance, identity, nil, nil, nil, 0
	return nil
}

// State describes the node now.
func (n *Node) State() State {
	n.mu.Lock()
	defer n.mu.Unlock()
	return State{n.stage, slices.Clone(n.applied), n.bootstraps, n.kubernetes != nil, n.object, slices.Clone(n.calls)}
}

func (n *Node) record(call Call) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.calls = append(n.calls, call)
}

// apply takes a checked configuration over; the first one ends maintenance mode.
func (n *Node) apply(c *configuration, mode string) error {
	identity, err := c.identity(n.options.Talos)
	if err != nil {
		return err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.applied = append(n.applied, Applied{mode, c.documents})
	if n.stage == Maintenance && !c.installable(n.options.Disk) {
		// Talos accepts such a configuration, fails to install itself, and is back in maintenance mode:
		// https://github.com/siderolabs/talos/issues/11940
		return nil
	}
	n.identity = identity
	if n.stage == Maintenance {
		n.stage = Configured
	}
	previous := n.current
	n.current = c
	if n.object != nil && previous.schedulable != c.schedulable {
		n.object["spec"].(map[string]any)["taints"] = c.taints()
		n.touch()
	}
	return nil
}

// bootstrap starts etcd, so to speak, and with it the Kubernetes API.
func (n *Node) bootstrap() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.stage == Bootstrapped {
		return errBootstrapped
	}
	n.stage = Bootstrapped
	n.bootstraps++
	n.object = n.current.node(n.options.Kubernetes)
	n.touch()
	return n.listenAsRuled()
}

// touch gives the Kubernetes node object a new resource version.
func (n *Node) touch() {
	n.version++
	n.object["metadata"].(map[string]any)["resourceVersion"] = fmt.Sprint(n.version)
}

// listenAsRuled opens or closes the Kubernetes API, as stage and faults have it.
func (n *Node) listenAsRuled() error {
	wanted := n.stage == Bootstrapped && !slices.ContainsFunc(n.rules, func(r *Rule) bool { return r.Method == listenMethod })
	if !wanted {
		n.stopKubernetes()
		return nil
	}
	if n.kubernetes != nil {
		return nil
	}
	identity, err := n.current.kubernetesIdentity(n.options.Kubernetes)
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", n.options.Kubernetes)
	if err != nil {
		return err
	}
	n.kubernetes = newKubernetesServer(n, identity)
	go n.kubernetes.ServeTLS(listener, "", "") //nolint:errcheck
	return nil
}

func (n *Node) stopKubernetes() {
	if n.kubernetes != nil {
		_ = n.kubernetes.Close()
		n.kubernetes = nil
	}
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
