package node

import (
	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// driverMethod names the rule that keeps NVIDIA's driver from being loaded; its message is what the kernel says.
const driverMethod = "driver"

// driverVersion is the file by which NVIDIA's driver shows that it is loaded.
const driverVersion = "/proc/driver/nvidia/version"

// driver tells whether NVIDIA's driver is loaded, and what the kernel says of it.
func (n *Node) driver() (loaded bool, log string) {
	rule := n.fault(driverMethod)
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case rule != nil:
		return false, rule.Message
	case n.disk.current == nil || !n.disk.current.loadsDriver():
		return false, ""
	case n.hardware.GPUs == 0:
		return false, "NVRM: No NVIDIA GPU found."
	}
	return true, "NVRM: loading NVIDIA UNIX Open Kernel Module for x86_64, simulated"
}

// Read sends a file of the machine. It has but one.
func (a *talosAPI) Read(req *machine.ReadRequest, stream machine.MachineService_ReadServer) error {
	if loaded, _ := a.node.driver(); !loaded || req.Path != driverVersion {
		return status.Errorf(codes.NotFound, "stat %s: no such file or directory", req.Path)
	}
	return stream.Send(&common.Data{Bytes: []byte("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64, simulated\n")})
}

// Dmesg sends what the kernel says, as far as it is about NVIDIA's driver.
func (a *talosAPI) Dmesg(_ *machine.DmesgRequest, stream machine.MachineService_DmesgServer) error {
	_, log := a.node.driver()
	return stream.Send(&common.Data{Bytes: []byte("kern: warning: [simulated]: " + log + "\n")})
}
