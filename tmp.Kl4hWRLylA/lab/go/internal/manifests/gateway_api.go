package manifests

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type object = map[string]any

// gatewayAPI are the kinds of the Gateway API's standard channel, with the versions that are served.
var gatewayAPI = []struct{ kind, plural, version, scope string }{
	{"GatewayClass", "gatewayclasses", "v1", "Cluster"},
	{"Gateway", "gateways", "v1", "Namespaced"},
	{"GRPCRoute", "grpcroutes", "v1", "Namespaced"},
	{"HTTPRoute", "httproutes", "v1", "Namespaced"},
	{"ReferenceGrant", "referencegrants", "v1beta1", "Namespaced"},
}

// isGatewayAPI tells whether an address is a release of the Gateway API. It is not downloaded, so that nothing depends on
// whether the machine reaches it: definitions that take every object stand for it.
func isGatewayAPI(url string) bool { return strings.Contains(url, "/gateway-api/releases/") }

func gatewayDefinitions() (definitions []*unstructured.Unstructured) {
	const group = "gateway.networking.k8s.io"
	for _, each := range gatewayAPI {
		definitions = append(definitions, &unstructured.Unstructured{Object: object{
			"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
			"metadata": object{
				"name":        each.plural + "." + group,
				"annotations": object{"api-approved.kubernetes.io": "unapproved, the lab's own"},
			},
			"spec": object{
				"group": group, "scope": each.scope,
				"names": object{"kind": each.kind, "plural": each.plural, "singular": strings.ToLower(each.kind), "listKind": each.kind + "List"},
				"versions": []any{object{
					"name": each.version, "served": true, "storage": true,
					"subresources": object{"status": object{}},
					"schema":       object{"openAPIV3Schema": object{"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
				}},
			},
		}})
	}
	return definitions
}
