package kubelet

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Annotations with which Talos remembers what it has set on the node.
const (
	ownedLabels      = "talos.dev/owned-labels"
	ownedAnnotations = "talos.dev/owned-annotations"
	ownedTaints      = "talos.dev/owned-taints"
)

// controllerAttaches lets the attach-detach controller attach volumes to the node.
const controllerAttaches = "volumes.kubernetes.io/controller-managed-attach-detach"

const gpuResource = "nvidia.com/gpu"

// Machine is what a kubelet knows about where it runs, and what Talos sets on the node.
type Machine struct {
	// Name is the node's.
	Name string
	// Address is the node's IP address.
	Address string
	// Version is the kubelet's, such as v1.35.4.
	Version string
	// System names the operating system.
	System string
	// Boot tells one boot of the machine from others.
	Boot string
	// ControlPlane tells whether the node has an administrator's credentials.
	ControlPlane bool
	// Labels, Annotations and Taints are those of the machine configuration; a taint is the value and effect of its key.
	Labels, Annotations, Taints map[string]string
	// RegisterWithTaints are those that the node has from its registration on.
	RegisterWithTaints []corev1.Taint
	Cores              int
	// Memory in MiB.
	Memory int
	// Volumes are the user volumes that Talos mounts, each with the directory that keeps what is on its disk; it is empty without one.
	Volumes map[string]string
	// Devices is how many of NVIDIA's GPUs are in the machine, and GPUs how many of them the loaded driver can use.
	Devices, GPUs int
	// Cards is how many GPUs of other vendors have a loaded driver, by kernel module.
	Cards map[string]int
}

// node is the object with which a kubelet registers. Talos adds the labels, annotations and taints of the configuration to it.
func (m Machine) node() *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: m.Name, Labels: map[string]string{
			corev1.LabelArchStable: "amd64",
			corev1.LabelOSStable:   "linux",
			corev1.LabelHostname:   m.Name,
		}, Annotations: map[string]string{controllerAttaches: "true"}},
		Spec: corev1.NodeSpec{Taints: m.RegisterWithTaints},
	}
}

// describe sets the labels, annotations and taints of the configuration and removes those that it no longer has. What others have set
// stays as it is. It tells whether that changed anything.
func (m Machine) describe(node *corev1.Node) bool {
	before := node.DeepCopy()
	if node.Labels == nil {
		node.Labels = map[string]string{}
	}
	if node.Annotations == nil {
		node.Annotations = map[string]string{}
	}
	own(node, ownedLabels, m.Labels, func(key string) (string, bool) { value, is := node.Labels[key]; return value, is },
		func(key, value string) { node.Labels[key] = value },
		func(key string) { delete(node.Labels, key) })
	own(node, ownedAnnotations, m.Annotations, func(key string) (string, bool) { value, is := node.Annotations[key]; return value, is },
		func(key, value string) { node.Annotations[key] = value },
		func(key string) { delete(node.Annotations, key) })
	at := func(key string) int {
		return slices.IndexFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == key })
	}
	remove := func(key string) {
		node.Spec.Taints = slices.DeleteFunc(node.Spec.Taints, func(t corev1.Taint) bool { return t.Key == key })
	}
	own(node, ownedTaints, m.Taints,
		func(key string) (string, bool) {
			if i := at(key); i >= 0 {
				return written(node.Spec.Taints[i]), true
			}
			return "", false
		},
		func(key, value string) {
			remove(key)
			node.Spec.Taints = append(node.Spec.Taints, Taint(key, value))
		}, remove)
	return !equality.Semantic.DeepEqual(before.ObjectMeta, node.ObjectMeta) || !equality.Semantic.DeepEqual(before.Spec, node.Spec)
}

// own makes some of the node's entries those of the configuration, as far as they are Talos's own or nobody's.
func own(node *corev1.Node, annotation string, wanted map[string]string, get func(string) (string, bool), set func(key, value string), remove func(string)) {
	var owned []string
	_ = json.Unmarshal([]byte(node.Annotations[annotation]), &owned)
	for _, key := range owned {
		if _, is := wanted[key]; !is {
			remove(key)
		}
	}
	owned = slices.DeleteFunc(owned, func(key string) bool { _, is := wanted[key]; return !is })
	for _, key := range slices.Sorted(maps.Keys(wanted)) {
		current, is := get(key)
		mine := !is || current == wanted[key] || slices.Contains(owned, key)
		if !mine {
			continue
		}
		if current != wanted[key] || !is {
			set(key, wanted[key])
		}
		if !slices.Contains(owned, key) {
			owned = append(owned, key)
		}
	}
	slices.Sort(owned)
	if len(owned) == 0 {
		delete(node.Annotations, annotation)
		return
	}
	text, _ := json.Marshal(owned)
	node.Annotations[annotation] = string(text)
}

// Taint reads a taint as the machine configuration has it: `value:effect`, or just the effect.
func Taint(key, text string) corev1.Taint {
	value, effect, both := strings.Cut(text, ":")
	if !both {
		value, effect = "", text
	}
	return corev1.Taint{Key: key, Value: value, Effect: corev1.TaintEffect(effect)}
}

func written(t corev1.Taint) string {
	if t.Value == "" {
		return string(t.Effect)
	}
	return t.Value + ":" + string(t.Effect)
}

// report sets the status of the node, and tells whether that changed anything.
//
// gpus is how many the device plugins offer, by resource.
func (m Machine) report(status *corev1.NodeStatus, network bool, gpus map[corev1.ResourceName]int) bool {
	before := status.DeepCopy()
	status.Addresses = []corev1.NodeAddress{{Type: corev1.NodeInternalIP, Address: m.Address}, {Type: corev1.NodeHostName, Address: m.Name}}
	status.NodeInfo = corev1.NodeSystemInfo{BootID: m.Boot, Architecture: "amd64", OperatingSystem: "linux", OSImage: m.System, KubeletVersion: m.Version,
		KernelVersion: "simulated", ContainerRuntimeVersion: "kwok"}
	resources := corev1.ResourceList{
		corev1.ResourceCPU:              *resource.NewQuantity(int64(m.Cores), resource.DecimalSI),
		corev1.ResourceMemory:           *resource.NewQuantity(int64(m.Memory)<<20, resource.BinarySI),
		corev1.ResourcePods:             *resource.NewQuantity(110, resource.DecimalSI),
		corev1.ResourceEphemeralStorage: resource.MustParse("50Gi"),
	}
	capacity, allocatable := resources.DeepCopy(), resources.DeepCopy()
	for name, known := range before.Capacity {
		// The kubelet remembers devices whose plugin is gone, but gives them to nobody.
		if isGPU(name) {
			capacity[name], allocatable[name] = known, *resource.NewQuantity(0, resource.DecimalSI)
		}
	}
	for name, count := range gpus {
		if count > 0 {
			offered := *resource.NewQuantity(int64(count), resource.DecimalSI)
			capacity[name], allocatable[name] = offered, offered
		}
	}
	status.Capacity, status.Allocatable = capacity, allocatable
	for _, kind := range []corev1.NodeConditionType{corev1.NodeMemoryPressure, corev1.NodeDiskPressure, corev1.NodePIDPressure} {
		m.condition(status, kind, corev1.ConditionFalse, "KubeletHasSufficientResources", "kubelet has sufficient resources available")
	}
	if network {
		m.condition(status, corev1.NodeReady, corev1.ConditionTrue, "KubeletReady", "kubelet is posting ready status")
	} else {
		m.condition(status, corev1.NodeReady, corev1.ConditionFalse, "KubeletNotReady",
			"container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized")
	}
	return !equality.Semantic.DeepEqual(before, status)
}

func isGPU(name corev1.ResourceName) bool {
	if name == gpuResource {
		return true
	}
	for _, driver := range KernelDrivers {
		if driver.Resource == name {
			return true
		}
	}
	return false
}

func (m Machine) condition(status *corev1.NodeStatus, kind corev1.NodeConditionType, value corev1.ConditionStatus, reason, message string) {
	now := metav1.Now()
	wanted := corev1.NodeCondition{Type: kind, Status: value, Reason: reason, Message: message, LastHeartbeatTime: now, LastTransitionTime: now}
	for i, current := range status.Conditions {
		if current.Type != kind {
			continue
		}
		if current.Status != value || current.Reason != reason {
			status.Conditions[i] = wanted
		}
		return
	}
	status.Conditions = append(status.Conditions, wanted)
}
