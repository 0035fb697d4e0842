package node

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart/loader"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/cli-runtime/pkg/genericclioptions"
)

type values = map[string]any

// install installs one of the lab's charts, or upgrades it.
func (r running) install(name, namespace string, given values) {
	r.Helper()
	kubeconfig := filepath.Join(r.TempDir(), "kubeconfig")
	must(r.T, os.WriteFile(kubeconfig, r.kubeconfig(), 0o600))
	configuration := new(action.Configuration)
	must(r.T, configuration.Init(&genericclioptions.ConfigFlags{KubeConfig: &kubeconfig, Namespace: &namespace}, namespace, "", func(string, ...any) {}))
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
		r.eventually("there is a GPU to use", func() error {
			quantity := r.self().Status.Allocatable["nvidia.com/gpu"]
			if quantity.Value() != 1 {
				return fmt.Errorf("there are %s", quantity.String())
			}
			return nil
		})
	})
}
