package node

import (
	"reflect"
	"testing"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
)

func TestLinksAreSelectedByTheText(t *testing.T) {
	const patch = "machine: {network: {interfaces: [" +
		"{deviceSelector: {hardwareAddr: 'bc:24:11:*:01'}, addresses: [10.0.0.1/24], routes: [{network: 0.0.0.0/0, gateway: 10.0.0.254}], vip: {ip: 10.0.0.9}}," +
		"{deviceSelector: {hardwareAddr: 'BC:24:11:00:00:02'}, addresses: [10.0.1.1/24]}," +
		"{interface: eth2, addresses: [10.0.2.1/24]}]}}"
	n := started(t, func(o *Options) {
		o.Hardware.Links = []string{"BC:24:11:00:00:01", "BC:24:11:00:00:02", "BC:24:11:00:00:03"}
	})
	must(t, apply(t, insecure(t, n), generated(t, patch).configuration))
	want := []Link{
		{"eth0", "bc:24:11:00:00:01", []string{"10.0.0.1/24"}, []string{"10.0.0.254"}, []string{"10.0.0.9"}},
		{"eth1", "bc:24:11:00:00:02", []string{}, []string{}, []string{}},
		{"eth2", "bc:24:11:00:00:03", []string{"10.0.2.1/24"}, []string{}, []string{}},
	}
	if got := n.State().Links; !reflect.DeepEqual(got, want) {
		t.Errorf("the links are %v, want %v", got, want)
	}
}

func TestAKubeletNeedsAnAddressOfItsOwn(t *testing.T) {
	for name, subnets := range map[string]string{
		"pods":     "{podSubnets: [127.0.0.0/9, 127.128.0.0/9]}",
		"services": "{serviceSubnets: [10.96.0.0/12, 127.0.0.0/8]}",
	} {
		t.Run(name, func(t *testing.T) {
			n := started(t, func(o *Options) {
				address := loopback()
				o.Talos, o.Kubernetes = address+":50000", address+":6443"
				o.Programs, o.Directory = built, t.TempDir()
			})
			r := running{t, n, generated(t, "cluster: {network: "+subnets+"}"), nil}
			must(t, apply(t, insecure(t, n), r.configuration))
			must(t, r.admin(t, n).Bootstrap(t.Context(), &machine.BootstrapRequest{}))
			if n.kubernetes != nil {
				t.Fatal("Kubernetes runs on a node without a kubelet")
			}
			must(t, apply(t, r.admin(t, n), generated(t).configuration))
			if n.kubernetes == nil {
				t.Fatal("Kubernetes does not run on a node with an address of its own")
			}
		})
	}
}
