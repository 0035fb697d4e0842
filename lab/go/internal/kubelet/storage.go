package kubelet

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/yaml"
)

const (
	localProvisioner = "openebs.io/local"
	provisionerImage = "openebs/provisioner-localpv"
	casConfig        = "cas.openebs.io/config"
	selectedNode     = "volume.kubernetes.io/selected-node"
	userVolumes      = "/var/mnt/"
	endedAnnotation  = "lab/ended"
	endedWell        = "Completed"
	endedBadly       = "Error"
	provisionedBy    = "pv.kubernetes.io/provisioned-by"
	helperPrefix     = "init-"
)

// store does what OpenEBS's provisioner of local volumes does for claims of pods on this machine, what Proxmox's CSI driver does, and what the commands of pods
// that run once do to such volumes. The provisioner has the work done by a pod on the machine that the volume is to be on.
func (k *Kubelet) store(ctx context.Context, store cache.Store, machine Machine) error {
	namespace, controller, nodePlugin := "", "", ""
	var once []*corev1.Pod
	for _, each := range store.List() {
		pod, ok := each.(*corev1.Pod)
		if !ok || !works(pod) {
			continue
		}
		if runs(pod, provisionerImage) {
			namespace = pod.Namespace
		}
		if runs(pod, csiController) && pod.Spec.NodeName == machine.Name {
			controller = pod.Namespace
		}
		if runs(pod, csiNode) && pod.Spec.NodeName == machine.Name {
			nodePlugin = pod.Namespace
		}
		if pod.Spec.NodeName == machine.Name && pod.Spec.RestartPolicy == corev1.RestartPolicyNever && pod.Annotations[endedAnnotation] == "" {
			once = append(once, pod)
		}
	}
	k.nodePlugin = nodePlugin
	if namespace == "" && controller == "" && nodePlugin == "" {
		return nil
	}
	// Nothing tells of claims and volumes.
	k.later.Reset(pauseToLookAgain)
	if namespace != "" {
		if err := k.provision(ctx, namespace, machine); err != nil {
			return err
		}
		if err := k.reclaim(ctx, machine); err != nil {
			return err
		}
	}
	if controller != "" {
		if err := k.control(ctx, controller); err != nil {
			return err
		}
	}
	for _, pod := range once {
		if err := k.execute(ctx, pod, machine); err != nil {
			return err
		}
	}
	return nil
}

// provision makes the volumes that are claimed by pods which the scheduler has put on this machine.
func (k *Kubelet) provision(ctx context.Context, namespace string, machine Machine) error {
	claims, err := k.client.CoreV1().PersistentVolumeClaims("").List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range claims.Items {
		claim := &claims.Items[i]
		if claim.Status.Phase != corev1.ClaimPending || claim.Annotations[selectedNode] != machine.Name || claim.Spec.StorageClassName == nil || claim.Spec.VolumeName != "" {
			continue
		}
		class, err := k.client.StorageV1().StorageClasses().Get(ctx, *claim.Spec.StorageClassName, metav1.GetOptions{})
		if apierrors.IsNotFound(err) || err == nil && class.Provisioner != localProvisioner {
			continue
		}
		if err != nil {
			return err
		}
		if err := k.provisionFor(ctx, namespace, claim, class, machine); err != nil {
			return err
		}
	}
	return nil
}

func (k *Kubelet) provisionFor(ctx context.Context, namespace string, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, machine Machine) error {
	name := "pvc-" + string(claim.UID)
	path := filepath.Join(basePath(class), name)
	// Pod security decides when the pod is created.
	_, err := k.client.CoreV1().Pods(namespace).Create(ctx, helper(name, basePath(class)), metav1.CreateOptions{DryRun: []string{metav1.DryRunAll}})
	if err != nil {
		return k.warn(ctx, claim, "ProvisioningFailed", fmt.Sprintf("failed to provision volume with StorageClass %q: %v", class.Name, err))
	}
	if err := os.MkdirAll(k.onDisk(path, machine), 0o700); err != nil {
		return err
	}
	source := corev1.PersistentVolumeSource{Local: &corev1.LocalVolumeSource{Path: path}}
	return k.bind(ctx, claim, class, source, isIn(corev1.LabelHostname, machine.Name))
}

// bind makes the volume that a claim of the class waits for.
func (k *Kubelet) bind(ctx context.Context, claim *corev1.PersistentVolumeClaim, class *storagev1.StorageClass, source corev1.PersistentVolumeSource, where ...corev1.NodeSelectorRequirement) error {
	volume := &corev1.PersistentVolume{
		ObjectMeta: metav1.ObjectMeta{Name: "pvc-" + string(claim.UID), Annotations: map[string]string{provisionedBy: class.Provisioner}},
		Spec: corev1.PersistentVolumeSpec{
			Capacity:                      corev1.ResourceList{corev1.ResourceStorage: claim.Spec.Resources.Requests[corev1.ResourceStorage]},
			AccessModes:                   claim.Spec.AccessModes,
			PersistentVolumeReclaimPolicy: *class.ReclaimPolicy,
			StorageClassName:              class.Name,
			ClaimRef: &corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name,
				UID: claim.UID, ResourceVersion: claim.ResourceVersion},
			PersistentVolumeSource: source,
			NodeAffinity:           &corev1.VolumeNodeAffinity{Required: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: where}}}},
		},
	}
	_, err := k.client.CoreV1().PersistentVolumes().Create(ctx, volume, metav1.CreateOptions{})
	if apierrors.IsAlreadyExists(err) {
		return nil
	}
	return err
}

func isIn(label string, values ...string) corev1.NodeSelectorRequirement {
	return corev1.NodeSelectorRequirement{Key: label, Operator: corev1.NodeSelectorOpIn, Values: values}
}

// reclaim removes what was on volumes of this machine that nobody claims any longer.
func (k *Kubelet) reclaim(ctx context.Context, machine Machine) error {
	volumes, err := k.client.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for i := range volumes.Items {
		volume := &volumes.Items[i]
		released := volume.Status.Phase == corev1.VolumeReleased && volume.Spec.PersistentVolumeReclaimPolicy == corev1.PersistentVolumeReclaimDelete
		if !released || volume.Annotations[provisionedBy] != localProvisioner || !isOn(volume, machine.Name) {
			continue
		}
		if err := os.RemoveAll(k.onDisk(volume.Spec.Local.Path, machine)); err != nil {
			return err
		}
		if err := k.client.CoreV1().PersistentVolumes().Delete(ctx, volume.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// What commands of pods do: they write a text to a file, or compare it.
var (
	writes = regexp.MustCompile(`^echo '([^']*)' >(/\S+)`)
	reads  = regexp.MustCompile(`^test "\$\(cat (/\S+)\)" = '([^']*)'$`)
)

// execute carries out the command of a pod that claims a volume, and notes how it ended.
func (k *Kubelet) execute(ctx context.Context, pod *corev1.Pod, machine Machine) error {
	directory, err := k.claimed(ctx, pod, machine)
	if err != nil || directory == "" {
		return err
	}
	container := pod.Spec.Containers[0]
	command := ""
	if len(container.Command) > 0 {
		command = container.Command[len(container.Command)-1]
	}
	file := func(path string) string {
		return filepath.Join(directory, strings.TrimPrefix(path, container.VolumeMounts[0].MountPath))
	}
	// A disk that is new has no file system yet.
	if err := os.MkdirAll(directory, 0o700); err != nil {
		return err
	}
	ended := endedWell
	if found := writes.FindStringSubmatch(command); found != nil {
		if err := os.WriteFile(file(found[2]), []byte(found[1]), 0o600); err != nil {
			ended = endedBadly
		}
	} else if found := reads.FindStringSubmatch(command); found != nil {
		if content, err := os.ReadFile(file(found[1])); err != nil || string(content) != found[2] {
			ended = endedBadly
		}
	}
	patch, err := json.Marshal(object{"metadata": object{"annotations": object{endedAnnotation: ended}}})
	if err != nil {
		return err
	}
	_, err = k.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}

// claimed is where the content of the volume lies that the pod claims; empty without one.
func (k *Kubelet) claimed(ctx context.Context, pod *corev1.Pod, machine Machine) (string, error) {
	for _, each := range pod.Spec.Volumes {
		if each.PersistentVolumeClaim == nil {
			continue
		}
		claim, err := k.client.CoreV1().PersistentVolumeClaims(pod.Namespace).Get(ctx, each.PersistentVolumeClaim.ClaimName, metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		volume, err := k.client.CoreV1().PersistentVolumes().Get(ctx, claim.Spec.VolumeName, metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		if volume.Spec.Local != nil {
			return k.onDisk(volume.Spec.Local.Path, machine), nil
		}
		if volume.Spec.CSI != nil && volume.Spec.CSI.Driver == csiDriver {
			directory, err := k.mounted(ctx, volume, machine)
			if err != nil || directory == "" {
				return "", err
			}
			if why := k.unmountable(ctx, volume, machine); why != "" {
				return "", k.failMount(ctx, pod, volume.Name, why)
			}
			return directory, nil
		}
	}
	return "", nil
}

// onDisk is where the lab keeps what a path of the machine holds: with its disk if a user volume is mounted there, else with the system's.
func (k *Kubelet) onDisk(path string, machine Machine) string {
	volume, inside, _ := strings.Cut(strings.TrimPrefix(path, userVolumes), "/")
	if directory := machine.Volumes[volume]; strings.HasPrefix(path, userVolumes) && directory != "" {
		return filepath.Join(directory, inside)
	}
	return filepath.Join(k.settings.Directory, "ephemeral", path)
}

func isOn(volume *corev1.PersistentVolume, node string) bool {
	text, _ := json.Marshal(volume.Spec.NodeAffinity)
	return volume.Spec.Local != nil && strings.Contains(string(text), quote(node))
}

// basePath is the folder of a storage class.
func basePath(class *storagev1.StorageClass) string {
	var settings []struct{ Name, Value string }
	_ = yaml.Unmarshal([]byte(class.Annotations[casConfig]), &settings)
	for _, each := range settings {
		if each.Name == "BasePath" {
			return each.Value
		}
	}
	return "/var/openebs/local"
}

// helper is the pod that makes the folder of a volume.
func helper(name, path string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: helperPrefix + name},
		Spec: corev1.PodSpec{
			Containers: []corev1.Container{{Name: "local-path-init", Image: "openebs/linux-utils"}},
			Volumes:    []corev1.Volume{{Name: "data", VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}}}},
		},
	}
}

func (k *Kubelet) warn(ctx context.Context, claim *corev1.PersistentVolumeClaim, reason, message string) error {
	about := corev1.ObjectReference{APIVersion: "v1", Kind: "PersistentVolumeClaim", Namespace: claim.Namespace, Name: claim.Name, UID: claim.UID}
	return k.warnOf(ctx, about, localProvisioner, reason, message)
}

// failMount says what a kubelet says of a volume that it cannot mount.
func (k *Kubelet) failMount(ctx context.Context, pod *corev1.Pod, volume, why string) error {
	about := corev1.ObjectReference{APIVersion: "v1", Kind: "Pod", Namespace: pod.Namespace, Name: pod.Name, UID: pod.UID}
	return k.warnOf(ctx, about, "kubelet", "FailedMount", fmt.Sprintf("MountVolume.MountDevice failed for volume %q : %s", volume, why))
}

func (k *Kubelet) warnOf(ctx context.Context, about corev1.ObjectReference, component, reason, message string) error {
	now := metav1.Now()
	_, err := k.client.CoreV1().Events(about.Namespace).Create(ctx, &corev1.Event{
		ObjectMeta:     metav1.ObjectMeta{GenerateName: about.Name + "."},
		InvolvedObject: about,
		Type:           corev1.EventTypeWarning, Reason: reason, Message: message, FirstTimestamp: now, LastTimestamp: now,
		Source: corev1.EventSource{Component: component},
	}, metav1.CreateOptions{})
	return err
}
