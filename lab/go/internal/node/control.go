package node

import (
	"encoding/json"
	"net/http"
)

// Control is the test's side of a node:
//
//	GET  /state    what the node has seen and become
//	GET  /faults   the rules in force
//	PUT  /faults   replaces them by the list in the body
//	POST /wipe     a fresh machine in maintenance mode
func (n *Node) Control() http.Handler {
	routes := http.NewServeMux()
	routes.HandleFunc("GET /state", func(w http.ResponseWriter, _ *http.Request) { reply(w, n.State()) })
	routes.HandleFunc("GET /faults", func(w http.ResponseWriter, _ *http.Request) { reply(w, n.Faults()) })
	routes.HandleFunc("PUT /faults", func(w http.ResponseWriter, r *http.Request) {
		var rules []*Rule
		decoder := json.NewDecoder(r.Body)
		decoder.DisallowUnknownFields()
		err := decoder.Decode(&rules)
		if err == nil {
			err = n.SetFaults(rules)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		reply(w, n.Faults())
	})
	routes.HandleFunc("POST /wipe", func(w http.ResponseWriter, _ *http.Request) {
		if err := n.Wipe(); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		reply(w, n.State())
	})
	return routes
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
