package node

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

type values = map[string]any

func (r running) helm(namespace string) *action.Configuration {
	r.Helper()
	kubeconfig := filepath.Join(r.TempDir(), "kubeconfig")
	must(r.T, os.WriteFile(kubeconfig, r.kubeconfig(), 0o600))
	configuration := new(action.Configuration)
	must(r.T, configuration.Init(&genericclioptions.ConfigFlags{KubeConfig: &kubeconfig, Namespace: &namespace}, namespace, "", func(string, ...any) {}))
	return configuration
}

func (r running) uninstall(name, namespace string) {
	r.Helper()
	_, err := action.NewUninstall(r.helm(namespace)).Run(name)
	must(r.T, err)
}

// install installs one of the lab's charts, or upgrades it.
func (r running) install(name, namespace string, given values) {
	r.Helper()
	configuration := r.helm(namespace)
	chart, err := loader.Load(filepath.Join("../../../charts", name))
	must(r.T, err)
	if _, err := action.NewGet(configuration).Run(name); err == nil {
		client := action.NewUpgrade(configuration)
		client.Namespace = namespace
		_, err := client.Run(name, chart, given)
		must(r.T, err)
		return
	}
	client := action.NewInstall(configuration)
	client.ReleaseName, client.Namespace = name, namespace
	_, err = client.Run(chart, given)
	must(r.T, err)
}

func TestOperators(t *testing.T) {
	t.Parallel()
	r := withKubernetes(t, func(*Options) {}, `
machine: {kernel: {modules: [{name: nvidia}]}}
cluster: {allowSchedulingOnControlPlanes: true, network: {cni: {name: none}}, proxy: {disabled: true}}`)

	t.Run("Cilium's defines its kinds", func(t *testing.T) {
		r := r.in(t)
		pool := "apiVersion: cilium.io/v2\nkind: CiliumLoadBalancerIPPool\nmetadata: {name: pool}\nspec: {blocks: [{cidr: 192.168.1.240/28}]}"
		if err := r.create(pool); err == nil {
			t.Error("there is a pool without Cilium")
		}
		r.install("cilium", "kube-system", values{"kubeProxyReplacement": true, "operator": values{"replicas": 1}})
		r.eventually("there is a pool", func() error { return r.create(pool) })
		r.is(corev1.NodeReady, corev1.ConditionTrue)
	})

	t.Run("NVIDIA's runs the device plugin, once it knows where Talos has the driver", func(t *testing.T) {
		r := r.in(t)
		must(t, r.create("apiVersion: v1\nkind: Namespace\nmetadata: {name: gpu-operator, labels: {pod-security.kubernetes.io/enforce: privileged}}"))
		given := values{"driver": values{"enabled": false}, "toolkit": values{"enabled": false}}
		r.install("gpu-operator", "gpu-operator", given)
		r.eventually("the device is found", func() error {
			if labels := r.self().Labels; labels["feature.node.kubernetes.io/pci-10de.present"] != "true" {
				return fmt.Errorf("labels %v", labels)
			}
			return nil
		})
		plugins, err := r.client.AppsV1().DaemonSets("gpu-operator").List(t.Context(), metav1.ListOptions{})
		must(t, err)
		for _, plugin := range plugins.Items {
			if plugin.Name == "nvidia-device-plugin-daemonset" {
				t.Error("the device plugin runs without a driver")
			}
		}
		given["hostPaths"] = values{"driverInstallDir": "/usr/local"}
		r.install("gpu-operator", "gpu-operator", given)
		r.allocatable(1)
		given["devicePlugin"] = values{"config": values{"create": true, "name": "sharing", "default": "four",
			"data": values{"four": sharing("timeSlicing", 4)}}}
		r.install("gpu-operator", "gpu-operator", given)
		r.allocatable(4)
		// The operator does not look into the ConfigMap, and the plugin has read it; an annotation replaces its pod.
		given["devicePlugin"] = values{"config": values{"create": true, "name": "sharing", "default": "four",
			"data": values{"four": sharing("timeSlicing", 5)}}}
		r.install("gpu-operator", "gpu-operator", given)
		r.allocatable(4)
		given["daemonsets"] = values{"annotations": values{"checksum/values": "another"}}
		r.install("gpu-operator", "gpu-operator", given)
		r.allocatable(5)
		r.uninstall("gpu-operator", "gpu-operator")
		r.eventually("what it made is gone", func() error {
			plugins, err := r.client.AppsV1().DaemonSets("gpu-operator").List(t.Context(), metav1.ListOptions{})
			if err == nil && len(plugins.Items) > 0 {
				err = fmt.Errorf("there is %s", plugins.Items[0].Name)
			}
			if _, gone := r.client.NodeV1().RuntimeClasses().Get(t.Context(), "nvidia", metav1.GetOptions{}); err == nil && gone == nil {
				err = fmt.Errorf("there is its RuntimeClass")
			}
			return err
		})
		r.allocatable(0)
	})

	t.Run("the device plugin shares a GPU as its configuration says, by MPS only with the daemon", func(t *testing.T) {
		r := r.in(t)
		must(t, r.create("apiVersion: v1\nkind: Namespace\nmetadata: {name: plugin, labels: {pod-security.kubernetes.io/enforce: privileged}}"))
		r.install("nvidia-device-plugin", "plugin", values{})
		r.allocatable(1)
		configured := func(strategy string, replicas int) values {
			return values{"config": values{"default": "shared", "map": values{"shared": sharing(strategy, replicas), "other": "version: v1"}}}
		}
		r.install("nvidia-device-plugin", "plugin", configured("timeSlicing", 3))
		r.allocatable(3)
		r.install("nvidia-device-plugin", "plugin", configured("mps", 2))
		r.allocatable(0)
		r.label("nvidia.com/mps.capable", "true")
		r.allocatable(2)
		r.uninstall("nvidia-device-plugin", "plugin")
		r.allocatable(0)
	})

	t.Run("NVIDIA's driver for claims publishes the GPU for as long as it runs", func(t *testing.T) {
		r := r.in(t)
		must(t, r.create("apiVersion: v1\nkind: Namespace\nmetadata: {name: dra, labels: {pod-security.kubernetes.io/enforce: privileged}}"))
		r.install("dra-driver-nvidia-gpu", "dra", values{"gpuResourcesEnabledOverride": true, "nvidiaDriverRoot": "/usr/local",
			"resources": values{"computeDomains": values{"enabled": false}}})
		must(t, r.create(`
apiVersion: resource.k8s.io/v1
kind: ResourceClaim
metadata: {name: gpu, namespace: default}
spec: {devices: {requests: [{name: gpu, exactly: {deviceClassName: gpu.nvidia.com}}]}}`))
		for _, name := range []string{"first", "second"} {
			must(t, r.create(`
apiVersion: v1
kind: Pod
metadata: {name: `+name+`, namespace: default}
spec:
  restartPolicy: Never
  resourceClaims: [{name: gpu, resourceClaimName: gpu}]
  containers: [{name: it, image: it, resources: {claims: [{name: gpu}]}}]`))
			r.eventually("the claim is the pod's", func() error {
				pod, err := r.client.CoreV1().Pods("default").Get(t.Context(), name, metav1.GetOptions{})
				if err == nil && pod.Status.Phase != corev1.PodSucceeded {
					err = fmt.Errorf("it is %s: %v", pod.Status.Phase, pod.Status.Conditions)
				}
				return err
			})
		}
		r.eventually("one device is published", func() error { return r.devices(1) })
		r.uninstall("dra-driver-nvidia-gpu", "dra")
		r.eventually("none is published", func() error { return r.devices(0) })
	})
}

// sharing is a configuration of the device plugin.
func sharing(strategy string, replicas int) string {
	return fmt.Sprintf("version: v1\nsharing: {%s: {resources: [{name: nvidia.com/gpu, replicas: %d}]}}", strategy, replicas)
}

func (r running) allocatable(want int64) {
	r.Helper()
	r.eventually(fmt.Sprintf("%d GPUs can be used", want), func() error {
		quantity := r.self().Status.Allocatable["nvidia.com/gpu"]
		if quantity.Value() != want {
			return fmt.Errorf("there are %s", quantity.String())
		}
		return nil
	})
}

// devices tells whether so many slices are there, each with a device.
func (r running) devices(want int) error {
	var list struct {
		Items []struct {
			Spec struct {
				Devices []any `json:"devices"`
			} `json:"spec"`
		} `json:"items"`
	}
	content, err := r.client.RESTClient().Get().AbsPath("/apis/resource.k8s.io/v1/resourceslices").DoRaw(r.Context())
	if err == nil {
		err = json.Unmarshal(content, &list)
	}
	if err == nil && len(list.Items) != want {
		err = fmt.Errorf("%d slices", len(list.Items))
	}
	return err
}

func (r running) label(key, value string) {
	r.Helper()
	patch := fmt.Sprintf(`{"metadata": {"labels": {%q: %q}}}`, key, value)
	_, err := r.client.CoreV1().Nodes().Patch(r.Context(), r.self().Name, types.MergePatchType, []byte(patch), metav1.PatchOptions{})
	must(r.T, err)
}
