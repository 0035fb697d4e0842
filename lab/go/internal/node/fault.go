package node

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"

	"lab/internal/kubelet"
)

const (
	// listenMethod names the rule that keeps the Kubernetes API from listening.
	listenMethod = "listen"
	// volumeMethod names the rule that keeps user volumes from being mounted.
	volumeMethod = "volume"
	// anyCall names the rule for every call to one of the node's APIs.
	anyCall = "*"
)

// Rule is a fault: what happens to which calls, or to which pods.
type Rule struct {
	// Method is an RPC such as Bootstrap, a Kubernetes request such as "GET /readyz", * for all of both, or for as long as the
	// rule is there "listen", which keeps the Kubernetes API closed, "volume", which keeps user volumes from being mounted, or "driver", which
	// keeps NVIDIA's driver from being loaded, or the name of another vendor's kernel module, such as amdgpu.
	Method string `json:"method,omitempty"`
	// After is how many calls pass before the rule begins.
	After int `json:"after,omitempty"`
	// Times is how many calls the rule is for; 0 stands for all.
	Times int `json:"times,omitempty"`
	// Code is the gRPC code of the answer, such as InvalidArgument.
	Code string `json:"code,omitempty"`
	// Status is the HTTP status of the answer to a Kubernetes request.
	Status int `json:"status,omitempty"`
	// Message is the error's text; for a driver what the kernel says, for a volume what Talos says.
	Message string `json:"message,omitempty"`
	// Drop cuts the connection instead of answering.
	Drop bool `json:"drop,omitempty"`
	// DelayMilliseconds is how long the node waits before it answers or cuts; without Code, Status and Drop the call then succeeds.
	DelayMilliseconds int `json:"delayMilliseconds,omitempty"`
	// CreatesAgain is for requests that delete an object of the manifests: they wait until the configuration has it, and Talos
	// creates it again before they are answered, as it may while it brings manifests into the cluster.
	CreatesAgain bool `json:"createsAgain,omitempty"`

	// Pod is the namespace and name of pods that fail for as long as the rule is there; * stands for anything.
	Pod string `json:"pod,omitempty"`
	// Reason is why they fail: ErrImagePull, or Error when their containers end with exit code 1.
	Reason string `json:"reason,omitempty"`

	seen int
}

// faults are the rules that are not about single calls.
type faults struct {
	// closed keeps callers away from the Kubernetes API.
	closed bool
	// volume keeps user volumes from being mounted.
	volume bool
	// driver keeps NVIDIA's driver from being loaded.
	driver bool
	// modules of other vendors that are kept from being loaded.
	modules []string
	pods    []kubelet.Fault
}

func faultsOf(rules []*Rule) (active faults) {
	for _, rule := range rules {
		if rule.Method == listenMethod {
			active.closed = true
		}
		if rule.Method == volumeMethod {
			active.volume = true
		}
		if rule.Method == driverMethod {
			active.driver = true
		}
		if _, is := kubelet.KernelDrivers[rule.Method]; is {
			active.modules = append(active.modules, rule.Method)
		}
		if rule.Pod != "" {
			active.pods = append(active.pods, kubelet.Fault{Pod: rule.Pod, Reason: rule.Reason})
		}
	}
	return active
}

// machine is what the kubelet is told.
func (f faults) machine(c *configuration, options Options) kubelet.Machine {
	machine := c.machine(options)
	if f.volume {
		clear(machine.Volumes)
	}
	if f.driver {
		machine.GPUs = 0
	}
	for _, module := range f.modules {
		delete(machine.Cards, module)
	}
	return machine
}

func (r *Rule) delay() time.Duration { return time.Duration(r.DelayMilliseconds) * time.Millisecond }

// SetFaults replaces all rules and starts counting anew.
func (n *Node) SetFaults(rules []*Rule) error {
	for _, rule := range rules {
		if (rule.Method == "") == (rule.Pod == "") {
			return errors.New("a fault needs a method or a pod")
		}
		if rule.Pod != "" {
			if err := (kubelet.Fault{Pod: rule.Pod, Reason: rule.Reason}).Check(); err != nil {
				return err
			}
		}
		if _, err := codeOf(rule.Code); err != nil {
			return err
		}
		rule.seen = 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rules = rules
	if n.kubernetes == nil {
		return nil
	}
	return n.kubernetes.setFaults(faultsOf(rules))
}

// Faults are the rules in force.
func (n *Node) Faults() []*Rule {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.rules)
}

// fault counts a call and returns the rule for it, if there is one.
func (n *Node) fault(method string) *Rule {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, rule := range n.rules {
		if rule.Method != method && (rule.Method != anyCall || slices.Contains([]string{installMethod, bootMethod, volumeMethod}, method)) {
			continue
		}
		rule.seen++
		if rule.seen > rule.After && (rule.Times == 0 || rule.seen <= rule.After+rule.Times) {
			return rule
		}
	}
	return nil
}

// codeOf reads the name of a gRPC code; no name is OK.
func codeOf(name string) (codes.Code, error) {
	for code := codes.OK; code <= codes.Unauthenticated; code++ {
		if name == code.String() || name == "" {
			return code, nil
		}
	}
	return codes.Unknown, fmt.Errorf("%q is not a gRPC code; write one such as InvalidArgument", name)
}
