package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

const (
	// draDriver is the name under which NVIDIA's driver offers GPUs to claims.
	draDriver = "gpu.nvidia.com"
	// intelDraDriver is that of Intel's.
	intelDraDriver = "gpu.intel.com"
	// readOnly is where Talos lets nothing be written.
	readOnly = "/etc/cdi"
)

var resourceSlices = schema.GroupVersionResource{Group: "resource.k8s.io", Version: "v1", Resource: "resourceslices"}

// isIntelDraDriver tells whether a pod is Intel's driver for claims, and works: it waits for a health monitor if it is told to, sees no
// device itself without privileges, and does not start with a folder that cannot be made.
func isIntelDraDriver(pod *corev1.Pod) bool {
	if !mounts(pod, draPluginDirectory) || !runs(pod, "/intel-gpu-resource-driver") || mounts(pod, readOnly) || mounts(pod, "/run/xpumd") {
		return false
	}
	context := pod.Spec.Containers[0].SecurityContext
	return context != nil && context.Privileged != nil && *context.Privileged
}

// claimable is what the drivers of the node offer to claims, by driver.
func claimable(on pods, machine Machine) map[string][]any {
	offered := map[string][]any{draDriver: nil, intelDraDriver: nil}
	add := func(driver string, attributes object) {
		name := fmt.Sprintf("gpu-%d", len(offered[driver]))
		offered[driver] = append(offered[driver], object{"name": name, "attributes": attributes})
	}
	if on.draDriver {
		for range machine.GPUs {
			add(draDriver, object{"type": object{"string": "gpu"}})
		}
	}
	if on.intelDraDriver {
		for _, module := range []string{"i915", "xe"} {
			for range machine.Cards[module] {
				add(intelDraDriver, object{"type": object{"string": "gpu"}, "driver": object{"string": module}})
			}
		}
	}
	return offered
}

// publish tells the scheduler which GPUs can be claimed, as a driver for dynamic resource allocation does, and removes
// what is left of one that is gone, as the kubelet does.
func (k *Kubelet) publish(ctx context.Context, node *corev1.Node, driver string, devices []any) error {
	content := fmt.Sprint(devices)
	if k.published[driver] == content {
		return nil
	}
	slices := k.dynamic.Resource(resourceSlices)
	err := slices.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "spec.driver=" + driver + ",spec.nodeName=" + node.Name})
	if err != nil {
		return err
	}
	if len(devices) > 0 {
		_, err = slices.Create(ctx, &unstructured.Unstructured{Object: object{
			"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
			"metadata": object{"generateName": node.Name + "-" + driver + "-", "ownerReferences": []any{
				object{"apiVersion": "v1", "kind": "Node", "name": node.Name, "uid": string(node.UID), "controller": true}}},
			"spec": object{
				"driver": driver, "nodeName": node.Name, "devices": devices,
				"pool": object{"name": node.Name, "generation": int64(1), "resourceSliceCount": int64(1)},
			},
		}}, metav1.CreateOptions{})
	}
	if err == nil {
		k.published[driver] = content
	}
	return err
}
