package node

import (
	"fmt"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/siderolabs/talos/pkg/machinery/resources/hardware"
)

// Hardware is what the VM has, as far as Talos and Kubernetes notice.
type Hardware struct {
	Cores int `json:"cores"`
	// Memory in MiB.
	Memory int `json:"memory"`
	// GPUs is how many of NVIDIA's GPUs are passed through.
	GPUs int `json:"gpus"`
	// Links are the MAC addresses of its network devices, in their order.
	Links []string `json:"links,omitempty"`
}

// devices are what Talos finds on the PCI bus: QEMU's bridge, and the GPUs.
func (h Hardware) devices() []resource.Resource {
	device := func(id string, spec hardware.PCIDeviceSpec) resource.Resource {
		found := hardware.NewPCIDeviceInfo(id)
		*found.TypedSpec() = spec
		return found
	}
	all := []resource.Resource{device("0000:00:00.0", hardware.PCIDeviceSpec{Class: "Bridge", Subclass: "Host bridge", Vendor: "Intel Corporation",
		ClassID: "0x06", SubclassID: "0x00", VendorID: "0x8086", ProductID: "0x29c0"})}
	for i := range h.GPUs {
		all = append(all, device(fmt.Sprintf("0000:%02x:00.0", i+1), hardware.PCIDeviceSpec{Class: "Display controller",
			Subclass: "VGA compatible controller", Vendor: "NVIDIA Corporation", ClassID: "0x03", SubclassID: "0x00", VendorID: "0x10de"}))
	}
	return all
}
