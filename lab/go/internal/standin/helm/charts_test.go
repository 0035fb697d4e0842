package helm

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	. "lab/internal/standin/standintest"
)

// labChart is where a chart lies: an archive in the directory LAB_CHARTS, or else the lab's own that stands in for it.
func labChart(t *testing.T, name string) string {
	t.Helper()
	if archives, _ := filepath.Glob(filepath.Join(os.Getenv("LAB_CHARTS"), name+"-*.tgz")); os.Getenv("LAB_CHARTS") != "" && len(archives) > 0 {
		return archives[0]
	}
	return filepath.Join("../../../../charts", name)
}

// rendered are the objects of a chart by kind and name, or what the chart says is wrong with its values.
func rendered(t *testing.T, name, namespace, values string) (map[string]Object, string) {
	t.Helper()
	tf, _ := serving(t)
	state, problems := tf.Data("helm_template", Object{"name": name, "namespace": namespace, "chart": labChart(t, name),
		"values": []any{values}, "kube_version": "1.35.4", "api_versions": []any{"resource.k8s.io/v1"}})
	if problems != "" {
		return nil, problems
	}
	objects := map[string]Object{}
	for document := range strings.SplitSeq(Attribute(t, state, "manifest"), "\n---\n") {
		var each Object
		Must(t, yaml.Unmarshal([]byte(document), &each))
		if metadata, ok := each["metadata"].(Object); ok {
			objects[each["kind"].(string)+"/"+metadata["name"].(string)] = each
		}
	}
	return objects, ""
}

// at is a part of an object in JSON.
func at(t *testing.T, part any, path ...string) string {
	t.Helper()
	for _, step := range path {
		part = part.(Object)[step]
	}
	text, err := json.Marshal(part)
	Must(t, err)
	return string(text)
}

func hostPaths(t *testing.T, workload Object) string {
	t.Helper()
	var paths []string
	pod := workload["spec"].(Object)["template"].(Object)["spec"].(Object)
	volumes, _ := pod["volumes"].([]any)
	for _, volume := range volumes {
		if path, ok := volume.(Object)["hostPath"].(Object); ok {
			paths = append(paths, path["path"].(string))
		}
	}
	return strings.Join(paths, " ")
}

const ciliumOnTalos = `
ipam: {mode: kubernetes}
kubeProxyReplacement: true
k8sServiceHost: localhost
k8sServicePort: 7445
cgroup: {autoMount: {enabled: false}, hostRoot: /sys/fs/cgroup}
operator: {replicas: 1}
hubble: {relay: {enabled: true}, ui: {enabled: true}}
`

func TestCiliumChart(t *testing.T) {
	objects, problems := rendered(t, "cilium", "kube-system", ciliumOnTalos)
	Expect(t, "the errors", problems, "")
	agent, operator := objects["DaemonSet/cilium"], objects["Deployment/cilium-operator"]
	pod := []string{"spec", "template", "spec"}
	Expect(t, "what the agent tolerates", at(t, agent, append(pod, "tolerations")...), `[{"operator":"Exists"}]`)
	Expect(t, "the agent's pods", at(t, agent, "spec", "selector", "matchLabels"), `{"k8s-app":"cilium"}`)
	ExpectContains(t, hostPaths(t, agent), "/etc/cni/net.d")
	ExpectContains(t, hostPaths(t, agent), "/sys/fs/cgroup")
	ExpectContains(t, at(t, operator, append(pod, "tolerations")...), `"key":"node.kubernetes.io/not-ready"`)
	// So few have to be available that Helm waits for none of them on a single node.
	Expect(t, "the agent's update", at(t, agent, "spec", "updateStrategy", "rollingUpdate", "maxUnavailable"), "2")
	Expect(t, "the operator's update", at(t, operator, "spec", "strategy", "rollingUpdate", "maxUnavailable"), `"100%"`)
	for _, name := range []string{"hubble-relay", "hubble-ui"} {
		deployment := objects["Deployment/"+name]
		Expect(t, "what "+name+" tolerates", at(t, deployment, append(pod, "tolerations")...), "null")
		Expect(t, "the update of "+name, at(t, deployment, "spec", "strategy", "rollingUpdate", "maxUnavailable"), "1")
	}
	if _, ok := objects["DaemonSet/cilium-envoy"]; !ok {
		t.Error("there is no Envoy")
	}
}

func TestCiliumChartRefusals(t *testing.T) {
	for values, want := range map[string]string{
		"{kubeProxyReplacement: true, hubble: {ui: {enabled: true}}}":                    "Hubble UI requires .Values.hubble.relay.enabled=true",
		"{kubeProxyReplacement: true, hubble: {enabled: false, relay: {enabled: true}}}": "Hubble Relay requires .Values.hubble.enabled=true",
		"{kubeProxyReplacement: strict}":                                                 "kubeProxyReplacement must be explicitly set to a valid value (true or false)",
		"{kubeProxyReplacement: true, l7Proxy: false, gatewayAPI: {enabled: true}}":      "requires .Values.l7Proxy to be set to 'true'",
	} {
		_, problems := rendered(t, "cilium", "kube-system", values)
		ExpectContains(t, problems, want)
	}
}

// Certificates that Helm makes are new at every rendering, which a stack that takes the manifest never gets over.
func TestCiliumChartIsTheSameAgain(t *testing.T) {
	for method, same := range map[string]bool{"helm": false, "cronJob": true} {
		values := strings.ReplaceAll(ciliumOnTalos, "hubble: {", "hubble: {tls: {auto: {method: "+method+"}}, ")
		first, problems := rendered(t, "cilium", "kube-system", values)
		Expect(t, "the errors", problems, "")
		second, _ := rendered(t, "cilium", "kube-system", values)
		if got := at(t, any(first)) == at(t, any(second)); got != same {
			t.Errorf("with the method %s: the same is %v, want %v", method, got, same)
		}
	}
}

func TestDevicePluginChart(t *testing.T) {
	objects, problems := rendered(t, "nvidia-device-plugin", "nvidia-device-plugin", "{runtimeClassName: nvidia}")
	Expect(t, "the errors", problems, "")
	plugin := objects["DaemonSet/nvidia-device-plugin"]
	pod := []string{"spec", "template", "spec"}
	Expect(t, "the runtime class", at(t, plugin, append(pod, "runtimeClassName")...), `"nvidia"`)
	affinity := at(t, plugin, append(pod, "affinity", "nodeAffinity")...)
	ExpectContains(t, affinity, `"key":"nvidia.com/gpu.present","operator":"In","values":["true"]`)
	ExpectContains(t, affinity, `"key":"feature.node.kubernetes.io/pci-10de.present"`)
	Expect(t, "the host paths", hostPaths(t, plugin), "/var/lib/kubelet/device-plugins /run/nvidia/mps /run/nvidia/mps/shm /var/run/cdi")
	sharing := objects["DaemonSet/nvidia-device-plugin-mps-control-daemon"]
	Expect(t, "the nodes that share by MPS", at(t, sharing, append(pod, "nodeSelector")...), `{"nvidia.com/mps.capable":"true"}`)

	objects, problems = rendered(t, "nvidia-device-plugin", "gpu", "{config: {map: {a: 'version: v1', b: ''}, default: a}}")
	Expect(t, "the errors", problems, "")
	ExpectContains(t, at(t, objects["ConfigMap/nvidia-device-plugin-configs"], "data"), `"a":"version: v1"`)
	configured := objects["DaemonSet/nvidia-device-plugin"]
	ExpectContains(t, at(t, configured, append(pod, "volumes")...), `{"configMap":{"name":"nvidia-device-plugin-configs"},"name":"available-configs"}`)
	ExpectContains(t, at(t, configured, append(pod, "containers")...), `{"name":"DEFAULT_CONFIG","value":"a"}`)
	_, problems = rendered(t, "nvidia-device-plugin", "default", "{}")
	ExpectContains(t, problems, "Running in the 'default' namespace is not recommended.")
	_, problems = rendered(t, "nvidia-device-plugin", "gpu", "{config: {name: a, map: {b: {}}}}")
	ExpectContains(t, problems, "Only one of 'config.name' or 'config.map' should ever be set")
	_, problems = rendered(t, "nvidia-device-plugin", "gpu", "{config: {map: {a: '', b: ''}}}")
	ExpectContains(t, problems, "A default config must be provided")
}

func TestGPUOperatorChart(t *testing.T) {
	objects, problems := rendered(t, "gpu-operator", "gpu-operator",
		"{driver: {enabled: false}, toolkit: {enabled: false}, hostPaths: {driverInstallDir: /usr/local}}")
	Expect(t, "the errors", problems, "")
	policy := objects["ClusterPolicy/cluster-policy"]
	Expect(t, "the driver", at(t, policy, "spec", "driver", "enabled"), "false")
	Expect(t, "the toolkit", at(t, policy, "spec", "toolkit", "enabled"), "false")
	Expect(t, "the driver's directory", at(t, policy, "spec", "hostPaths", "driverInstallDir"), `"/usr/local"`)
	Expect(t, "CDI", at(t, policy, "spec", "cdi", "enabled"), "true")
	ExpectContains(t, hostPaths(t, objects["DaemonSet/gpu-operator-node-feature-discovery-worker"]), "/sys")
	if _, ok := objects["Deployment/gpu-operator"]; !ok {
		t.Error("there is no operator")
	}
	objects, problems = rendered(t, "gpu-operator", "gpu-operator",
		"{devicePlugin: {config: {create: true, name: sharing, default: a, data: {a: 'version: v1'}}}}")
	Expect(t, "the errors", problems, "")
	ExpectContains(t, at(t, objects["ConfigMap/sharing"], "data"), `"a":"version: v1"`)
	ExpectContains(t, at(t, objects["ClusterPolicy/cluster-policy"], "spec", "devicePlugin", "config"), `"default":"a","name":"sharing"`)
}

func TestDRADriverChart(t *testing.T) {
	objects, problems := rendered(t, "dra-driver-nvidia-gpu", "dra",
		"{nvidiaDriverRoot: /usr/local, gpuResourcesEnabledOverride: true, resources: {computeDomains: {enabled: false}}}")
	Expect(t, "the errors", problems, "")
	plugin := objects["DaemonSet/dra-driver-nvidia-gpu-kubelet-plugin"]
	ExpectContains(t, hostPaths(t, plugin), "/var/lib/kubelet/plugins")
	ExpectContains(t, at(t, plugin, "spec", "template", "spec", "affinity"), `"nvidia.com/gpu.present"`)
	_, problems = rendered(t, "dra-driver-nvidia-gpu", "dra", "{}")
	ExpectContains(t, problems, "gpuResourcesEnabledOverride=true")
}

func TestChartsSayThatTheyStandIn(t *testing.T) {
	charts, err := os.ReadDir("../../../../charts")
	Must(t, err)
	for _, chart := range charts {
		tf, _ := serving(t)
		state, problems := tf.Data("helm_template", Object{"name": "it", "namespace": "it", "chart": filepath.Join("../../../../charts", chart.Name()),
			"kube_version": "1.35.4", "values": []any{"{kubeProxyReplacement: true, gpuResourcesEnabledOverride: true}"}})
		Expect(t, "the errors", problems, "")
		ExpectContains(t, Attribute(t, state, "notes"), "This is the lab's stand-in for ")
	}
}
