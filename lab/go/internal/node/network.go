package node

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"

	glob "github.com/ryanuber/go-glob"
	sideronet "github.com/siderolabs/net"
	"github.com/siderolabs/talos/pkg/machinery/config/config"
)

// Link is a network device of the machine, with what the configuration makes of it.
type Link struct {
	Name string `json:"name"`
	// HardwareAddr is its MAC address, in lower case as the kernel has it.
	HardwareAddr string   `json:"hardwareAddr"`
	Addresses    []string `json:"addresses"`
	// Gateways are those of its default routes.
	Gateways []string `json:"gateways"`
	// VirtualIPs are the addresses that it may get beside its own.
	VirtualIPs []string `json:"virtualIPs"`
}

// someLink is what a machine has of whose network devices nothing is said.
const someLink = "bc:24:11:00:00:00"

// links are the machine's network devices.
func (h Hardware) links() []Link {
	macs := h.Links
	if len(macs) == 0 {
		macs = []string{someLink}
	}
	links := make([]Link, len(macs))
	for i, mac := range macs {
		links[i] = Link{Name: fmt.Sprintf("eth%d", i), HardwareAddr: strings.ToLower(mac), Addresses: []string{}, Gateways: []string{}, VirtualIPs: []string{}}
	}
	return links
}

// links are the machine's network devices after the configuration. What it says of a device that is not there is dropped.
func (c *configuration) links(h Hardware) []Link {
	links := h.links()
	for _, device := range c.provider.Machine().Network().Devices() {
		for i := range links {
			if links[i].is(device) {
				links[i].configure(device)
			}
		}
	}
	return links
}

func (l Link) is(device config.Device) bool {
	if device.Selector() == nil {
		return device.Interface() == l.Name
	}
	return l.matches(device.Selector())
}

// matches compares texts, as Talos does; of the bus nothing is known here.
func (l Link) matches(selector config.NetworkDeviceSelector) bool {
	patterns := map[string]string{
		selector.HardwareAddress():  l.HardwareAddr,
		selector.PermanentAddress(): l.HardwareAddr,
		selector.KernelDriver():     "virtio_net",
		selector.Bus():              "",
		selector.PCIID():            "",
	}
	selects := selector.Physical() != nil
	if selects && !*selector.Physical() {
		return false
	}
	for pattern, value := range patterns {
		if pattern == "" {
			continue
		}
		if !glob.Glob(pattern, value) {
			return false
		}
		selects = true
	}
	return selects
}

func (l *Link) configure(device config.Device) {
	l.Addresses = append(l.Addresses, device.Addresses()...)
	for _, route := range device.Routes() {
		if route.Gateway() != "" && strings.HasSuffix(route.Network(), "/0") {
			l.Gateways = append(l.Gateways, route.Gateway())
		}
	}
	if device.VIPConfig() != nil {
		l.VirtualIPs = append(l.VirtualIPs, device.VIPConfig().IP())
	}
	for _, vlan := range device.Vlans() {
		if vlan.VIPConfig() != nil {
			l.VirtualIPs = append(l.VirtualIPs, vlan.VIPConfig().IP())
		}
	}
}

// virtualIPs are the addresses that the control planes of the cluster share.
func (c *configuration) virtualIPs(h Hardware) (addresses []string) {
	for _, link := range c.links(h) {
		addresses = append(addresses, link.VirtualIPs...)
	}
	for _, each := range c.provider.NetworkVirtualIPConfigs() {
		addresses = append(addresses, each.VIP().String())
	}
	slices.Sort(addresses)
	return slices.Compact(addresses)
}

// nodeIPs are the addresses with which the kubelet may register: the one that the machine was booted with and those of the
// configuration, but for those of pods and services. Without one, it is not started.
//
// https://github.com/siderolabs/talos/blob/v1.13.9/internal/app/machined/pkg/controllers/k8s/nodeip_config.go
func (c *configuration) nodeIPs(host string, h Hardware) ([]netip.Addr, error) {
	var addresses []netip.Addr
	own := []string{host}
	for _, link := range c.links(h) {
		own = append(own, link.Addresses...)
	}
	for _, each := range own {
		text, _, _ := strings.Cut(each, "/")
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, err
		}
		addresses = append(addresses, address)
	}
	network := c.provider.Cluster().Network()
	valid := slices.Clone(c.provider.Machine().Kubelet().NodeIP().ValidSubnets())
	if len(valid) == 0 {
		for _, subnet := range network.ServiceCIDRs() {
			if strings.Contains(subnet, ":") {
				valid = append(valid, "::/0")
			} else {
				valid = append(valid, "0.0.0.0/0")
			}
		}
	}
	for _, subnet := range slices.Concat(network.PodCIDRs(), network.ServiceCIDRs(), c.virtualIPs(h)) {
		valid = append(valid, "!"+subnet)
	}
	return sideronet.FilterIPs(addresses, valid)
}
