package kubelet

import (
	"context"
	"encoding/json"

	"github.com/siderolabs/talos/pkg/machinery/constants"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes"

	"lab/internal/drain"
)

// MarkCordoned remembers on a node that Talos takes it out of service, so that it takes it back when it starts again. What
// people cordon stays so.
func MarkCordoned(ctx context.Context, client kubernetes.Interface, name string) error {
	return mark(ctx, client, name, constants.AnnotationCordonedValue)
}

// uncordon takes a node back that Talos has taken out of service.
func (k *Kubelet) uncordon(ctx context.Context, node *corev1.Node) error {
	if node.Annotations[constants.AnnotationCordonedKey] != constants.AnnotationCordonedValue {
		return nil
	}
	if err := drain.Undo(ctx, k.client, node.Name); err != nil {
		return err
	}
	return mark(ctx, k.client, node.Name, nil)
}

func mark(ctx context.Context, client kubernetes.Interface, name string, value any) error {
	patch, err := json.Marshal(object{"metadata": object{"annotations": object{constants.AnnotationCordonedKey: value}}})
	if err != nil {
		return err
	}
	_, err = client.CoreV1().Nodes().Patch(ctx, name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}
