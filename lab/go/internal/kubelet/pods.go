package kubelet

import (
	"context"
	"encoding/json"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
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
	// devicePlugins may offer GPUs of other vendors.
	devicePlugins []*corev1.Pod
	// draDriver: one of them is NVIDIA's driver for dynamic resource allocation, and knows where Talos has the driver.
	draDriver bool
	// intelDraDriver: one of them is Intel's, and writes where Talos's container runtime looks.
	intelDraDriver bool
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
		} else if mounts(pod, devicePluginDirectory) {
			on.devicePlugins = append(on.devicePlugins, pod)
		}
		on.draDriver = on.draDriver || mounts(pod, draPluginDirectory) && mounts(pod, talosDriverRoot) && runs(pod, "/dra-driver-nvidia")
		on.intelDraDriver = on.intelDraDriver || isIntelDraDriver(pod)
		on.mpsDaemon = on.mpsDaemon || hasContainer(pod, mpsContainer)
		on.ciliumOperator = on.ciliumOperator || runs(pod, operatorImage)
		on.featureDiscovery = on.featureDiscovery || runs(pod, "/nfd/node-feature-discovery") && mounts(pod, deviceDirectory)
		if runs(pod, "/nvidia/gpu-operator") {
			on.gpuOperator = pod.Namespace
		}
	}
	return on
}

func works(pod *corev1.Pod) bool {
	return condition(pod, corev1.PodReady) == corev1.ConditionTrue
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

// readyAgain calls pods ready that somebody else calls not ready: the controller of nodes does so with all pods of a node that
// was not ready for a moment. A kubelet writes again what is true; kwok sometimes does not see it.
func (k *Kubelet) readyAgain(ctx context.Context, store cache.Store, node string) error {
	for _, each := range store.List() {
		pod, ok := each.(*corev1.Pod)
		if !ok || pod.Spec.NodeName != node || pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodRunning {
			continue
		}
		if condition(pod, corev1.ContainersReady) != corev1.ConditionTrue || condition(pod, corev1.PodReady) != corev1.ConditionFalse {
			continue
		}
		patch, err := json.Marshal(object{"status": object{"conditions": []object{
			{"type": corev1.PodReady, "status": corev1.ConditionTrue, "lastTransitionTime": metav1.Now()},
		}}})
		if err != nil {
			return err
		}
		_, err = k.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.StrategicMergePatchType, patch, metav1.PatchOptions{}, "status")
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

func condition(pod *corev1.Pod, kind corev1.PodConditionType) corev1.ConditionStatus {
	for _, each := range pod.Status.Conditions {
		if each.Type == kind {
			return each.Status
		}
	}
	return corev1.ConditionUnknown
}
