package node

import (
	"net/netip"
	"testing"
)

func TestTheIngressFirewallAdmitsWhatItsRulesSay(t *testing.T) {
	const rule = "apiVersion: v1alpha1\nkind: NetworkRuleConfig\nname: management\n" +
		"portSelector: {ports: [6443, 50000-50001], protocol: tcp}\ningress: [{subnet: 192.0.2.0/24, except: 192.0.2.9/32}]\n"
	const block = "apiVersion: v1alpha1\nkind: NetworkDefaultActionConfig\ningress: block\n"
	for name, test := range map[string]struct {
		patches []string
		open    map[uint16][]string
		closed  map[uint16][]string
	}{
		"none":   {nil, map[uint16][]string{6443: {"192.0.2.1", "198.51.100.1"}}, nil},
		"a rule": {[]string{rule}, map[uint16][]string{6443: {"192.0.2.1"}, 80: {"198.51.100.1"}}, map[uint16][]string{50001: {"192.0.2.9", "198.51.100.1"}}},
		"all":    {[]string{rule, block}, map[uint16][]string{50000: {"192.0.2.1"}}, map[uint16][]string{80: {"192.0.2.1"}, 6443: {"198.51.100.1"}}},
	} {
		t.Run(name, func(t *testing.T) {
			c, err := decode(generated(t, test.patches...).configuration, System{Version: "v1.13.9"}, Options{Disk: "/dev/sda"})
			must(t, err)
			for want, ports := range map[bool]map[uint16][]string{true: test.open, false: test.closed} {
				for port, sources := range ports {
					for _, source := range sources {
						if got := c.admits(port, netip.MustParseAddr(source)); got != want {
							t.Errorf("%s at port %d: %v, want %v", source, port, got, want)
						}
					}
				}
			}
		})
	}
}
