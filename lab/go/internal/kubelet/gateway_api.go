package kubelet

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/tools/cache"
)

const (
	gatewayGroup      = "gateway.networking.k8s.io"
	gatewayController = "io.cilium/gateway-controller"
	// operatorImage is in the names of the images of Cilium's operator.
	operatorImage = "/cilium/operator"
	// gatewayAnnotation is where a pod of the operator shows what its start has come to.
	gatewayAnnotation = "lab/gateway-api"
)

// What the start of an operator comes to. It looks once, after its container has started.
const (
	// gatewaysOff: it runs, and serves no gateway.
	gatewaysOff = "off"
	// gatewaysServed: it runs and serves those of its classes.
	gatewaysServed = "served"
	// operatorEnds: its process ends, and is started again and again.
	operatorEnds = "ends"
)

// demanded are the versions that have to be served of the kinds of the Gateway API, for an operator to serve gateways.
//
// See https://github.com/cilium/cilium/blob/v1.20.2/operator/pkg/gateway-api/cell.go and the same file of earlier minors
func demanded(minor int) map[string]string {
	served := map[string]string{"gatewayclasses": "v1", "gateways": "v1", "grpcroutes": "v1", "httproutes": "v1", "referencegrants": "v1beta1"}
	if minor >= 20 {
		served["referencegrants"], served["tlsroutes"], served["backendtlspolicies"] = "v1", "v1", "v1"
	}
	return served
}

var operatorVersion = regexp.MustCompile(operatorImage + `[^:]*:v1\.(\d+)\.`)

// startOperators lets the operators of Cilium on the node start: until then none of their pods is ready, and for as long as
// one ends it is not.
func (k *Kubelet) startOperators(ctx context.Context, store cache.Store, node string) error {
	running := map[types.UID]string{}
	for _, each := range store.List() {
		pod, ok := each.(*corev1.Pod)
		if !ok || pod.Spec.NodeName != node || pod.DeletionTimestamp != nil || !runs(pod, operatorImage) {
			continue
		}
		outcome, known := k.memory.Operators[pod.UID]
		if !known {
			var err error
			if outcome, err = k.startOperator(ctx, pod); err != nil {
				return fmt.Errorf("%s: %w", pod.Name, err)
			}
		}
		if hasStarted(pod) {
			running[pod.UID] = outcome
		}
	}
	k.memory.Operators = running
	if !slices.Contains(values(running), gatewaysServed) {
		return nil
	}
	return k.serveGateways(ctx)
}

func hasStarted(pod *corev1.Pod) bool {
	return slices.ContainsFunc(pod.Status.ContainerStatuses, func(each corev1.ContainerStatus) bool { return each.State.Running != nil })
}

func values(of map[types.UID]string) (all []string) {
	for _, value := range of {
		all = append(all, value)
	}
	return all
}

// startOperator tells what comes of a start now, and shows it at the pod.
func (k *Kubelet) startOperator(ctx context.Context, pod *corev1.Pod) (string, error) {
	outcome, err := k.outcomeOf(ctx, pod)
	if err != nil || pod.Annotations[gatewayAnnotation] == outcome {
		return outcome, err
	}
	patch, err := json.Marshal(object{"metadata": object{"annotations": object{gatewayAnnotation: outcome}}})
	if err != nil {
		return "", err
	}
	_, err = k.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{})
	if apierrors.IsNotFound(err) {
		err = nil
	}
	return outcome, err
}

func (k *Kubelet) outcomeOf(ctx context.Context, pod *corev1.Pod) (string, error) {
	configuration, err := k.client.CoreV1().ConfigMaps(pod.Namespace).Get(ctx, "cilium-config", metav1.GetOptions{})
	if apierrors.IsNotFound(err) || err == nil && configuration.Data["enable-gateway-api"] != "true" {
		return gatewaysOff, nil
	}
	if err != nil {
		return "", err
	}
	version := operatorVersion.FindStringSubmatch(pod.Spec.Containers[0].Image)
	if version == nil {
		return gatewaysOff, nil
	}
	minor, err := strconv.Atoi(version[1])
	if err != nil {
		return "", err
	}
	served, err := k.servedKinds(ctx)
	if err != nil {
		return "", err
	}
	// https://github.com/cilium/cilium/issues/44920
	if kinds, are := served["tlsroutes"]; minor < 20 && are && !slices.Contains(kinds, "v1alpha2") {
		return operatorEnds, nil
	}
	for kind, version := range demanded(minor) {
		if !slices.Contains(served[kind], version) {
			return gatewaysOff, nil
		}
	}
	return gatewaysServed, nil
}

// servedKinds are the kinds of the Gateway API that are defined, with their served versions.
func (k *Kubelet) servedKinds(ctx context.Context) (map[string][]string, error) {
	definitions, err := k.dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}).
		List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	served := map[string][]string{}
	for _, each := range definitions.Items {
		if group, _, _ := unstructured.NestedString(each.Object, "spec", "group"); group != gatewayGroup {
			continue
		}
		plural, _, _ := unstructured.NestedString(each.Object, "spec", "names", "plural")
		served[plural] = []string{}
		versions, _, _ := unstructured.NestedSlice(each.Object, "spec", "versions")
		for _, version := range versions {
			if v, _ := version.(object); v["served"] == true {
				served[plural] = append(served[plural], fmt.Sprint(v["name"]))
			}
		}
	}
	return served, nil
}

// serveGateways accepts the classes of Cilium and programs their gateways.
func (k *Kubelet) serveGateways(ctx context.Context) error {
	of := func(resource string) dynamic.NamespaceableResourceInterface {
		return k.dynamic.Resource(schema.GroupVersionResource{Group: gatewayGroup, Version: "v1", Resource: resource})
	}
	classes, err := of("gatewayclasses").List(ctx, metav1.ListOptions{})
	if err != nil {
		// Without its definition nothing is served.
		return ignoreMissing(err)
	}
	own := map[string]bool{}
	for _, class := range classes.Items {
		if controller, _, _ := unstructured.NestedString(class.Object, "spec", "controllerName"); controller == gatewayController {
			own[class.GetName()] = true
			if err := confirm(ctx, of("gatewayclasses"), class, "Accepted"); err != nil {
				return err
			}
		}
	}
	gateways, err := of("gateways").List(ctx, metav1.ListOptions{})
	if err != nil {
		return ignoreMissing(err)
	}
	for _, gateway := range gateways.Items {
		if class, _, _ := unstructured.NestedString(gateway.Object, "spec", "gatewayClassName"); own[class] {
			if err := confirm(ctx, of("gateways").Namespace(gateway.GetNamespace()), gateway, "Programmed"); err != nil {
				return err
			}
		}
	}
	return nil
}

func ignoreMissing(err error) error {
	if apierrors.IsNotFound(err) || meta.IsNoMatchError(err) {
		return nil
	}
	return err
}

// confirm sets a condition of an object as it is now.
func confirm(ctx context.Context, resources dynamic.ResourceInterface, of unstructured.Unstructured, condition string) error {
	conditions, _, _ := unstructured.NestedSlice(of.Object, "status", "conditions")
	for _, each := range conditions {
		if c, _ := each.(object); c["type"] == condition && fmt.Sprint(c["observedGeneration"]) == fmt.Sprint(of.GetGeneration()) {
			return nil
		}
	}
	status, err := json.Marshal(object{"status": object{"conditions": []object{{
		"type": condition, "status": "True", "reason": condition, "message": "", "observedGeneration": of.GetGeneration(),
		"lastTransitionTime": metav1.Now(),
	}}}})
	if err != nil {
		return err
	}
	_, err = resources.Patch(ctx, of.GetName(), types.MergePatchType, status, metav1.PatchOptions{}, "status")
	return ignoreMissing(err)
}
