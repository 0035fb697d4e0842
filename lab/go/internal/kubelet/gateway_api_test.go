package kubelet

import (
	"io"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/util/yaml"
	dynamicfake "k8s.io/client-go/dynamic/fake"
	"k8s.io/client-go/tools/cache"
)

// define has the definitions of a release of the Gateway API in the cluster, in place of others; none without a release.
func (k *Kubelet) define(t *testing.T, release string) {
	t.Helper()
	var definitions []runtime.Object
	if release != "" {
		file, err := os.Open("../manifests/gateway-api/" + release + ".yaml")
		must(t, err)
		defer file.Close() //nolint:errcheck
		for decoder := yaml.NewYAMLOrJSONDecoder(file, 4096); ; {
			definition := &unstructured.Unstructured{}
			if err = decoder.Decode(&definition.Object); err == io.EOF {
				break
			}
			must(t, err)
			if definition.Object != nil {
				definitions = append(definitions, definition)
			}
		}
	}
	k.dynamic = dynamicfake.NewSimpleDynamicClientWithCustomListKinds(runtime.NewScheme(), map[schema.GroupVersionResource]string{
		{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}: "CustomResourceDefinitionList",
		{Group: gatewayGroup, Version: "v1", Resource: "gatewayclasses"}:                      "GatewayClassList",
		{Group: gatewayGroup, Version: "v1", Resource: "gateways"}:                            "GatewayList",
	}, definitions...)
}

// operatorOf is an operator that serves gateways if it can, in a cluster with the definitions of a release.
func operatorOf(t *testing.T, version, release string) (*Kubelet, *corev1.Pod) {
	t.Helper()
	pod := podOf("operator", "quay.io/cilium/operator-generic:v"+version, corev1.ConditionFalse)
	k := kubeletWith(t, pod, configMap(ciliumConfig, map[string]string{"enable-gateway-api": "true"}))
	k.define(t, release)
	return k, pod
}

// outcome is what the pod of an operator shows of its start.
func (k *Kubelet) outcome(t *testing.T, pod *corev1.Pod) string {
	t.Helper()
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	must(t, store.Add(pod))
	must(t, k.startPrograms(t.Context(), store, "node"))
	found, err := k.client.CoreV1().Pods(pod.Namespace).Get(t.Context(), pod.Name, metav1.GetOptions{})
	must(t, err)
	return found.Annotations[gatewayAnnotation]
}

func TestAnOperatorOfCiliumDemandsTheDefinitionsOfItsVersion(t *testing.T) {
	releases := []string{"", "v1.3.0", "v1.4.1", "v1.5.1", "v1.6.1"}
	for version, outcomes := range map[string]string{
		"1.18.12": "off served served ends ends",
		"1.19.6":  "off served served ends ends",
		"1.20.2":  "off off off served served",
	} {
		for i, want := range strings.Fields(outcomes) {
			k, pod := operatorOf(t, version, releases[i])
			if got := k.outcome(t, pod); got != want {
				t.Errorf("Cilium %s with the definitions of %q: %s, want %s", version, releases[i], got, want)
			}
		}
	}
}

func TestAnOperatorOfCiliumLooksOnceAfterItsStart(t *testing.T) {
	for _, each := range []struct{ version, first, then, want string }{
		{"1.20.2", "v1.4.1", "v1.6.1", gatewaysOff},
		{"1.20.2", "", "v1.6.1", gatewaysOff},
		{"1.20.2", "v1.6.1", "v1.4.1", gatewaysServed},
		{"1.18.12", "v1.3.0", "v1.6.1", gatewaysServed},
	} {
		k, pod := operatorOf(t, each.version, each.first)
		k.outcome(t, pod)
		running := podOf(pod.Name, pod.Spec.Containers[0].Image, corev1.ConditionTrue)
		k.outcome(t, running)
		k.define(t, each.then)
		if got := k.outcome(t, running); got != each.want {
			t.Errorf("Cilium %s, which began with %q and has %q now: %s, want %s", each.version, each.first, each.then, got, each.want)
		}
		again := k.restarted(t, "first boot")
		if got := again.outcome(t, running); got != each.want {
			t.Errorf("Cilium %s after a restart of the kubelet: %s, want %s", each.version, got, each.want)
		}
	}
}

func TestAnOperatorOfCiliumThatHasNotStartedLooksAgain(t *testing.T) {
	for _, each := range []struct{ version, first, then string }{
		{"1.20.2", "v1.4.1", "v1.6.1"},
		// It has ended, and is started again and again.
		{"1.18.12", "v1.6.1", "v1.3.0"},
	} {
		k, pod := operatorOf(t, each.version, each.first)
		k.outcome(t, pod)
		k.define(t, each.then)
		if got := k.outcome(t, pod); got != gatewaysServed {
			t.Errorf("Cilium %s, which had %q and has %q now: %s, want %s", each.version, each.first, each.then, got, gatewaysServed)
		}
	}
}
