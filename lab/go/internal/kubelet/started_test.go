package kubelet

import (
	"encoding/json"
	"fmt"
	"log"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
)

// kubeletWith is a kubelet that does not run, in a cluster with these objects.
func kubeletWith(t *testing.T, objects ...runtime.Object) *Kubelet {
	k := &Kubelet{settings: Settings{Directory: t.TempDir()}, client: fake.NewClientset(objects...), log: log.Default()}
	k.recall("first boot")
	return k
}

// restarted is the same kubelet after a restart, in a boot of the machine.
func (k *Kubelet) restarted(t *testing.T, boot string) *Kubelet {
	t.Helper()
	must(t, k.remember())
	again := &Kubelet{settings: k.settings, client: k.client, dynamic: k.dynamic, log: k.log}
	again.recall(boot)
	return again
}

// podOf is a pod on the node, whose container runs if it is ready.
func podOf(name, image string, containersReady corev1.ConditionStatus) *corev1.Pod {
	var state corev1.ContainerState
	if containersReady == corev1.ConditionTrue {
		state.Running = &corev1.ContainerStateRunning{}
	}
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "kube-system", UID: types.UID(name)},
		Spec: corev1.PodSpec{NodeName: "node", Containers: []corev1.Container{{Name: "main", Image: image}},
			Volumes: []corev1.Volume{{Name: configVolume, VolumeSource: corev1.VolumeSource{
				ConfigMap: &corev1.ConfigMapVolumeSource{LocalObjectReference: corev1.LocalObjectReference{Name: "sharing"}}}}}},
		Status: corev1.PodStatus{Phase: corev1.PodRunning, ContainerStatuses: []corev1.ContainerStatus{{State: state}}, Conditions: []corev1.PodCondition{
			{Type: corev1.ContainersReady, Status: containersReady}, {Type: corev1.PodReady, Status: containersReady}}},
	}
}

func configMap(name string, data map[string]string) *corev1.ConfigMap {
	return &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "kube-system"}, Data: data}
}

// actsOn tells, after the kubelet has seen the pod, what its program acts on.
func (k *Kubelet) actsOn(t *testing.T, pod *corev1.Pod) string {
	t.Helper()
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	must(t, store.Add(pod))
	must(t, k.startPrograms(t.Context(), store, "node"))
	if !works(pod) {
		return ""
	}
	if runs(pod, "nvidia") {
		node := &corev1.Node{ObjectMeta: metav1.ObjectMeta{Labels: map[string]string{configLabel: "shared"}}}
		offered, err := k.offered(t.Context(), pods{devicePlugin: pod}, Machine{GPUs: 1}, node)
		must(t, err)
		return fmt.Sprint(offered)
	}
	found, err := k.client.CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
	must(t, err)
	var read map[string]string
	must(t, json.Unmarshal([]byte(found.Annotations[startedWith]), &read))
	return read["replicas"]
}

func TestProgramsActOnTheConfigurationThatTheyHaveStartedWith(t *testing.T) {
	for name, image := range map[string]string{
		"Cilium's agent":         "quay.io/cilium/cilium:v1.20.2",
		"Cilium's operator":      "quay.io/cilium/operator-generic:v1.20.2",
		"NVIDIA's device plugin": "nvcr.io/nvidia/k8s-device-plugin:v0.19.3",
	} {
		t.Run(name, func(t *testing.T) {
			first, second := podOf("first", image, corev1.ConditionTrue), podOf("second", image, corev1.ConditionTrue)
			k := kubeletWith(t, first, second)
			configure := func(replicas int) {
				t.Helper()
				for _, each := range []*corev1.ConfigMap{
					configMap(ciliumConfig, map[string]string{"replicas": fmt.Sprint(replicas)}),
					configMap("sharing", map[string]string{"shared": fmt.Sprintf(
						"version: v1\nsharing: {timeSlicing: {resources: [{name: nvidia.com/gpu, replicas: %d}]}}", replicas)}),
				} {
					maps := k.client.CoreV1().ConfigMaps(each.Namespace)
					_ = maps.Delete(t.Context(), each.Name, metav1.DeleteOptions{})
					_, err := maps.Create(t.Context(), each, metav1.CreateOptions{})
					must(t, err)
				}
			}
			expect := func(when string, pod *corev1.Pod, want string) {
				t.Helper()
				if got := k.actsOn(t, pod); got != want {
					t.Errorf("%s it acts on %q, want %q", when, got, want)
				}
			}
			configure(2)
			expect("when it has started", first, "2")
			configure(3)
			expect("after a change", first, "2")
			k = k.restarted(t, "first boot")
			expect("after a restart of the kubelet", first, "2")
			expect("while its containers restart", podOf("first", image, corev1.ConditionFalse), "")
			expect("after a restart of its containers", first, "3")
			configure(4)
			expect("after another change", first, "3")
			k = k.restarted(t, "second boot")
			expect("after a boot", first, "4")
			configure(5)
			expect("in another pod", second, "5")
		})
	}
}
