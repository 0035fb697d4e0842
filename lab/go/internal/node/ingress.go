package node

import (
	"net"
	"net/netip"
	"slices"

	"github.com/siderolabs/talos/pkg/machinery/nethelpers"
)

// admits says whether the node's ingress firewall lets a TCP connection in. The simulated machine has loopback addresses
// alone, so that what the firewall lets pass on the loopback device is not told apart here.
func (c *configuration) admits(port uint16, source netip.Addr) bool {
	firewall := c.provider.NetworkRules()
	isOpen := firewall.DefaultAction() == nethelpers.DefaultActionAccept
	for _, rule := range firewall.Rules() {
		ofPort := slices.ContainsFunc(rule.PortRanges(), func(ports [2]uint16) bool { return ports[0] <= port && port <= ports[1] })
		if rule.Protocol() != nethelpers.ProtocolTCP || !ofPort {
			continue
		}
		contains := func(subnet netip.Prefix) bool { return subnet.Contains(source.Unmap()) }
		if slices.ContainsFunc(rule.Subnets(), contains) && !slices.ContainsFunc(rule.ExceptSubnets(), contains) {
			return true
		}
		// Where all else is let in, a rule closes its ports to others.
		isOpen = false
	}
	return isOpen
}

// ingressListener drops the connections that the node's firewall does not let in.
type ingressListener struct {
	net.Listener
	node *Node
}

func (l *ingressListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil || l.node.admits(conn) {
			return conn, err
		}
		conn.Close() //nolint:errcheck
	}
}

func (n *Node) admits(conn net.Conn) bool {
	c := n.ingress.Load()
	if c == nil {
		return true
	}
	local, remote := conn.LocalAddr().(*net.TCPAddr), conn.RemoteAddr().(*net.TCPAddr)
	return c.admits(local.AddrPort().Port(), remote.AddrPort().Addr())
}
