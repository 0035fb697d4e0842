package kubelet

import (
	"maps"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestPluginsOfOtherVendorsOfferTheirGPUs(t *testing.T) {
	plugin := func(image, directory string, args ...string) *corev1.Pod {
		return &corev1.Pod{Spec: corev1.PodSpec{
			Containers: []corev1.Container{{Image: image, Args: args}},
			Volumes:    []corev1.Volume{{VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: directory}}}},
		}}
	}
	cards := map[string]int{"amdgpu": 2, "i915": 1, "xe": 1}
	for _, each := range []struct {
		name    string
		pod     *corev1.Pod
		offered map[corev1.ResourceName]int
	}{
		{"AMD's", plugin("docker.io/rocm/k8s-device-plugin:1", devicePluginDirectory), map[corev1.ResourceName]int{"amd.com/gpu": 2}},
		{"Intel's, with both drivers", plugin("docker.io/intel/intel-gpu-plugin:1", devicePluginDirectory, "-shared-dev-num=5"),
			map[corev1.ResourceName]int{"gpu.intel.com/i915": 5, "gpu.intel.com/xe": 5}},
		{"one that does not reach the kubelet", plugin("docker.io/rocm/k8s-device-plugin:1", "/tmp"), nil},
		{"another plugin", plugin("nvcr.io/nvidia/k8s-device-plugin:1", devicePluginDirectory), nil},
	} {
		if offered := offeredBy(each.pod, cards); !maps.Equal(offered, each.offered) {
			t.Errorf("%s offers %v, not %v", each.name, offered, each.offered)
		}
	}
}
