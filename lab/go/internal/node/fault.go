package node

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"google.golang.org/grpc/codes"
)

// listenMethod names the rule that keeps the Kubernetes API from listening.
const listenMethod = "listen"

// Rule is a fault: what happens to which calls.
type Rule struct {
	// Method is an RPC such as Bootstrap, a Kubernetes request such as "GET /readyz", or "listen", which keeps the
	// Kubernetes API closed for as long as the rule is there.
	Method string `json:"method"`
	// After is how many calls pass before the rule begins.
	After int `json:"after,omitempty"`
	// Times is how many calls the rule is for; 0 stands for all.
	Times int `json:"times,omitempty"`
	// Code is the gRPC code of the answer, such as InvalidArgument.
	Code string `json:"code,omitempty"`
	// Status is the HTTP status of the answer to a Kubernetes request.
	Status int `json:"status,omitempty"`
	// Message is the error's text.
	Message string `json:"message,omitempty"`
	// Drop cuts the connection instead of answering.
	Drop bool `json:"drop,omitempty"`
	// DelayMilliseconds is how long the node waits before it answers or cuts; without Code, Status and Drop the call then succeeds.
	DelayMilliseconds int `json:"delayMilliseconds,omitempty"`

	seen int
}

func (r *Rule) delay() time.Duration { return time.Duration(r.DelayMilliseconds) * time.Millisecond }

// SetFaults replaces all rules and starts counting anew.
func (n *Node) SetFaults(rules []*Rule) error {
	for _, rule := range rules {
		if rule.Method == "" {
			return errors.New("a fault needs a method")
		}
		if _, err := codeOf(rule.Code); err != nil {
			return err
		}
		rule.seen = 0
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rules = rules
	return n.listenAsRuled()
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
		if rule.Method != method {
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
