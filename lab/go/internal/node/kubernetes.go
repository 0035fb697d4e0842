package node

import (
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"slices"
	"strings"

	jsonpatch "github.com/evanphx/json-patch"
)

// resource names what the Kubernetes API has besides its own description.
const nodesPath = "/api/v1/nodes"

func newKubernetesServer(n *Node, identity *tls.Config) *http.Server {
	routes := http.NewServeMux()
	for _, path := range []string{"/readyz", "/livez", "/healthz"} {
		routes.HandleFunc("GET "+path, func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "ok") })
	}
	routes.HandleFunc("GET /version", func(w http.ResponseWriter, _ *http.Request) {
		n.mu.Lock()
		version := n.current.kubelet
		n.mu.Unlock()
		parts := strings.SplitN(strings.TrimPrefix(version, "v")+"..", ".", 3)
		answer(w, http.StatusOK, object{"major": parts[0], "minor": parts[1], "gitVersion": version, "platform": "linux/amd64"})
	})
	routes.HandleFunc("GET /api", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"kind": "APIVersions", "versions": []string{"v1"}})
	})
	n.serveDefinitions(routes)
	routes.HandleFunc("GET /api/v1", func(w http.ResponseWriter, _ *http.Request) {
		answer(w, http.StatusOK, object{"kind": "APIResourceList", "groupVersion": "v1", "resources": []object{{
			"name": "nodes", "singularName": "node", "namespaced": false, "kind": "Node", "shortNames": []string{"no"},
			"verbs": []string{"get", "list", "patch", "watch"}}}})
	})
	routes.HandleFunc("GET "+nodesPath, n.listNodes)
	routes.HandleFunc("GET "+nodesPath+"/{name}", n.getNode)
	routes.HandleFunc("PATCH "+nodesPath+"/{name}", n.patchNode)
	routes.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		failure(w, http.StatusNotFound, "NotFound", "the simulated API has no "+r.Method+" "+r.URL.Path)
	})
	return &http.Server{
		TLSConfig: identity,
		Handler:   n.guard(routes),
		ErrorLog:  log.New(io.Discard, "", 0),
	}
}

type object = map[string]any

// guard lets only the administrator in, does what faults say, and keeps the record.
func (n *Node) guard(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		method := r.Method + " " + r.URL.Path
		call := Call{Method: method, Authenticated: len(r.TLS.VerifiedChains) > 0}
		recorded := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		defer func() {
			call.Code = fmt.Sprint(recorded.status)
			n.record(call)
		}()
		if rule := n.fault(method); rule != nil {
			pause(r.Context(), rule.delay())
			if rule.Drop {
				recorded.status = 0
				panic(http.ErrAbortHandler)
			}
			if rule.Status != 0 {
				call.Message = rule.Message
				failure(recorded, rule.Status, "InternalError", rule.Message)
				return
			}
		}
		if !call.Authenticated {
			failure(recorded, http.StatusUnauthorized, "Unauthorized", "Unauthorized")
			return
		}
		if user := r.TLS.PeerCertificates[0].Subject; !slices.Contains(user.Organization, "system:masters") {
			failure(recorded, http.StatusForbidden, "Forbidden", fmt.Sprintf("user %q may not %s", user.CommonName, method))
			return
		}
		next.ServeHTTP(recorded, r)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (n *Node) listNodes(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	node, version := clone(n.object), fmt.Sprint(n.version)
	n.mu.Unlock()
	switch {
	case r.URL.Query().Get("watch") != "":
		// One event, then silence: nothing else happens to the node unless a caller patches it.
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(object{"type": "ADDED", "object": node})
		_ = http.NewResponseController(w).Flush()
		<-r.Context().Done()
	case strings.Contains(r.Header.Get("Accept"), "as=Table"):
		answer(w, http.StatusOK, table(version, node))
	default:
		answer(w, http.StatusOK, object{"kind": "NodeList", "apiVersion": "v1",
			"metadata": object{"resourceVersion": version}, "items": []object{node}})
	}
}

func (n *Node) getNode(w http.ResponseWriter, r *http.Request) {
	n.mu.Lock()
	node, version := clone(n.object), fmt.Sprint(n.version)
	n.mu.Unlock()
	switch {
	case nameOf(node) != r.PathValue("name"):
		failure(w, http.StatusNotFound, "NotFound", fmt.Sprintf("nodes %q not found", r.PathValue("name")))
	case strings.Contains(r.Header.Get("Accept"), "as=Table"):
		answer(w, http.StatusOK, table(version, node))
	default:
		answer(w, http.StatusOK, node)
	}
}

// patchNode takes JSON patches, merge patches and strategic merge patches. The latter are treated as merge patches, which
// is the same for the fields of a node that callers change: labels, annotations, taints and unschedulable.
func (n *Node) patchNode(w http.ResponseWriter, r *http.Request) {
	patch, err := io.ReadAll(r.Body)
	if err != nil {
		failure(w, http.StatusBadRequest, "BadRequest", err.Error())
		return
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if nameOf(n.object) != r.PathValue("name") {
		failure(w, http.StatusNotFound, "NotFound", fmt.Sprintf("nodes %q not found", r.PathValue("name")))
		return
	}
	before, _ := json.Marshal(n.object)
	var after []byte
	switch kind := r.Header.Get("Content-Type"); kind {
	case "application/strategic-merge-patch+json", "application/merge-patch+json":
		after, err = jsonpatch.MergePatch(before, patch)
	case "application/json-patch+json":
		var decoded jsonpatch.Patch
		if decoded, err = jsonpatch.DecodePatch(patch); err == nil {
			after, err = decoded.Apply(before)
		}
	default:
		failure(w, http.StatusUnsupportedMediaType, "UnsupportedMediaType", "the simulated API doesn't take patches of type "+kind)
		return
	}
	var patched object
	if err == nil {
		err = json.Unmarshal(after, &patched)
	}
	if err != nil {
		failure(w, http.StatusUnprocessableEntity, "Invalid", err.Error())
		return
	}
	n.object = patched
	n.touch()
	answer(w, http.StatusOK, n.object)
}

func nameOf(node object) string {
	name, _ := node["metadata"].(object)["name"].(string)
	return name
}

// table is what kubectl prints.
func table(version string, node object) object {
	status := node["status"].(object)
	ready := "NotReady"
	if status["conditions"].([]any)[0].(object)["status"] == "True" {
		ready = "Ready"
	}
	column := func(name string) object { return object{"name": name, "type": "string", "format": "", "priority": 0} }
	return object{"kind": "Table", "apiVersion": "meta.k8s.io/v1", "metadata": object{"resourceVersion": version},
		"columnDefinitions": []object{column("Name"), column("Status"), column("Roles"), column("Version")},
		"rows": []object{{
			"cells":  []any{nameOf(node), ready, "control-plane", status["nodeInfo"].(object)["kubeletVersion"]},
			"object": object{"kind": "PartialObjectMetadata", "apiVersion": "meta.k8s.io/v1", "metadata": node["metadata"]},
		}}}
}

func answer(w http.ResponseWriter, status int, body object) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(body)
}

func failure(w http.ResponseWriter, status int, reason, message string) {
	answer(w, status, object{"kind": "Status", "apiVersion": "v1", "status": "Failure", "reason": reason, "code": status, "message": message})
}
