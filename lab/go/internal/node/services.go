package node

import "k8s.io/client-go/rest"

// services are what Talos runs on a node for Kubernetes: a control plane with a kubelet, or a kubelet alone.
type services interface {
	// Stop ends everything at once.
	Stop()
	// update takes over another configuration, unless everything has to be started anew for it.
	update(c *configuration) bool
	// setFaults replaces what goes wrong.
	setFaults(active faults) error
	// listening tells whether callers reach the Kubernetes API here.
	listening() bool
	// virtualIPs are the virtual addresses that the node holds now.
	virtualIPs() []string
	// access is the node's own way into the Kubernetes API; nil while there is none.
	access() *rest.Config
}
