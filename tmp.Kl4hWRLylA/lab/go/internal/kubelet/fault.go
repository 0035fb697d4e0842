package kubelet

import (
	"fmt"
	"regexp"
	"strings"
)

// Reasons for which a pod does not do its work, in Kubernetes' words.
const (
	// ImagePull: the images of the pod's containers can't be pulled.
	ImagePull = "ErrImagePull"
	// Error: the pod's containers end with exit code 1. What is to run once has failed, everything else is restarted for ever.
	Error = "Error"
)

// Fault is what goes wrong with some pods.
type Fault struct {
	// Pod is the pods' namespace and name, in which * stands for anything: kube-system/cilium-operator-*.
	Pod string
	// Reason is ImagePull or Error.
	Reason string
}

// Check says what is wrong with a fault.
func (f Fault) Check() error {
	if strings.Count(f.Pod, "/") != 1 {
		return fmt.Errorf("%q names no pods; write namespace and name, such as kube-system/cilium-*", f.Pod)
	}
	if f.Reason != ImagePull && f.Reason != Error {
		return fmt.Errorf("%q is no reason for which pods fail; write %s or %s", f.Reason, ImagePull, Error)
	}
	return nil
}

// pattern is a regular expression for the pods that fail for a reason; it fits none when there is no such fault.
func pattern(faults []Fault, reason string) string {
	var pods []string
	for _, fault := range faults {
		if fault.Reason == reason {
			pods = append(pods, strings.ReplaceAll(regexp.QuoteMeta(fault.Pod), `\*`, "[^/]*"))
		}
	}
	return "^(" + strings.Join(pods, "|") + ")$"
}
