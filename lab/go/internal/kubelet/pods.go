package kubelet

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

const (
	networkPluginDirectory = "/etc/cni/net.d"
	devicePluginDirectory  = "/var/lib/kubelet/device-plugins"
	deviceDirectory        = "/sys"
)

// pods is what the running pods of a node do to their machine.
type pods struct {
	// networkPlugin: one of them writes the configuration of a network plugin.
	networkPlugin bool
	// devicePlugin: one of them offers NVIDIA's GPUs to the kubelet.
	devicePlugin bool
	// ciliumOperator: one of them is the operator of Cilium.
	ciliumOperator bool
	// featureDiscovery: one of them is a worker of node feature discovery's, and finds the node's devices.
	featureDiscovery bool
	// gpuOperator is the namespace of NVIDIA's GPU operator; empty when it does not run.
	gpuOperator string
}

func observe(store cache.Store, node string) (on pods) {
	for _, each := range store.List() {
		pod, ok := each.(*corev1.Pod)
		if !ok || pod.Spec.NodeName != node || !works(pod) {
			continue
		}
		on.networkPlugin = on.networkPlugin || mounts(pod, networkPluginDirectory)
		on.devicePlugin = on.devicePlugin || mounts(pod, devicePluginDirectory) && fromNVIDIA(pod)
		on.ciliumOperator = on.ciliumOperator || runs(pod, "/cilium/operator")
		on.featureDiscovery = on.featureDiscovery || runs(pod, "/nfd/node-feature-discovery") && mounts(pod, deviceDirectory)
		if runs(pod, "/nvidia/gpu-operator") {
			on.gpuOperator = pod.Namespace
		}
	}
	return on
}

func works(pod *corev1.Pod) bool {
	for _, condition := range pod.Status.Conditions {
		if condition.Type == corev1.PodReady {
			return condition.Status == corev1.ConditionTrue
		}
	}
	return false
}

func mounts(pod *corev1.Pod, directory string) bool {
	for _, volume := range pod.Spec.Volumes {
		if volume.HostPath != nil && strings.TrimSuffix(volume.HostPath.Path, "/") == directory {
			return true
		}
	}
	return false
}

func fromNVIDIA(pod *corev1.Pod) bool {
	for _, container := range pod.Spec.Containers {
		if strings.Contains(container.Image, "nvidia") {
			return true
		}
	}
	return false
}
