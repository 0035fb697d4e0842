// Package kubeprism is a node's way to the Kubernetes API when it has none of its own: Talos's KubePrism, which passes
// connections on to a control plane that answers, so that no single address has to.
package kubeprism

import (
	"errors"
	"io"
	"net"
	"sync"
	"time"
)

// Port where KubePrism listens, by default.
const Port = "7445"

const timeToDial = 2 * time.Second

// LoadBalancer passes connections on.
type LoadBalancer struct {
	listener  net.Listener
	upstreams func() []string

	mu     sync.Mutex
	closed bool
	next   int
	conns  map[net.Conn]struct{}
}

// Start listens at an address and passes every connection on to one of the upstreams that there are at that moment.
func Start(address string, upstreams func() []string) (*LoadBalancer, error) {
	listener, err := net.Listen("tcp", address)
	if err != nil {
		return nil, err
	}
	l := &LoadBalancer{listener: listener, upstreams: upstreams, conns: map[net.Conn]struct{}{}}
	go l.run()
	return l, nil
}

// Close ends all connections.
func (l *LoadBalancer) Close() {
	_ = l.listener.Close()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.closed = true
	for conn := range l.conns {
		_ = conn.Close()
	}
}

func (l *LoadBalancer) run() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		go l.pass(conn)
	}
}

func (l *LoadBalancer) pass(caller net.Conn) {
	defer caller.Close() //nolint:errcheck
	api, err := l.dial()
	if err != nil {
		return
	}
	defer api.Close() //nolint:errcheck
	if !l.keep(caller, api) {
		return
	}
	defer l.forget(caller, api)
	ended := make(chan struct{}, 2)
	for _, way := range [][2]net.Conn{{caller, api}, {api, caller}} {
		go func() {
			_, _ = io.Copy(way[0], way[1])
			ended <- struct{}{}
		}()
	}
	<-ended
}

// dial takes the upstreams in turn.
func (l *LoadBalancer) dial() (net.Conn, error) {
	upstreams := l.upstreams()
	l.mu.Lock()
	l.next++
	first := l.next
	l.mu.Unlock()
	err := errors.New("no control plane is known")
	for i := range upstreams {
		var conn net.Conn
		if conn, err = net.DialTimeout("tcp", upstreams[(first+i)%len(upstreams)], timeToDial); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

func (l *LoadBalancer) keep(conns ...net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		l.conns[conn] = struct{}{}
	}
	return !l.closed
}

func (l *LoadBalancer) forget(conns ...net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, conn := range conns {
		delete(l.conns, conn)
	}
}
