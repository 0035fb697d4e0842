package kubeprism

import (
	"bufio"
	"io"
	"net"
	"testing"
)

// api says its name to whoever connects, and repeats what it hears.
func api(t *testing.T, name string) net.Listener {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			go func() {
				_, _ = io.WriteString(conn, name+"\n")
				_, _ = io.Copy(conn, conn)
			}()
		}
	}()
	return listener
}

func TestKubePrism(t *testing.T) {
	first, second := api(t, "first"), api(t, "second")
	upstreams := []string{first.Addr().String(), second.Addr().String()}
	prism, err := Start("127.0.0.1:0", func() []string { return upstreams })
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(prism.Close)
	call := func(t *testing.T) (name string, err error) {
		conn, err := net.Dial("tcp", prism.listener.Addr().String())
		if err != nil {
			return "", err
		}
		defer conn.Close() //nolint:errcheck
		reader := bufio.NewReader(conn)
		if name, err = reader.ReadString('\n'); err != nil {
			return "", err
		}
		_, _ = io.WriteString(conn, "echo\n")
		if echo, err := reader.ReadString('\n'); err != nil || echo != "echo\n" {
			t.Errorf("%q %v", echo, err)
		}
		return name, nil
	}

	t.Run("takes the upstreams in turn", func(t *testing.T) {
		seen := map[string]bool{}
		for range 2 {
			name, err := call(t)
			if err != nil {
				t.Fatal(err)
			}
			seen[name] = true
		}
		if len(seen) != 2 {
			t.Errorf("%v", seen)
		}
	})
	t.Run("passes one over that does not answer", func(t *testing.T) {
		_ = first.Close()
		for range 2 {
			if name, err := call(t); err != nil || name != "second\n" {
				t.Errorf("%q %v", name, err)
			}
		}
	})
	t.Run("ends a connection when nobody answers, and all when it is closed", func(t *testing.T) {
		open, err := net.Dial("tcp", prism.listener.Addr().String())
		if err != nil {
			t.Fatal(err)
		}
		reader := bufio.NewReader(open)
		if _, err := reader.ReadString('\n'); err != nil {
			t.Fatal(err)
		}
		upstreams = nil
		if name, err := call(t); err == nil {
			t.Errorf("%q answered", name)
		}
		prism.Close()
		if _, err := reader.ReadString('\n'); err == nil {
			t.Error("the connection is open")
		}
	})
}
