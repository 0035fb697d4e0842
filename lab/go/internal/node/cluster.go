package node

import (
	"context"
	"net"
	"time"

	"lab/internal/discovery"
)

const (
	// kubernetesPort is where a control plane of another address has its Kubernetes API.
	kubernetesPort = "6443"
	pauseToSeek    = 500 * time.Millisecond
)

// settle begins what a node with a configuration does of its own accord: it tells the others of its cluster about itself;
// as a control plane it gives workers their certificates and looks for an etcd to join; as a worker it asks for its own.
func (n *Node) settle() error {
	n.unsettle()
	c := n.disk.current
	if c == nil {
		return nil
	}
	ctx, stop := context.WithCancel(context.Background())
	n.unsettle = stop
	host := n.host()
	if c.isDiscoverable() {
		err := n.options.Discovery.Announce(c.id(), discovery.Member{Name: c.hostname, Address: host, ControlPlane: c.isControlPlane()})
		if err != nil {
			return err
		}
	}
	switch {
	case !c.isControlPlane():
		go n.enroll(ctx, c)
		return nil
	case n.disk.stage == Configured && !n.hasLeft && n.options.Programs != "":
		go n.seek(ctx, c)
	}
	// A node that is alone in its network has nobody to sign for.
	if n.options.Discovery == "" {
		return nil
	}
	trust, err := startTrust(c, host)
	if err == nil {
		n.unsettle = func() {
			stop()
			trust.Stop()
		}
	}
	return err
}

// seek joins the etcd of the cluster's other control planes as soon as one has it. A node that is bootstrapped in the
// meantime begins its own.
func (n *Node) seek(ctx context.Context, c *configuration) {
	for ; ctx.Err() == nil; pause(ctx, pauseToSeek) {
		peers := c.controlPlanes(n.options)
		settings, err := c.controlPlane(n.options)
		if err != nil || !settings.Running(ctx, peers) {
			continue
		}
		if n.join(ctx, c, peers) {
			return
		}
	}
}

// join tells whether there is nothing more to join.
func (n *Node) join(ctx context.Context, c *configuration, peers []string) bool {
	n.power.Lock()
	defer n.power.Unlock()
	n.mu.Lock()
	stage := n.disk.stage
	n.mu.Unlock()
	if ctx.Err() != nil || stage != Configured {
		return true
	}
	settings, err := c.controlPlane(n.options)
	if err != nil {
		return false
	}
	members, err := settings.Join(ctx, peers)
	if err != nil {
		return false
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.disk.stage, n.disk.members = Joined, members
	return n.runKubernetes() == nil
}

// host is the node's address, without a port.
func (n *Node) host() string {
	host, _, _ := net.SplitHostPort(n.options.Talos)
	return host
}

func (c *configuration) isControlPlane() bool { return c.provider.Machine().Type().IsControlPlane() }

// id is the cluster's.
func (c *configuration) id() string { return c.provider.Cluster().ID() }

func (c *configuration) isDiscoverable() bool { return c.provider.Cluster().Discovery().Enabled() }

// controlPlanes are the addresses of the cluster's other control planes, as far as the node has heard of them.
func (c *configuration) controlPlanes(options Options) []string {
	if !c.isDiscoverable() {
		return nil
	}
	host, _, _ := net.SplitHostPort(options.Talos)
	addresses, _ := options.Discovery.ControlPlanes(c.id(), host)
	return addresses
}
