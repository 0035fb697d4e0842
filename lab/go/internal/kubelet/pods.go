package kubelet

import (
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/client-go/tools/cache"
)

const (
	networkPluginDirectory = "/etc/cni/net.d"
	devicePluginDirectory  = "/var/lib/kubelet/device-plugins"
	draPluginDirectory     = "/var/lib/kubelet/plugins_registry"
	deviceDirectory        = "/sys"
)

// pods is what the running pods of a node do to their machine.
type pods struct {
	// networkPlugin: one of them writes the configuration of a network plugin.
	networkPlugin bool
	// devicePlugin is the one that offers NVIDIA's GPUs to the kubelet.
	devicePlugin *corev1.Pod
	// draDriver: one of them is NVIDIA's driver for dynamic resource allocation, and knows where Talos has the driver.
	draDriver bool
	// mpsDaemon: one of them lets several processes use a GPU at the same time.
	mpsDaemon bool
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
		if mounts(pod, devicePluginDirectory) && runs(pod, "nvidia") {
			on.devicePlugin = pod
		}
		on.draDriver = on.draDriver || mounts(pod, draPluginDirectory) && mounts(pod, talosDriverRoot) && runs(pod, "/dra-driver-nvidia")
		on.mpsDaemon = on.mpsDaemon || hasContainer(pod, mpsContainer)
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

func hasContainer(pod *corev1.Pod, name string) bool {
	return slices.ContainsFunc(pod.Spec.Containers, func(container corev1.Container) bool { return container.Name == name })
}
