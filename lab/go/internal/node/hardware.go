package node

import (
	"fmt"
	"maps"
	"slices"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/siderolabs/talos/pkg/machinery/resources/hardware"

	"lab/internal/kubelet"
)

// Hardware is what the VM has, as far as Talos and Kubernetes notice.
type Hardware struct {
	Cores int `json:"cores"`
	// Memory in MiB.
	Memory int `json:"memory"`
	// GPUs is how many of NVIDIA's GPUs are passed through.
	GPUs int `json:"gpus"`
	// Cards is how many GPUs of other vendors are passed through, by the kernel module that drives them.
	Cards map[string]int `json:"cards,omitempty"`
	// Links are the MAC addresses of its network devices, in their order.
	Links []string `json:"links,omitempty"`
	// Disks are those beside the one that the machine boots from.
	Disks []Disk `json:"disks,omitempty"`
}

// Disk is a SCSI disk of the VM.
type Disk struct {
	// Interface is its bus and number, such as scsi1.
	Interface string `json:"interface"`
	// Directory keeps what is on it, whichever machine it is in.
	Directory string `json:"directory"`
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
	bus := h.GPUs
	for _, module := range slices.Sorted(maps.Keys(h.Cards)) {
		driver := kubelet.KernelDrivers[module]
		for range h.Cards[module] {
			bus++
			all = append(all, device(fmt.Sprintf("0000:%02x:00.0", bus), hardware.PCIDeviceSpec{Class: "Display controller",
				Subclass: "VGA compatible controller", Vendor: driver.Vendor, ClassID: "0x03", SubclassID: "0x00", VendorID: driver.VendorID}))
		}
	}
	return all
}
