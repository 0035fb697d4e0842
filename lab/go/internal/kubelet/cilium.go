package kubelet

import (
	"context"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// ciliumKinds are the kinds of Cilium that people write themselves, with the versions that are served, the stored one first.
var ciliumKinds = []struct {
	kind, plural, scope string
	versions            []string
}{
	{"CiliumClusterwideNetworkPolicy", "ciliumclusterwidenetworkpolicies", "Cluster", []string{"v2"}},
	{"CiliumL2AnnouncementPolicy", "ciliuml2announcementpolicies", "Cluster", []string{"v2alpha1"}},
	{"CiliumLoadBalancerIPPool", "ciliumloadbalancerippools", "Cluster", []string{"v2", "v2alpha1"}},
	{"CiliumNetworkPolicy", "ciliumnetworkpolicies", "Namespaced", []string{"v2"}},
}

// defineCilium makes the definitions of Cilium's kinds, as its operator does when it starts: they are in no chart. They take
// every object.
func (k *Kubelet) defineCilium(ctx context.Context) error {
	if k.ciliumDefined {
		return nil
	}
	definitions := k.dynamic.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"})
	const group = "cilium.io"
	for _, each := range ciliumKinds {
		var versions []any
		for i, version := range each.versions {
			versions = append(versions, object{
				"name": version, "served": true, "storage": i == 0,
				"subresources": object{"status": object{}},
				"schema":       object{"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
			})
		}
		_, err := definitions.Create(ctx, &unstructured.Unstructured{Object: object{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": object{"name": each.plural + "." + group},
			"spec": object{
				"group": group, "scope": each.scope, "versions": versions,
				"names": object{"kind": each.kind, "plural": each.plural, "singular": strings.ToLower(each.kind), "listKind": each.kind + "List"},
			},
		}}, metav1.CreateOptions{FieldManager: "cilium-operator"})
		if err != nil && !apierrors.IsAlreadyExists(err) {
			return fmt.Errorf("the definition of %s: %w", each.kind, err)
		}
	}
	k.ciliumDefined = true
	return nil
}
