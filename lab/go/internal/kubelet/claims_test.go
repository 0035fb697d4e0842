package kubelet

import (
	"testing"

	corev1 "k8s.io/api/core/v1"
)

func TestIntelsDriverForClaimsWorksOnTalosAlone(t *testing.T) {
	driver := func(change func(*corev1.PodSpec), paths ...string) *corev1.Pod {
		privileged := true
		spec := corev1.PodSpec{Containers: []corev1.Container{{
			Image:           "ghcr.io/intel/intel-resource-drivers-for-kubernetes/intel-gpu-resource-driver:v0.11.0",
			SecurityContext: &corev1.SecurityContext{Privileged: &privileged},
		}}}
		for _, path := range append(paths, draPluginDirectory) {
			spec.Volumes = append(spec.Volumes, corev1.Volume{VolumeSource: corev1.VolumeSource{HostPath: &corev1.HostPathVolumeSource{Path: path}}})
		}
		change(&spec)
		return &corev1.Pod{Spec: spec}
	}
	as := func(*corev1.PodSpec) {}
	for _, each := range []struct {
		name  string
		pod   *corev1.Pod
		works bool
	}{
		{"with the values of the stack", driver(as, "/var/run/cdi"), true},
		{"with a folder that Talos lets nobody make", driver(as, "/etc/cdi"), false},
		{"with a health monitor that nobody runs", driver(as, "/run/xpumd"), false},
		{"without privileges", driver(func(spec *corev1.PodSpec) { spec.Containers[0].SecurityContext = nil }), false},
		{"another", driver(func(spec *corev1.PodSpec) { spec.Containers[0].Image = "another" }), false},
	} {
		if works := isIntelDraDriver(each.pod); works != each.works {
			t.Errorf("%s: %t", each.name, works)
		}
	}
}

func TestEachDriverOffersItsOwnDevicesToClaims(t *testing.T) {
	machine := Machine{GPUs: 1, Cards: map[string]int{"amdgpu": 1, "i915": 1, "xe": 2}}
	for _, each := range []struct {
		on            pods
		nvidia, intel int
	}{
		{pods{}, 0, 0},
		{pods{draDriver: true}, 1, 0},
		{pods{intelDraDriver: true}, 0, 3},
	} {
		offered := claimable(each.on, machine)
		if len(offered[draDriver]) != each.nvidia || len(offered[intelDraDriver]) != each.intel {
			t.Errorf("%v offers %v", each.on, offered)
		}
	}
}
