package node

import (
	"encoding/json"
	"net/http"
)

// Control is the test's side of a node:
//
//	GET  /state       what the node has seen and become
//	GET  /faults      the rules in force
//	PUT  /faults      replaces them by the list in the body
//	POST /wipe        a fresh machine in maintenance mode
//	POST /power       switches the machine on or off: {"on": true, "hardware": {"cores": 8, "memory": 16384, "gpus": 1}}
//	POST /drain       takes the node out of service, as it does when the guest agent is told to shut down
//	GET  /kubeconfig  the administrator's
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
	routes.HandleFunc("POST /power", n.controlPower)
	routes.HandleFunc("POST /drain", func(w http.ResponseWriter, r *http.Request) {
		if err := n.drain(r.Context()); err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		reply(w, n.State())
	})
	routes.HandleFunc("GET /kubeconfig", func(w http.ResponseWriter, _ *http.Request) {
		text, err := n.Kubeconfig()
		if err != nil {
			http.Error(w, err.Error(), http.StatusConflict)
			return
		}
		_, _ = w.Write(text)
	})
	return routes
}

// controlPower switches the machine on or off.
func (n *Node) controlPower(w http.ResponseWriter, r *http.Request) {
	var wanted struct {
		On       bool     `json:"on"`
		Hardware Hardware `json:"hardware"`
	}
	if err := json.NewDecoder(r.Body).Decode(&wanted); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	if wanted.On {
		if err := n.PowerOn(wanted.Hardware); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
	} else {
		n.PowerOff()
	}
	reply(w, n.State())
}

func reply(w http.ResponseWriter, body any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(body)
}
