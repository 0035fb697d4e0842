package kubelet

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/yaml"
)

const (
	csiDriver       = "csi.proxmox.sinextra.dev"
	csiController   = "sergelogvinov/proxmox-csi-controller"
	csiNode         = "sergelogvinov/proxmox-csi-node"
	csiFinalizer    = "external-attacher/csi-proxmox-sinextra-dev"
	csiConfig       = "proxmox-csi-plugin"
	csiCertificates = "proxmox-ca"
	// csiOwner is the VM that the volumes are named after, which need not exist.
	csiOwner = 9999
	// identity tells the content of an attached volume from that of others.
	identity = "lab/identity"
	mebibyte = 1 << 20
	// leastVolume is what a volume is rounded up to multiples of.
	leastVolume = 512 * mebibyte
)

// handle is where a volume is, as the driver names it: region/zone/storage/disk. The zone of a shared volume is empty.
type handle struct{ region, zone, storage, disk string }

func handleOf(text string) handle {
	part := append(strings.SplitN(text, "/", 4), "", "", "", "")
	return handle{part[0], part[1], part[2], part[3]}
}

func (h handle) String() string {
	return strings.Join([]string{h.region, h.zone, h.storage, h.disk}, "/")
}
func (h handle) volid() string { return h.storage + ":" + h.disk }

// control does what the controller of Proxmox's CSI driver and its sidecars do, as the account in their Secret.
//
// https://github.com/sergelogvinov/proxmox-csi-plugin/blob/main/pkg/csi/controller.go
func (k *Kubelet) control(ctx context.Context, namespace string) error {
	api, err := k.proxmoxOf(ctx, namespace)
	if err != nil {
		return err
	}
	for _, step := range []func(context.Context, *proxmox) error{k.createVolumes, k.attachVolumes, k.expandVolumes, k.deleteVolumes} {
		if err := step(ctx, api); err != nil {
			return err
		}
	}
	return k.publishCapacities(ctx, api, namespace)
}

func (k *Kubelet) proxmoxOf(ctx context.Context, namespace string) (*proxmox, error) {
	secret, err := k.client.CoreV1().Secrets(namespace).Get(ctx, csiConfig, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	var config struct {
		Clusters []*proxmox `json:"clusters"`
	}
	if err := yaml.Unmarshal(secret.Data["config.yaml"], &config); err != nil {
		return nil, err
	}
	if len(config.Clusters) != 1 {
		return nil, fmt.Errorf("the configuration of the CSI driver has %d clusters", len(config.Clusters))
	}
	ca := ""
	if found, err := k.client.CoreV1().ConfigMaps(namespace).Get(ctx, csiCertificates, metav1.GetOptions{}); err == nil {
		for _, text := range found.Data {
			ca += text
		}
	}
	config.Clusters[0].trust(ca)
	return config.Clusters[0], nil
}

// createVolumes makes the volumes of claims whose pod has been scheduled.
func (k *Kubelet) createVolumes(ctx context.Context, api *proxmox) error {
	claims, err := k.client.CoreV1().PersistentVolumeClaims("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		where := claim.Annotations[selectedNode]
		if claim.Status.Phase != corev1.ClaimPending || where == "" || claim.Spec.StorageClassName == nil || claim.Spec.VolumeName != "" {
			continue
		}
		class, err := k.client.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
		if err != nil || class.Provisioner != csiDriver {
			continue
		}
		node, err := k.client.CoreV1().Nodes().Get(ctx, where, metav1.GetOptions{})
		if err != nil {
			return err
		}
		if err := k.createVolume(ctx, api, claim, class, node.Labels); err != nil {
			why := fmt.Sprintf("failed to provision volume with StorageClass %q: rpc error: code = Internal desc = %v", class.Name, err)
			if err := k.warn(ctx, claim, "ProvisioningFailed", why); err != nil {
				return err
			}
		}
	}
	return nil
}

func (k *Kubelet) createVolume(ctx context.Context, api *proxmox, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, labels map[string]string) error {
	zone := labels[corev1.LabelTopologyZone]
	if labels[corev1.LabelTopologyRegion] != api.Region || zone == "" {
		return fmt.Errorf("cannot find best region: the node has region %q and zone %q", labels[corev1.LabelTopologyRegion], zone)
	}
	storage, err := api.storageNamed(class.Parameters["storage"])
	if err != nil {
		return err
	}
	file := fmt.Sprintf("vm-%d-pvc-%s", csiOwner, claim.UID)
	where := handle{api.Region, zone, storage.Name, file}
	if storage.holdsFiles() {
		file += ".raw"
		where.disk = fmt.Sprintf("%d/%s", csiOwner, file)
	}
	asked := claim.Spec.Resources.Requests.Storage().Value()
	size := (asked + leastVolume - 1) / leastVolume * leastVolume
	found, err := api.find(zone, storage.Name, where.volid())
	if err != nil {
		return fmt.Errorf("failed to check volume: %w", err)
	}
	if found == nil {
		values := url.Values{"vmid": {fmt.Sprint(csiOwner)}, "filename": {file}, "size": {fmt.Sprintf("%dM", size/mebibyte)}}
		if err := api.call(http.MethodPost, "/nodes/"+zone+"/storage/"+storage.Name+"/content", values, nil); err != nil {
			return fmt.Errorf("failed to create vm disk: %w", err)
		}
		if found, err = api.find(zone, storage.Name, where.volid()); err != nil || found == nil {
			return fmt.Errorf("failed to get volume size after creation: %s: not found", where)
		}
	}
	zones := []string{zone}
	if storage.Shared == 1 {
		where.zone = ""
		zones = strings.FieldsFunc(storage.Nodes, func(r rune) bool { return r == ',' })
	}
	topology := []corev1.NodeSelectorRequirement{isIn(corev1.LabelTopologyRegion, api.Region)}
	if len(zones) > 0 {
		topology = append(topology, isIn(corev1.LabelTopologyZone, zones...))
	}
	source := corev1.PersistentVolumeSource{CSI: &corev1.CSIPersistentVolumeSource{Driver: csiDriver, VolumeHandle: where.String(),
		FSType: class.Parameters["csi.storage.k8s.io/fstype"]}}
	return k.bind(ctx, claim, class, source, topology...)
}

// attachVolumes gives VMs the volumes that the attach-detach controller wants there, and takes the others.
func (k *Kubelet) attachVolumes(ctx context.Context, api *proxmox) error {
	attachments, err := k.client.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range attachments.Items {
		attachment := &attachments.Items[i]
		if attachment.Spec.Attacher != csiDriver || attachment.Spec.Source.PersistentVolumeName == nil {
			continue
		}
		if err := k.attach(ctx, api, attachment); err != nil && !apierrors.IsConflict(err) && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

func (k *Kubelet) attach(ctx context.Context, api *proxmox, attachment *storagev1.VolumeAttachment) error {
	attachments := k.client.StorageV1().VolumeAttachments()
	isLeaving := attachment.DeletionTimestamp != nil
	if attachment.Status.Attached && !isLeaving {
		return nil
	}
	if !isLeaving && !slices.Contains(attachment.Finalizers, csiFinalizer) {
		attachment.Finalizers = append(attachment.Finalizers, csiFinalizer)
		updated, err := attachments.Update(ctx, attachment, metav1.UpdateOptions{})
		if err != nil {
			return err
		}
		attachment = updated
	}
	volume, err := k.client.CoreV1().PersistentVolumes().Get(ctx, *attachment.Spec.Source.PersistentVolumeName, metav1.GetOptions{})
	if err != nil {
		return err
	}
	metadata, failure := k.move(api, handleOf(volume.Spec.CSI.VolumeHandle), attachment.Spec.NodeName, isLeaving)
	now := metav1.Now()
	if failure != nil {
		said := &storagev1.VolumeError{Time: now, Message: "rpc error: code = Internal desc = " + failure.Error()}
		if isLeaving {
			attachment.Status.DetachError = said
		} else {
			attachment.Status.AttachError = said
		}
	} else if isLeaving {
		attachment.Finalizers = slices.DeleteFunc(attachment.Finalizers, func(each string) bool { return each == csiFinalizer })
		_, err := attachments.Update(ctx, attachment, metav1.UpdateOptions{})
		return err
	} else {
		attachment.Status = storagev1.VolumeAttachmentStatus{Attached: true, AttachmentMetadata: metadata}
	}
	_, err = attachments.UpdateStatus(ctx, attachment, metav1.UpdateOptions{})
	return err
}

// move attaches a volume to the VM of a node, or detaches it there. A VM that is gone has none.
func (k *Kubelet) move(api *proxmox, where handle, node string, isLeaving bool) (map[string]string, error) {
	all, err := api.vms()
	if err != nil {
		return nil, err
	}
	at := slices.IndexFunc(all, func(v vm) bool { return strings.HasPrefix(v.Name, node) })
	if at < 0 {
		if isLeaving {
			return nil, nil
		}
		return nil, fmt.Errorf("instance not found: the account sees no VM of node %s", node)
	}
	if isLeaving {
		return nil, api.detach(all[at], where.volid())
	}
	zone := where.zone
	if zone == "" {
		zone = all[at].Node
	}
	found, err := api.find(zone, where.storage, where.volid())
	if err != nil {
		return nil, err
	}
	if found == nil {
		return nil, fmt.Errorf("volume %s not found", where)
	}
	return map[string]string{identity: found.Identity}, api.attach(all[at], where.volid())
}

// expandVolumes grows the volumes whose claim asks for more, while they are attached.
func (k *Kubelet) expandVolumes(ctx context.Context, api *proxmox) error {
	claims, err := k.client.CoreV1().PersistentVolumeClaims("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		asked := claim.Spec.Resources.Requests[corev1.ResourceStorage]
		if claim.Status.Phase != corev1.ClaimBound || asked.Cmp(claim.Status.Capacity[corev1.ResourceStorage]) <= 0 {
			continue
		}
		volume, err := k.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
		if err != nil || volume.Spec.CSI == nil || volume.Spec.CSI.Driver != csiDriver {
			continue
		}
		if err := expand(api, handleOf(volume.Spec.CSI.VolumeHandle), asked.Value()); err != nil {
			if err := k.warn(ctx, claim, "VolumeResizeFailed", fmt.Sprintf("resize volume %q by resizer %q failed: rpc error: code = Internal desc = %v", volume.Name, csiDriver, err)); err != nil {
				return err
			}
			continue
		}
		volume.Spec.Capacity[corev1.ResourceStorage] = asked
		if _, err := k.client.CoreV1().PersistentVolumes().Update(ctx, volume, metav1.UpdateOptions{}); err != nil {
			return err
		}
		claim.Status.Capacity[corev1.ResourceStorage] = asked
		if _, err := k.client.CoreV1().PersistentVolumeClaims(claim.Namespace).UpdateStatus(ctx, claim, metav1.UpdateOptions{}); err != nil {
			return err
		}
	}
	return nil
}

func expand(api *proxmox, where handle, size int64) error {
	all, err := api.vms()
	if err != nil {
		return err
	}
	for _, each := range all {
		disks, err := api.disks(each)
		if err != nil {
			return err
		}
		if key := interfaceOf(disks, where.volid()); key != "" {
			values := url.Values{"disk": {key}, "size": {fmt.Sprintf("%dM", size/mebibyte)}}
			return api.call(http.MethodPut, each.path()+"/resize", values, nil)
		}
	}
	return fmt.Errorf("cannot resize unpublished")
}

// deleteVolumes removes the volumes that nobody claims any longer.
func (k *Kubelet) deleteVolumes(ctx context.Context, api *proxmox) error {
	volumes, err := k.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	attachments, err := k.client.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range volumes.Items {
		volume := &volumes.Items[i]
		released := volume.Status.Phase == corev1.VolumeReleased && volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
		isAttached := slices.ContainsFunc(attachments.Items, func(each storagev1.VolumeAttachment) bool {
			return each.Spec.Source.PersistentVolumeName != nil && *each.Spec.Source.PersistentVolumeName == volume.Name
		})
		if !released || isAttached || volume.Spec.CSI == nil || volume.Spec.CSI.Driver != csiDriver {
			continue
		}
		where := handleOf(volume.Spec.CSI.VolumeHandle)
		node := where.zone
		if node == "" {
			all, err := api.vms()
			if err != nil || len(all) == 0 {
				return err
			}
			node = all[0].Node
		}
		path := "/nodes/" + node + "/storage/" + where.storage + "/content/" + url.PathEscape(where.volid())
		if err := api.call(http.MethodDelete, path, nil, nil); err != nil {
			k.log.Printf("the volume %s is not deleted: %v", where, err)
			continue
		}
		if err := k.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// mounted is where the content of an attached volume lies; empty if it is not attached to this machine.
func (k *Kubelet) mounted(ctx context.Context, volume *corev1.PersistentVolume, machine Machine) (string, error) {
	attachments, err := k.client.StorageV1().VolumeAttachments().List(ctx, metav1.ListOptions{})
	if err != nil {
		return "", err
	}
	for _, each := range attachments.Items {
		name := each.Spec.Source.PersistentVolumeName
		if name != nil && *name == volume.Name && each.Spec.NodeName == machine.Name && each.Status.Attached && each.DeletionTimestamp == nil {
			// Beside the disks of all machines.
			return filepath.Join(filepath.Dir(filepath.Dir(k.settings.Directory)), "disks", each.Status.AttachmentMetadata[identity]), nil
		}
	}
	return "", nil
}

// unmountable is why the machine cannot mount a volume that Kubernetes takes for attached, in the words of the kubelet and the driver; empty if it can.
//
// https://github.com/kubernetes/kubernetes/blob/v1.35.4/pkg/volume/csi/csi_client.go
func (k *Kubelet) unmountable(ctx context.Context, volume *corev1.PersistentVolume, machine Machine) string {
	if k.nodePlugin == "" {
		return fmt.Sprintf("kubernetes.io/csi: attacher.MountDevice failed to create newCsiDriverClient: driver name %s not found in the list of "+
			"registered CSI drivers", csiDriver)
	}
	// A guest sees its disks, whatever the account may.
	api, err := k.proxmoxOf(ctx, k.nodePlugin)
	if err != nil {
		return ""
	}
	all, err := api.vms()
	at := slices.IndexFunc(all, func(v vm) bool { return strings.HasPrefix(v.Name, machine.Name) })
	if err != nil || at < 0 {
		return ""
	}
	disks, err := api.disks(all[at])
	if err != nil || interfaceOf(disks, handleOf(volume.Spec.CSI.VolumeHandle).volid()) != "" {
		return ""
	}
	return "rpc error: code = Internal desc = format of disk failed: type:(\"ext4\"): exit status 1: The file does not exist and no size was specified."
}
