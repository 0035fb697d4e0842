package kubelet

import (
	"context"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

const (
	// configLabel is the label with which a node chooses one of several configurations of the device plugin.
	configLabel = "nvidia.com/device-plugin.config"
	// configVolume is the volume with all configurations.
	configVolume = "available-configs"
	// configDefault is the variable that names the configuration of a node without the label.
	configDefault = "DEFAULT_CONFIG"
	// mpsContainer is the daemon without which the plugin offers no GPU that is shared by MPS.
	mpsContainer = "mps-control-daemon-ctr"
)

// pluginConfiguration is what NVIDIA's device plugin is told, as far as it is about sharing.
type pluginConfiguration struct {
	Version string `json:"version"`
	Sharing struct {
		TimeSlicing *shared `json:"timeSlicing"`
		MPS         *shared `json:"mps"`
	} `json:"sharing"`
}

type shared struct {
	Resources []struct {
		Name     string `json:"name"`
		Replicas int    `json:"replicas"`
	} `json:"resources"`
}

// offered is how many GPUs the running device plugin offers to the kubelet.
func (k *Kubelet) offered(ctx context.Context, on pods, machine Machine, node *corev1.Node) (int, error) {
	if on.devicePlugin == nil || machine.GPUs == 0 {
		return 0, nil
	}
	configuration, err := k.pluginConfiguration(ctx, on.devicePlugin, node)
	if err != nil {
		return 0, err
	}
	sharing := configuration.Sharing.TimeSlicing
	if sharing == nil {
		sharing = configuration.Sharing.MPS
		if sharing != nil && !on.mpsDaemon {
			return 0, nil
		}
	}
	replicas := 1
	if sharing != nil {
		for _, each := range sharing.Resources {
			if each.Name == gpuResource {
				replicas = each.Replicas
			}
		}
	}
	return machine.GPUs * replicas, nil
}

// pluginConfiguration is the configuration that a plugin's pod had mounted when it started, as NVIDIA's plugin chooses it: its
// config-manager looks again when the node's label changes, and never because the ConfigMap does.
//
// See https://github.com/NVIDIA/k8s-device-plugin/blob/v0.20.0/cmd/config-manager/main.go
func (k *Kubelet) pluginConfiguration(ctx context.Context, plugin *corev1.Pod, node *corev1.Node) (read pluginConfiguration, err error) {
	mounted := ""
	for _, volume := range plugin.Spec.Volumes {
		if volume.Name == configVolume && volume.ConfigMap != nil {
			mounted = volume.ConfigMap.Name
		}
	}
	if mounted == "" {
		return read, nil
	}
	configurations, err := k.read(ctx, plugin, mounted)
	if err != nil {
		return read, err
	}
	name := node.Labels[configLabel]
	for _, container := range plugin.Spec.Containers {
		for _, variable := range container.Env {
			if variable.Name == configDefault && name == "" {
				name = variable.Value
			}
		}
	}
	text, is := configurations[name]
	if !is {
		return read, fmt.Errorf("the ConfigMap %s has no configuration %q", mounted, name)
	}
	if err := yaml.UnmarshalStrict([]byte(text), &read); err != nil {
		return read, fmt.Errorf("the configuration %q of %s: %w", name, mounted, err)
	}
	if read.Version != "v1" {
		return read, fmt.Errorf("the configuration %q of %s has the version %q, not v1", name, mounted, read.Version)
	}
	return read, nil
}
