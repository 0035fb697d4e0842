package kubelet

import (
	"context"
	"fmt"
	"net/http"
	"slices"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// publishCapacities tells the scheduler how much each class has left on each node of Proxmox, as the provisioner beside the
// driver does: without it, it puts no pod with a new claim anywhere.
//
// https://kubernetes.io/docs/concepts/storage/storage-capacity/
func (k *Kubelet) publishCapacities(ctx context.Context, api *proxmox, namespace string) error {
	classes, err := k.client.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	zones, err := k.zones(ctx, api.Region)
	if err != nil {
		return err
	}
	for _, class := range classes.Items {
		if class.Provisioner != csiDriver {
			continue
		}
		for _, zone := range zones {
			available, err := api.available(zone, class.Parameters["storage"])
			if err != nil {
				// The driver logs it, and what was published stays.
				continue
			}
			if err := k.publishCapacity(ctx, namespace, class.Name, api.Region, zone, available); err != nil {
				return err
			}
		}
	}
	return nil
}

// zones are the nodes of Proxmox of a region that have nodes of the cluster.
func (k *Kubelet) zones(ctx context.Context, region string) (zones []string, _ error) {
	nodes, err := k.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: corev1.LabelTopologyRegion + "=" + region})
	if err != nil {
		return nil, err
	}
	for _, node := range nodes.Items {
		if zone := node.Labels[corev1.LabelTopologyZone]; zone != "" && !slices.Contains(zones, zone) {
			zones = append(zones, zone)
		}
	}
	return zones, nil
}

func (k *Kubelet) publishCapacity(ctx context.Context, namespace, class, region, zone string, available int64) error {
	capacities := k.client.StorageV1().CSIStorageCapacities(namespace)
	wanted := &storagev1.CSIStorageCapacity{
		ObjectMeta:       metav1.ObjectMeta{Name: fmt.Sprintf("csisc-%s-%s", class, zone)},
		StorageClassName: class,
		NodeTopology:     &metav1.LabelSelector{MatchLabels: map[string]string{corev1.LabelTopologyRegion: region, corev1.LabelTopologyZone: zone}},
		Capacity:         resource.NewQuantity(available, resource.BinarySI),
	}
	found, err := capacities.Get(ctx, wanted.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = capacities.Create(ctx, wanted, metav1.CreateOptions{})
		return err
	}
	if err != nil || found.Capacity != nil && found.Capacity.Cmp(*wanted.Capacity) == 0 {
		return err
	}
	found.Capacity = wanted.Capacity
	_, err = capacities.Update(ctx, found, metav1.UpdateOptions{})
	return err
}

// available is how many bytes a storage has left.
func (p *proxmox) available(node, storage string) (int64, error) {
	var all []struct {
		Name      string `json:"storage"`
		Available int64  `json:"avail"`
	}
	if err := p.call(http.MethodGet, "/nodes/"+node+"/storage", nil, &all); err != nil {
		return 0, err
	}
	for _, each := range all {
		if each.Name == storage {
			return each.Available, nil
		}
	}
	return 0, fmt.Errorf("storage '%s' is not available on node '%s'", storage, node)
}
