package kubelet

import (
	"context"
	"strings"

	corev1 "k8s.io/api/core/v1"
)

// runs tells whether a pod has a container of an image.
func runs(pod *corev1.Pod, image string) bool {
	for _, container := range pod.Spec.Containers {
		if strings.Contains(container.Image, image) {
			return true
		}
	}
	return false
}

// operate does what the programs in the pods of the node do to the cluster, as far as stacks depend on it.
func (k *Kubelet) operate(ctx context.Context, on pods, machine Machine, node *corev1.Node) error {
	if on.ciliumOperator {
		if err := k.defineCilium(ctx); err != nil {
			return err
		}
	}
	if on.featureDiscovery && machine.Devices > 0 {
		if err := k.label(ctx, node, map[string]string{nvidiaFound: "true"}); err != nil {
			return err
		}
	}
	if on.gpuOperator != "" {
		if err := k.operateGPUs(ctx, on.gpuOperator); err != nil {
			return err
		}
	}
	for driver, devices := range claimable(on, machine) {
		if err := k.publish(ctx, node, driver, devices); err != nil {
			return err
		}
	}
	return nil
}
