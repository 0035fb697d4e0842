package kubelet

import (
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// KernelDriver is a GPU driver that is part of the kernel, and how its GPUs come to pods.
type KernelDriver struct {
	// Vendor is the vendor's name, as Talos lists it, with its PCI id.
	Vendor, VendorID string
	// Resource is what pods ask for.
	Resource corev1.ResourceName
	// plugin is part of the name of the image of the device plugin.
	plugin string
}

// KernelDrivers are those of other vendors than NVIDIA, by their kernel modules.
var KernelDrivers = map[string]KernelDriver{
	"amdgpu": {"Advanced Micro Devices, Inc. [AMD/ATI]", "0x1002", "amd.com/gpu", "rocm/k8s-device-plugin"},
	"i915":   {"Intel Corporation", "0x8086", "gpu.intel.com/i915", "intel/intel-gpu-plugin"},
	"xe":     {"Intel Corporation", "0x8086", "gpu.intel.com/xe", "intel/intel-gpu-plugin"},
}

// sharedBy is the argument with which Intel's plugin is told how many pods may have each GPU.
const sharedBy = "-shared-dev-num="

// offeredBy is how many GPUs of each resource the pod's plugins offer to the kubelet.
//
// cards are the GPUs with a loaded driver, by kernel module.
func offeredBy(pod *corev1.Pod, cards map[string]int) map[corev1.ResourceName]int {
	offered := map[corev1.ResourceName]int{}
	if !mounts(pod, devicePluginDirectory) {
		return offered
	}
	for module, driver := range KernelDrivers {
		if !runs(pod, driver.plugin) || cards[module] == 0 {
			continue
		}
		offered[driver.Resource] = cards[module] * replicasOf(pod)
	}
	return offered
}

func replicasOf(pod *corev1.Pod) int {
	for _, container := range pod.Spec.Containers {
		for _, arg := range container.Args {
			if text, is := strings.CutPrefix(arg, sharedBy); is {
				if replicas, err := strconv.Atoi(text); err == nil {
					return replicas
				}
			}
		}
	}
	return 1
}
