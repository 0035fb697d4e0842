package node

import (
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"lab/internal/kubelet"
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

// moduleOf is the kernel module that the file tells of, such as /sys/module/amdgpu/initstate.
func moduleOf(path string) (module string, is bool) {
	module, is = strings.CutPrefix(path, "/sys/module/")
	if !is {
		return "", false
	}
	return strings.CutSuffix(module, "/initstate")
}

// module tells whether the module of another vendor is loaded, and what the kernel says of it.
func (n *Node) module(name string) (loaded bool, log string) {
	rule := n.fault(name)
	n.mu.Lock()
	defer n.mu.Unlock()
	if rule != nil {
		return false, rule.Message
	}
	return n.disk.current != nil && n.disk.current.loads(name), ""
}

// Read sends a file of the machine. It has but those that tell of drivers.
func (a *talosAPI) Read(req *machine.ReadRequest, stream machine.MachineService_ReadServer) error {
	if module, is := moduleOf(req.Path); is {
		if loaded, _ := a.node.module(module); loaded {
			return stream.Send(&common.Data{Bytes: []byte("live\n")})
		}
	}
	if loaded, _ := a.node.driver(); !loaded || req.Path != driverVersion {
		return status.Errorf(codes.NotFound, "stat %s: no such file or directory", req.Path)
	}
	return stream.Send(&common.Data{Bytes: []byte("NVRM version: NVIDIA UNIX Open Kernel Module for x86_64, simulated\n")})
}

// Dmesg sends what the kernel says, as far as it is about GPU drivers.
func (a *talosAPI) Dmesg(_ *machine.DmesgRequest, stream machine.MachineService_DmesgServer) error {
	for module := range kubelet.KernelDrivers {
		if _, log := a.node.module(module); log != "" {
			if err := stream.Send(&common.Data{Bytes: []byte("kern: warning: [simulated]: " + log + "\n")}); err != nil {
				return err
			}
		}
	}
	_, log := a.node.driver()
	return stream.Send(&common.Data{Bytes: []byte("kern: warning: [simulated]: " + log + "\n")})
}
