package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// draDriver is the name under which NVIDIA's driver offers GPUs to claims.
const draDriver = "gpu.nvidia.com"

var resourceSlices = schema.GroupVersionResource{Group: "resource.k8s.io", Version: "v1", Resource: "resourceslices"}

// publish tells the scheduler which GPUs can be claimed, as NVIDIA's driver for dynamic resource allocation does, and removes
// what is left of one that is gone, as the kubelet does.
func (k *Kubelet) publish(ctx context.Context, node *corev1.Node, gpus int) error {
	if k.published != nil && *k.published == gpus {
		return nil
	}
	client, err := dynamic.NewForConfig(k.settings.Admin)
	if err != nil {
		return err
	}
	slices := client.Resource(resourceSlices)
	err = slices.DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{FieldSelector: "spec.driver=" + draDriver + ",spec.nodeName=" + node.Name})
	if err != nil {
		return err
	}
	var devices []any
	for i := range gpus {
		devices = append(devices, object{"name": fmt.Sprintf("gpu-%d", i), "attributes": object{"type": object{"string": "gpu"}}})
	}
	if gpus > 0 {
		_, err = slices.Create(ctx, &unstructured.Unstructured{Object: object{
			"apiVersion": "resource.k8s.io/v1", "kind": "ResourceSlice",
			"metadata": object{"generateName": node.Name + "-" + draDriver + "-", "ownerReferences": []any{
				object{"apiVersion": "v1", "kind": "Node", "name": node.Name, "uid": string(node.UID), "controller": true}}},
			"spec": object{
				"driver": draDriver, "nodeName": node.Name, "devices": devices,
				"pool": object{"name": node.Name, "generation": int64(1), "resourceSliceCount": int64(1)},
			},
		}}, metav1.CreateOptions{})
	}
	if err == nil {
		k.published = &gpus
	}
	return err
}
