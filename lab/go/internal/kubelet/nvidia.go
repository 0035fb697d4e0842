package kubelet

import (
	"context"
	"encoding/json"
	"strconv"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

const (
	// nvidiaFound is the label with which node feature discovery tells of a device of NVIDIA's.
	nvidiaFound = "feature.node.kubernetes.io/pci-10de.present"
	// deployDevicePlugin is the label with which the GPU operator chooses nodes for the device plugin.
	deployDevicePlugin = "nvidia.com/gpu.deploy.device-plugin"
	// talosDriverRoot is where Talos has the driver. At another place the operator's pods wait for one for ever.
	talosDriverRoot = "/usr/local"
	// policyGeneration is the annotation that tells which policy a DaemonSet was made for.
	policyGeneration = "nvidia.com/policy-generation"
)

var clusterPolicies = schema.GroupVersionResource{Group: "nvidia.com", Version: "v1", Resource: "clusterpolicies"}

// operateGPUs does what NVIDIA's GPU operator does with its ClusterPolicy: it labels the nodes that have a GPU, whichever
// they are, and runs the device plugin on them.
func (k *Kubelet) operateGPUs(ctx context.Context, namespace string) error {
	// Nothing tells of policies and of other nodes.
	defer k.later.Reset(pauseToLookAgain)
	policy, err := k.dynamic.Resource(clusterPolicies).Get(ctx, "cluster-policy", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	plugin, given, _ := unstructured.NestedBool(policy.Object, "spec", "devicePlugin", "enabled")
	root, _, _ := unstructured.NestedString(policy.Object, "spec", "hostPaths", "driverInstallDir")
	nodes, err := k.client.CoreV1().Nodes().List(ctx, metav1.ListOptions{LabelSelector: nvidiaFound + "=true"})
	if err != nil {
		return err
	}
	if given && !plugin || root != talosDriverRoot || len(nodes.Items) == 0 {
		return nil
	}
	for _, node := range nodes.Items {
		if err := k.label(ctx, &node, map[string]string{"nvidia.com/gpu.present": "true", deployDevicePlugin: "true"}); err != nil {
			return err
		}
	}
	runtime := &nodev1.RuntimeClass{ObjectMeta: metav1.ObjectMeta{Name: "nvidia", OwnerReferences: ownedBy(policy)}, Handler: "nvidia"}
	if _, err := k.client.NodeV1().RuntimeClasses().Create(ctx, runtime, metav1.CreateOptions{}); err != nil && !apierrors.IsAlreadyExists(err) {
		return err
	}
	for _, each := range []*appsv1.DaemonSet{devicePlugin(policy), mpsDaemon(policy)} {
		if err := k.ensure(ctx, namespace, each); err != nil {
			return err
		}
	}
	return nil
}

// ensure makes a DaemonSet of the operator's, or makes it what the policy says now.
func (k *Kubelet) ensure(ctx context.Context, namespace string, wanted *appsv1.DaemonSet) error {
	daemons := k.client.AppsV1().DaemonSets(namespace)
	current, err := daemons.Get(ctx, wanted.Name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		_, err = daemons.Create(ctx, wanted, metav1.CreateOptions{})
	}
	if err != nil || current.Annotations[policyGeneration] == wanted.Annotations[policyGeneration] {
		return err
	}
	wanted.ResourceVersion = current.ResourceVersion
	_, err = daemons.Update(ctx, wanted, metav1.UpdateOptions{})
	return err
}

// devicePlugin is the operator's, with the configuration that the policy names.
func devicePlugin(policy *unstructured.Unstructured) *appsv1.DaemonSet {
	daemon := daemonOf(policy, "nvidia-device-plugin-daemonset", "nvidia-device-plugin", deployDevicePlugin)
	pod := &daemon.Spec.Template.Spec
	pod.Volumes = []corev1.Volume{{Name: "device-plugin", VolumeSource: corev1.VolumeSource{
		HostPath: &corev1.HostPathVolumeSource{Path: devicePluginDirectory}}}}
	if name, given, _ := unstructured.NestedString(policy.Object, "spec", "devicePlugin", "config", "name"); given && name != "" {
		chosen, _, _ := unstructured.NestedString(policy.Object, "spec", "devicePlugin", "config", "default")
		pod.Containers[0].Env = []corev1.EnvVar{{Name: configDefault, Value: chosen}}
		pod.Volumes = append(pod.Volumes, corev1.Volume{Name: configVolume, VolumeSource: corev1.VolumeSource{
			ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: name}}}})
	}
	return daemon
}

// mpsDaemon goes to the nodes that have the label for it.
func mpsDaemon(policy *unstructured.Unstructured) *appsv1.DaemonSet {
	return daemonOf(policy, "nvidia-device-plugin-mps-control-daemon", mpsContainer, "nvidia.com/mps.capable")
}

// daemonOf is a DaemonSet that goes with the policy that it is made for, on the nodes with a label.
func daemonOf(policy *unstructured.Unstructured, name, container, label string) *appsv1.DaemonSet {
	labels := map[string]string{"app": name}
	annotations, _, _ := unstructured.NestedStringMap(policy.Object, "spec", "daemonsets", "annotations")
	privileged := true
	return &appsv1.DaemonSet{
		ObjectMeta: metav1.ObjectMeta{Name: name, OwnerReferences: ownedBy(policy),
			Annotations: map[string]string{policyGeneration: strconv.FormatInt(policy.GetGeneration(), 10)}},
		Spec: appsv1.DaemonSetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels},
			Template: corev1.PodTemplateSpec{
				ObjectMeta: metav1.ObjectMeta{Labels: labels, Annotations: annotations},
				Spec: corev1.PodSpec{
					NodeSelector: map[string]string{label: "true"},
					Tolerations:  []corev1.Toleration{{Key: gpuResource, Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule}},
					Containers: []corev1.Container{{Name: container, Image: "nvcr.io/nvidia/k8s-device-plugin:lab",
						SecurityContext: &corev1.SecurityContext{Privileged: &privileged}}},
				},
			},
		},
	}
}

func ownedBy(policy *unstructured.Unstructured) []metav1.OwnerReference {
	return []metav1.OwnerReference{*metav1.NewControllerRef(policy, policy.GroupVersionKind())}
}

// label gives the node labels that are not the machine configuration's.
func (k *Kubelet) label(ctx context.Context, node *corev1.Node, labels map[string]string) error {
	missing := false
	for key, value := range labels {
		missing = missing || node.Labels[key] != value
	}
	if !missing {
		return nil
	}
	patch, err := json.Marshal(object{"metadata": object{"labels": labels}})
	if err != nil {
		return err
	}
	_, err = k.client.CoreV1().Nodes().Patch(ctx, node.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	return err
}
