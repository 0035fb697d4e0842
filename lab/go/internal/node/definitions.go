package node

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
)

const (
	definitionsGroup = "apiextensions.k8s.io"
	definitionsPath  = "/apis/" + definitionsGroup + "/v1/customresourcedefinitions"
)

// gatewayAPI are the definitions of the Gateway API's standard channel.
var gatewayAPI = []string{
	"gatewayclasses.gateway.networking.k8s.io",
	"gateways.gateway.networking.k8s.io",
	"grpcroutes.gateway.networking.k8s.io",
	"httproutes.gateway.networking.k8s.io",
	"referencegrants.gateway.networking.k8s.io",
}

// serveDefinitions answers for the custom resource definitions that Talos would have installed from extraManifests. The
// manifests are not fetched: the address says what is in them.
func (n *Node) serveDefinitions(routes *http.ServeMux) {
	group := object{"groupVersion": definitionsGroup + "/v1", "version": "v1"}
	routes.HandleFunc("GET /apis", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"kind": "APIGroupList", "apiVersion": "v1", "groups": []object{{
			"name": definitionsGroup, "versions": []object{group}, "preferredVersion": group}}})
	})
	routes.HandleFunc("GET /apis/"+definitionsGroup+"/v1", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"kind": "APIResourceList", "groupVersion": definitionsGroup + "/v1",
			"resources": []object{{"name": "customresourcedefinitions", "singularName": "customresourcedefinition",
				"namespaced": false, "kind": "CustomResourceDefinition", "shortNames": []string{"crd", "crds"},
				"verbs": []string{"get", "list"}}}})
	})
	routes.HandleFunc("GET "+definitionsPath+"/{name}", func(w http.ResponseWriter, r *http.Request) {
		name := r.PathValue("name")
		if !slices.Contains(n.definitions(), name) {
			failure(w, http.StatusNotFound, "NotFound", fmt.Sprintf("customresourcedefinitions.%s %q not found", definitionsGroup, name))
			return
		}
		answer(w, http.StatusOK, definition(name))
	})
	routes.HandleFunc("GET "+definitionsPath, func(w http.ResponseWriter, _ *http.Request) {
		items := []object{}
		for _, name := range n.definitions() {
			items = append(items, definition(name))
		}
		answer(w, http.StatusOK, object{"kind": "CustomResourceDefinitionList", "apiVersion": definitionsGroup + "/v1",
			"metadata": object{"resourceVersion": "1"}, "items": items})
	})
}

func definition(name string) object {
	return object{"kind": "CustomResourceDefinition", "apiVersion": definitionsGroup + "/v1",
		"metadata": object{"name": name, "uid": name, "resourceVersion": "1"}}
}

// definitions are those of the manifests that the applied configuration names.
func (n *Node) definitions() []string {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.current == nil {
		return nil
	}
	for _, document := range n.current.documents {
		cluster, _ := document["cluster"].(map[string]any)
		manifests, _ := cluster["extraManifests"].([]any)
		for _, manifest := range manifests {
			if address, _ := manifest.(string); strings.Contains(address, "/gateway-api/releases/") {
				return gatewayAPI
			}
		}
	}
	return nil
}
