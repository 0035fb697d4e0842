package node

import (
	"fmt"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"lab/internal/manifests"
)

const ciliumOperator = `
apiVersion: v1
kind: ConfigMap
metadata: {name: cilium-config, namespace: kube-system}
data: {enable-gateway-api: "true"}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: cilium-operator, namespace: kube-system}
spec:
  selector: {matchLabels: {name: cilium-operator}}
  template:
    metadata: {labels: {name: cilium-operator}}
    spec:
      tolerations: [{operator: Exists}]
      containers: [{name: cilium-operator, image: "quay.io/cilium/operator-generic:v1.20.2"}]`

const gatewayOfCilium = `
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: cilium}
spec: {controllerName: io.cilium/gateway-controller}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: default}
spec: {gatewayClassName: cilium}`

// define brings the definitions of a release into the cluster, over others.
func (r running) define(version string) {
	r.Helper()
	text, err := os.ReadFile("../manifests/gateway-api/" + version + ".yaml")
	must(r.T, err)
	config, err := clientcmd.RESTConfigFromKubeConfig(r.kubeconfig())
	must(r.T, err)
	applier, err := manifests.NewApplier(config, false)
	must(r.T, err)
	var objects []*unstructured.Unstructured
	for _, document := range strings.Split(string(text), "\n---\n")[1:] {
		var content map[string]any
		must(r.T, yaml.Unmarshal([]byte(document), &content))
		objects = append(objects, &unstructured.Unstructured{Object: content})
	}
	must(r.T, applier.Sync(r.Context(), objects, func(string) {}))
}

func (r running) gateway() (programmed bool) {
	r.Helper()
	config, err := clientcmd.RESTConfigFromKubeConfig(r.kubeconfig())
	must(r.T, err)
	client, err := dynamic.NewForConfig(config)
	must(r.T, err)
	found, err := client.Resource(schema.GroupVersionResource{Group: "gateway.networking.k8s.io", Version: "v1", Resource: "gateways"}).
		Namespace("default").Get(r.Context(), "web", metav1.GetOptions{})
	must(r.T, err)
	conditions, _, _ := unstructured.NestedSlice(found.Object, "status", "conditions")
	return len(conditions) > 0
}

func (r running) restartOperator() {
	must(r.T, r.client.CoreV1().Pods("kube-system").DeleteCollection(r.Context(), metav1.DeleteOptions{}, metav1.ListOptions{LabelSelector: "name=cilium-operator"}))
}

func TestTheOperatorOfCiliumLooksForItsDefinitionsWhenItStarts(t *testing.T) {
	t.Parallel()
	r := withKubernetes(t, func(*Options) {}, "cluster: {network: {cni: {name: none}}, proxy: {disabled: true}}")
	r.registered()
	outcome := func(want string) {
		t.Helper()
		r.eventually("the operator's start has come to "+want, func() error {
			pods, err := r.client.CoreV1().Pods("kube-system").List(t.Context(), metav1.ListOptions{LabelSelector: "name=cilium-operator"})
			if err != nil {
				return err
			}
			for _, pod := range pods.Items {
				if pod.DeletionTimestamp != nil || pod.Annotations["lab/gateway-api"] != want {
					return fmt.Errorf("%s: %v", pod.Name, pod.Annotations)
				}
			}
			if len(pods.Items) != 1 {
				return fmt.Errorf("%d pods", len(pods.Items))
			}
			return nil
		})
	}

	r.define("v1.4.1")
	r.eventually("there is a gateway", func() error { return r.create(gatewayOfCilium) })
	must(t, r.create(ciliumOperator))
	outcome("off")
	r.podIs("kube-system", "name=cilium-operator", "ready")

	r.define("v1.6.1")
	outcome("off")
	if r.gateway() {
		t.Error("an operator of 1.20 that began without its definitions serves gateways")
	}
	r.restartOperator()
	outcome("served")
	r.eventually("the gateway is programmed", func() error {
		if !r.gateway() {
			return fmt.Errorf("it is not")
		}
		return nil
	})

	earlier := `{"spec":{"template":{"spec":{"containers":[{"name":"cilium-operator","image":"quay.io/cilium/operator-generic:v1.19.6"}]}},"strategy":{"type":"Recreate","rollingUpdate":null}}}`
	_, err := r.client.AppsV1().Deployments("kube-system").Patch(t.Context(), "cilium-operator", types.StrategicMergePatchType, []byte(earlier), metav1.PatchOptions{})
	must(t, err)
	outcome("ends")
	r.podIs("kube-system", "name=cilium-operator", "CrashLoopBackOff")
}
