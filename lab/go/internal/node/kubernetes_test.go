package node

import (
	"context"
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"
	clientset "k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"lab/internal/drain"
	"lab/internal/manifests"
	"lab/internal/pki"
)

// patience is for a busy machine; what is waited for mostly takes a second.
const patience = 3 * time.Minute

// built is where lab/build.ts puts the programs of a control plane.
var built, _ = filepath.Abs("../../../.cache/bin")

// running is a node with the way into its Kubernetes.
type running struct {
	*testing.T
	node *Node
	cluster
	client *clientset.Clientset
}

// withKubernetes is a node that runs Kubernetes at an address of its own.
func withKubernetes(t *testing.T, change func(*Options), patches ...string) running {
	t.Helper()
	n := started(t, func(o *Options) {
		address := loopback()
		o.Talos, o.Kubernetes = address+":50000", address+":6443"
		o.Programs, o.Directory = built, t.TempDir()
		o.Hardware = Hardware{Cores: 8, Memory: 16384, GPUs: 1}
		change(o)
	})
	r := running{t, n, generated(t, patches...), nil}
	must(t, apply(t, insecure(t, n), r.configuration))
	must(t, r.admin(t, n).Bootstrap(t.Context(), &machine.BootstrapRequest{}))
	r.client = r.clientWith(r.kubeconfig())
	r.eventually("the API is ready", func() error { return r.ready(r.client) })
	return r
}

func loopback() string {
	var b [3]byte
	_, _ = rand.Read(b[:])
	return fmt.Sprintf("127.%d.%d.%d", b[0]|1, b[1], b[2]|2)
}

// in is the same for a part of a test.
func (r running) in(t *testing.T) running {
	r.T = t
	return r
}

func (r running) kubeconfig() []byte {
	text, err := r.admin(r.T, r.node).Kubeconfig(r.Context())
	must(r.T, err)
	return text
}

func (r running) clientWith(kubeconfig []byte) *clientset.Clientset {
	config, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	must(r.T, err)
	config.QPS, config.WarningHandler = -1, rest.NoWarnings{}
	client, err := clientset.NewForConfig(config)
	must(r.T, err)
	return client
}

func (r running) ready(client *clientset.Clientset) error {
	return client.RESTClient().Get().AbsPath("/readyz").Do(r.Context()).Error()
}

// eventually waits until something is so; what it returns says why it is not yet.
func (r running) eventually(what string, check func() error) {
	r.Helper()
	var err error
	for end := time.Now().Add(patience); time.Now().Before(end); time.Sleep(100 * time.Millisecond) {
		if err = check(); err == nil {
			return
		}
	}
	r.Fatalf("not so after %s: %s: %v", patience, what, err)
}

func (r running) self() *corev1.Node {
	r.Helper()
	nodes, err := r.client.CoreV1().Nodes().List(r.Context(), metav1.ListOptions{})
	must(r.T, err)
	if len(nodes.Items) != 1 {
		r.Fatalf("%d nodes, want one", len(nodes.Items))
	}
	return &nodes.Items[0]
}

func (r running) registered() {
	r.eventually("the node is registered", func() error {
		nodes, err := r.client.CoreV1().Nodes().List(r.Context(), metav1.ListOptions{})
		if err == nil && (len(nodes.Items) != 1 || len(nodes.Items[0].Status.Conditions) == 0) {
			err = fmt.Errorf("%d nodes", len(nodes.Items))
		}
		return err
	})
}

func (r running) is(condition corev1.NodeConditionType, want corev1.ConditionStatus) {
	r.Helper()
	r.eventually(fmt.Sprintf("%s is %s", condition, want), func() error {
		for _, each := range r.self().Status.Conditions {
			if each.Type == condition {
				if each.Status == want {
					return nil
				}
				return fmt.Errorf("it is %s: %s", each.Status, each.Message)
			}
		}
		return fmt.Errorf("no such condition")
	})
}

// create applies YAML documents as kubectl does.
func (r running) create(text string) error {
	config, err := clientcmd.RESTConfigFromKubeConfig(r.kubeconfig())
	must(r.T, err)
	config.WarningHandler = rest.NoWarnings{}
	applier, err := manifests.NewApplier(config, false)
	must(r.T, err)
	var objects []*unstructured.Unstructured
	for _, document := range strings.Split(text, "\n---\n") {
		var content map[string]any
		must(r.T, yaml.Unmarshal([]byte(document), &content))
		objects = append(objects, &unstructured.Unstructured{Object: content})
	}
	return applier.Apply(r.Context(), objects)
}

// podIs waits until a pod is in a phase, waits for a reason, or both.
func (r running) podIs(namespace, selector, want string) {
	r.Helper()
	r.eventually(fmt.Sprintf("pods %s in %s are %s", selector, namespace, want), func() error {
		list, err := r.client.CoreV1().Pods(namespace).List(r.Context(), metav1.ListOptions{LabelSelector: selector})
		if err != nil {
			return err
		}
		var seen []string
		for _, pod := range list.Items {
			words := []string{string(pod.Status.Phase)}
			for _, status := range pod.Status.ContainerStatuses {
				if status.State.Waiting != nil {
					words = append(words, status.State.Waiting.Reason)
				}
			}
			for _, condition := range pod.Status.Conditions {
				if condition.Type == corev1.PodScheduled && condition.Status == corev1.ConditionFalse {
					words = append(words, condition.Message)
				}
				if condition.Type == corev1.PodReady && condition.Status == corev1.ConditionTrue {
					words = append(words, "ready")
				}
			}
			seen = append(seen, strings.Join(words, " "))
			if strings.Contains(seen[len(seen)-1], want) {
				return nil
			}
		}
		return fmt.Errorf("%q", seen)
	})
}

const pluginOfNetwork = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: cilium, namespace: kube-system}
spec:
  selector: {matchLabels: {app: cilium}}
  template:
    metadata: {labels: {app: cilium}}
    spec:
      hostNetwork: true
      tolerations: [{operator: Exists}]
      containers: [{name: agent, image: quay.io/cilium/cilium}]
      volumes: [{name: etc-cni-netd, hostPath: {path: /etc/cni/net.d, type: DirectoryOrCreate}}]
`

const pluginOfDevices = `
apiVersion: apps/v1
kind: DaemonSet
metadata: {name: nvidia, namespace: kube-system}
spec:
  selector: {matchLabels: {app: nvidia}}
  template:
    metadata: {labels: {app: nvidia}}
    spec:
      affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: [
        {matchExpressions: [{key: nvidia.com/gpu.present, operator: In, values: ["true"]}]}]}}}
      containers: [{name: plugin, image: nvcr.io/nvidia/k8s-device-plugin}]
      volumes: [{name: plugins, hostPath: {path: /var/lib/kubelet/device-plugins}}]
`

func pod(name, more string) string {
	return fmt.Sprintf("apiVersion: v1\nkind: Pod\nmetadata: {name: %s, namespace: default, labels: {app: %s}}\nspec:\n  containers: [{name: main, image: example%s}]", name, name, more)
}

func TestKubernetes(t *testing.T) {
	t.Parallel()
	r := withKubernetes(t, func(*Options) {}, `
machine:
  nodeLabels: {room: lab, other: "1"}
  nodeTaints: {dedicated: "gpu:PreferNoSchedule"}
  kernel: {modules: [{name: nvidia}]}
cluster:
  network: {cni: {name: none}}
  proxy: {disabled: true}`)
	r.registered()

	t.Run("only the administrators of this cluster use it", func(t *testing.T) {
		r := r.in(t)
		bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), config.TalosVersionCurrent)
		must(t, err)
		other := withoutKubernetes(t, generatedWith(t, bundle))
		if err := r.ready(r.clientWith(other)); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("another cluster's kubeconfig leads to %v, want its own address, where nobody listens", err)
		}
		theirs, err := clientcmd.RESTConfigFromKubeConfig(other)
		must(t, err)
		theirs.Host = "https://" + r.node.KubernetesAddress()
		client, err := clientset.NewForConfig(theirs)
		must(t, err)
		if err := r.ready(client); err == nil || !strings.Contains(err.Error(), "certificate signed by unknown authority") {
			t.Errorf("with another cluster's authority: %v", err)
		}
		theirs.CAData, theirs.Insecure = nil, true
		client, err = clientset.NewForConfig(theirs)
		must(t, err)
		if err := r.ready(client); !apierrors.IsUnauthorized(err) {
			t.Errorf("with another cluster's certificate: %v, want Unauthorized", err)
		}
		anybody := httpsClient(t, &tls.Config{InsecureSkipVerify: true})
		if status, text := request(t, anybody, "GET", "https://"+r.node.KubernetesAddress()+"/readyz", "", ""); status != 401 {
			t.Errorf("without a certificate: %d %s, want 401", status, text)
		}
	})

	t.Run("nobody becomes somebody else by a header", func(t *testing.T) {
		r := r.in(t)
		pair, err := pki.Client(r.node.disk.current.provider.Cluster().IssuingCA(), "someone")
		must(t, err)
		certificate, err := pki.TLS(pair)
		must(t, err)
		for want, certificates := range map[int][]tls.Certificate{401: nil, 403: {certificate}} {
			client := httpsClient(t, &tls.Config{InsecureSkipVerify: true, Certificates: certificates})
			request, err := http.NewRequest("GET", "https://"+r.node.KubernetesAddress()+"/api/v1/nodes", nil)
			must(t, err)
			request.Header.Set("X-Remote-User", "admin")
			request.Header.Set("X-Remote-Group", "system:masters")
			reply, err := client.Do(request)
			must(t, err)
			if reply.StatusCode != want {
				t.Errorf("with %d certificates: %s, want %d", len(certificates), reply.Status, want)
			}
		}
	})

	t.Run("a service account's token is one of the cluster's", func(t *testing.T) {
		r := r.in(t)
		r.eventually("there is a service account", func() error {
			_, err := r.client.CoreV1().ServiceAccounts("default").Get(t.Context(), "default", metav1.GetOptions{})
			return err
		})
		token := post(t, r, "/api/v1/namespaces/default/serviceaccounts/default/token",
			map[string]any{"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": map[string]any{}})["status"].(map[string]any)["token"].(string)
		anybody := httpsClient(t, &tls.Config{InsecureSkipVerify: true})
		request, err := http.NewRequest("GET", "https://"+r.node.KubernetesAddress()+"/api/v1/nodes", nil)
		must(t, err)
		request.Header.Set("Authorization", "Bearer "+token)
		reply, err := anybody.Do(request)
		must(t, err)
		if reply.StatusCode != 403 {
			t.Errorf("%s, want 403: known, but not allowed", reply.Status)
		}
	})

	t.Run("the node is what the configuration says", func(t *testing.T) {
		r := r.in(t)
		self := r.self()
		address, _, _ := net.SplitHostPort(r.node.KubernetesAddress())
		for key, want := range map[string]string{"room": "lab", "node-role.kubernetes.io/control-plane": "", "kubernetes.io/hostname": self.Name} {
			if got, is := self.Labels[key]; !is || got != want {
				t.Errorf("label %s is %q (%v), want %q", key, got, is, want)
			}
		}
		for _, want := range []string{"dedicated=gpu:PreferNoSchedule", "node-role.kubernetes.io/control-plane:NoSchedule"} {
			if got := taints(self); !slices.Contains(got, want) {
				t.Errorf("taints %v, want %s", got, want)
			}
		}
		if self.Status.Addresses[0].Address != address || self.Status.NodeInfo.KubeletVersion != "v1.35.4" {
			t.Errorf("address %v, version %s", self.Status.Addresses, self.Status.NodeInfo.KubeletVersion)
		}
		if cpu := self.Status.Allocatable.Cpu().Value(); cpu != 8 {
			t.Errorf("%d CPUs, want 8", cpu)
		}
	})

	t.Run("pod security is enforced as Talos configures it", func(t *testing.T) {
		r := r.in(t)
		privileged := strings.Replace(pod("host", ""), "spec:", "spec:\n  volumes: [{name: host, hostPath: {path: /}}]", 1)
		if err := r.create(privileged); err == nil || !strings.Contains(err.Error(), `violates PodSecurity "baseline:latest": hostPath volumes`) {
			t.Errorf("got %v", err)
		}
		must(t, r.create(strings.Replace(privileged, "namespace: default", "namespace: kube-system", 1)))
	})

	t.Run("without a network plugin the node is not ready, and pods wait", func(t *testing.T) {
		r := r.in(t)
		r.is(corev1.NodeReady, corev1.ConditionFalse)
		must(t, r.create(pod("early", "")))
		r.podIs("default", "app=early", "had untolerated taint")
	})

	t.Run("the API fails by rule", func(t *testing.T) {
		r := r.in(t)
		must(t, r.node.SetFaults([]*Rule{{Method: "GET /readyz", Status: 500, Message: "etcd failed"}}))
		if err := r.ready(r.client); err == nil || !strings.Contains(err.Error(), "etcd failed") {
			t.Errorf("got %v", err)
		}
		must(t, r.node.SetFaults([]*Rule{{Method: "listen"}}))
		if err := r.ready(r.client); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("got %v, want a refused connection", err)
		}
		must(t, r.node.SetFaults([]*Rule{{Method: "GET /readyz", Drop: true}}))
		if err := r.ready(r.client); err == nil || apierrors.ReasonForError(err) != metav1.StatusReasonUnknown {
			t.Errorf("got %v, want a cut connection", err)
		}
		must(t, r.node.SetFaults(nil))
		must(t, r.ready(r.client))
	})

	t.Run("with a network plugin it is ready; the taint of the control plane stays until the configuration allows scheduling", func(t *testing.T) {
		r := r.in(t)
		must(t, r.create(pluginOfNetwork))
		r.is(corev1.NodeReady, corev1.ConditionTrue)
		r.podIs("default", "app=early", "had untolerated taint")
		_, err := r.client.CoreV1().Nodes().Patch(t.Context(), r.self().Name, types.StrategicMergePatchType,
			[]byte(`{"metadata":{"labels":{"mine":"yes"}}}`), metav1.PatchOptions{})
		must(t, err)
		must(t, apply(t, r.admin(t, r.node), generated(t, `
machine:
  nodeLabels: {room: lab, nvidia.com/gpu.present: "true"}
  kernel: {modules: [{name: nvidia}]}
cluster:
  allowSchedulingOnControlPlanes: true
  network: {cni: {name: none}}
  proxy: {disabled: true}`).configuration))
		r.podIs("default", "app=early", "Running ready")
		self := r.self()
		for _, gone := range []string{"dedicated=gpu:PreferNoSchedule", "node-role.kubernetes.io/control-plane:NoSchedule"} {
			if got := taints(self); slices.Contains(got, gone) {
				t.Errorf("taint %s is left among %v", gone, got)
			}
		}
		if _, is := self.Labels["other"]; is || self.Labels["mine"] != "yes" {
			t.Errorf("labels %v: want the configuration's removed and others' kept", self.Labels)
		}
	})

	t.Run("CoreDNS of Talos runs", func(t *testing.T) {
		r := r.in(t)
		r.podIs("kube-system", "k8s-app=kube-dns", "Running ready")
	})

	t.Run("pods fail by rule, and run when the rule is gone", func(t *testing.T) {
		r := r.in(t)
		must(t, r.node.SetFaults([]*Rule{{Pod: "default/image-*", Reason: "ErrImagePull"}, {Pod: "default/crash", Reason: "Error"}}))
		must(t, r.create(pod("image-1", "")))
		must(t, r.create(pod("crash", "")))
		must(t, r.create(pod("fine", "")))
		r.podIs("default", "app=image-1", "Pending ImagePullBackOff")
		r.podIs("default", "app=crash", "Running CrashLoopBackOff")
		r.podIs("default", "app=fine", "Running ready")
		must(t, r.node.SetFaults(nil))
		r.podIs("default", "app=image-1", "Running ready")
		r.podIs("default", "app=crash", "Running ready")
	})

	t.Run("a Job completes, unless a rule fails it", func(t *testing.T) {
		r := r.in(t)
		job := func(name string) string {
			return fmt.Sprintf("apiVersion: batch/v1\nkind: Job\nmetadata: {name: %s, namespace: default}\nspec:\n  backoffLimit: 0\n  template: {spec: {restartPolicy: Never, containers: [{name: main, image: example}]}}", name)
		}
		must(t, r.node.SetFaults([]*Rule{{Pod: "default/bad-*", Reason: "Error"}}))
		must(t, r.create(job("good")+"\n---\n"+job("bad")))
		for name, want := range map[string]string{"good": "Complete", "bad": "Failed"} {
			r.eventually(name+" is "+want, func() error {
				found, err := r.client.BatchV1().Jobs("default").Get(t.Context(), name, metav1.GetOptions{})
				if err != nil {
					return err
				}
				for _, condition := range found.Status.Conditions {
					if string(condition.Type) == want && condition.Status == "True" {
						return nil
					}
				}
				return fmt.Errorf("%+v", found.Status)
			})
		}
	})

	t.Run("GPUs may be used as soon as the device plugin runs", func(t *testing.T) {
		r := r.in(t)
		gpus := func() int64 {
			quantity := r.self().Status.Allocatable["nvidia.com/gpu"]
			return quantity.Value()
		}
		must(t, r.create(pod("vectoradd", `, resources: {limits: {nvidia.com/gpu: 1}}`)))
		r.podIs("default", "app=vectoradd", "Insufficient nvidia.com/gpu")
		if got := gpus(); got != 0 {
			t.Fatalf("%d GPUs before", got)
		}
		must(t, r.create(pluginOfDevices))
		r.podIs("default", "app=vectoradd", "Running ready")
		if got := gpus(); got != 1 {
			t.Errorf("%d GPUs, want 1", got)
		}
		must(t, apply(t, r.admin(t, r.node), generated(t, `
machine:
  nodeLabels: {nvidia.com/gpu.present: "true"}
cluster: {allowSchedulingOnControlPlanes: true, network: {cni: {name: none}}, proxy: {disabled: true}}`).configuration))
		r.eventually("no GPU without the driver's modules", func() error {
			if got := gpus(); got != 0 {
				return fmt.Errorf("%d GPUs", got)
			}
			return nil
		})
	})

	t.Run("a pod that the controller of nodes calls not ready is ready again", func(t *testing.T) {
		r := r.in(t)
		notReady := `{"status": {"conditions": [{"type": "Ready", "status": "False"}]}}`
		_, err := r.client.CoreV1().Pods("default").Patch(t.Context(), "vectoradd", types.StrategicMergePatchType, []byte(notReady), metav1.PatchOptions{}, "status")
		must(t, err)
		r.podIs("default", "app=vectoradd", "Running ready")
	})

	t.Run("the node's lease is renewed", func(t *testing.T) {
		r := r.in(t)
		renewed := func() time.Time {
			lease, err := r.client.CoordinationV1().Leases(corev1.NamespaceNodeLease).Get(t.Context(), r.self().Name, metav1.GetOptions{})
			must(t, err)
			return lease.Spec.RenewTime.Time
		}
		before := renewed()
		r.eventually("it is renewed", func() error {
			if !renewed().After(before) {
				return fmt.Errorf("last at %s", before)
			}
			return nil
		})
	})

	t.Run("a power cut keeps etcd's data and pods, whose containers start again", func(t *testing.T) {
		r := r.in(t)
		pod := func() *corev1.Pod {
			found, err := r.client.CoreV1().Pods("default").Get(t.Context(), "vectoradd", metav1.GetOptions{})
			must(t, err)
			return found
		}
		before := pod()
		if got := before.Status.ContainerStatuses[0].RestartCount; got != 0 {
			t.Errorf("%d restarts before", got)
		}
		r.node.PowerOff()
		if err := r.ready(r.client); err == nil || !strings.Contains(err.Error(), "refused") {
			t.Errorf("switched off: %v", err)
		}
		must(t, r.node.PowerOn(Hardware{Cores: 4, Memory: 8192}))
		r.eventually("the API is ready", func() error { return r.ready(r.client) })
		r.eventually("its container was restarted", func() error {
			now := pod()
			container := now.Status.ContainerStatuses[0]
			if now.UID != before.UID || container.RestartCount != 1 || container.LastTerminationState.Terminated == nil {
				return fmt.Errorf("%s %+v", now.UID, container)
			}
			return nil
		})
		r.eventually("the node has its new hardware", func() error {
			if got := r.self().Status.Allocatable.Cpu().Value(); got != 4 {
				return fmt.Errorf("%d CPUs", got)
			}
			return nil
		})
		r.is(corev1.NodeReady, corev1.ConditionTrue)
	})

	t.Run("a node that drains itself takes pods again after its boot; one that people have cordoned does not", func(t *testing.T) {
		r := r.in(t)
		reboot := func() {
			before := r.self().Status.NodeInfo.BootID
			r.node.PowerOff()
			must(t, r.node.PowerOn(Hardware{Cores: 4, Memory: 8192}))
			r.eventually("the API is ready", func() error { return r.ready(r.client) })
			r.eventually("the node is booted", func() error {
				if r.self().Status.NodeInfo.BootID == before {
					return errors.New("its status is that of the boot before")
				}
				return nil
			})
		}
		expect := func(unschedulable bool) {
			t.Helper()
			if got := r.self().Spec.Unschedulable; got != unschedulable {
				t.Errorf("unschedulable: %v, want %v", got, unschedulable)
			}
		}
		must(t, r.node.drain(t.Context()))
		expect(true)
		if _, err := r.client.CoreV1().Pods("default").Get(t.Context(), "vectoradd", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
			t.Errorf("its pod: %v", err)
		}
		reboot()
		expect(false)
		must(t, drain.Node(t.Context(), r.client, r.self().Name, time.Minute))
		must(t, r.node.drain(t.Context()))
		reboot()
		expect(true)
	})

	t.Run("a reset empties the disk", func(t *testing.T) {
		r := r.in(t)
		must(t, r.admin(t, r.node).ResetGeneric(t.Context(), &machine.ResetRequest{}))
		if left, err := os.ReadDir(r.node.options.Directory); err != nil || len(left) != 0 {
			t.Errorf("%v %v is left on the disk", left, err)
		}
		expectNoProcessIn(t, r.node.options.Directory)
	})
}

// withoutKubernetes is the kubeconfig of a node with another configuration.
func withoutKubernetes(t *testing.T, c cluster) []byte {
	n := started(t)
	must(t, apply(t, insecure(t, n), c.configuration))
	text, err := c.admin(t, n).Kubeconfig(t.Context())
	must(t, err)
	return text
}

func TestFlannelOfTalosMakesTheNodeReady(t *testing.T) {
	t.Parallel()
	r := withKubernetes(t, func(o *Options) { o.System.Version = "v1.12.11" }, `
cluster:
  allowSchedulingOnControlPlanes: true
  inlineManifests:
    - {name: given, contents: "{apiVersion: v1, kind: ConfigMap, metadata: {name: given}, data: {version: one}}"}
    - {name: broken, contents: "{apiVersion: v1, kind: Nonsense, metadata: {name: broken}}"}
  extraManifests:
    - https://github.com/kubernetes-sigs/gateway-api/releases/download/v1.4.1/standard-install.yaml`)
	r.registered()
	r.is(corev1.NodeReady, corev1.ConditionTrue)
	r.podIs("kube-system", "k8s-app=flannel", "Running ready")
	r.podIs("kube-system", "k8s-app=kube-proxy", "Running ready")

	given := func(r running) (string, error) {
		found, err := r.client.CoreV1().ConfigMaps("default").Get(t.Context(), "given", metav1.GetOptions{})
		if err != nil {
			return "", err
		}
		return found.Data["version"], nil
	}
	reapply := func(r running) {
		must(t, apply(t, r.admin(t, r.node), generated(t, `
cluster:
  allowSchedulingOnControlPlanes: true
  inlineManifests:
    - {name: given, contents: "{apiVersion: v1, kind: ConfigMap, metadata: {name: given}, data: {version: two}}"}
    - {name: more, contents: "{apiVersion: v1, kind: ConfigMap, metadata: {name: more}}"}`).configuration))
		r.eventually("a new inline manifest is there", func() error {
			_, err := r.client.CoreV1().ConfigMaps("default").Get(t.Context(), "more", metav1.GetOptions{})
			return err
		})
	}
	t.Run("inline manifests are created, also beside one that is refused", func(t *testing.T) {
		r := r.in(t)
		r.eventually("it is there", func() error { _, err := given(r); return err })
	})
	t.Run("definitions stand for the Gateway API", func(t *testing.T) {
		r := r.in(t)
		r.eventually("they are served", func() error {
			_, err := r.client.Discovery().ServerResourcesForGroupVersion("gateway.networking.k8s.io/v1")
			return err
		})
	})
	t.Run("inline manifests are not updated, and created again once deleted", func(t *testing.T) {
		r := r.in(t)
		reapply(r)
		if got, err := given(r); err != nil || got != "one" {
			t.Errorf("%q %v, want it as it was created", got, err)
		}
		must(t, r.client.CoreV1().ConfigMaps("default").Delete(t.Context(), "given", metav1.DeleteOptions{}))
		r.node.PowerOff()
		must(t, r.node.PowerOn(Hardware{Cores: 8, Memory: 16384}))
		r.eventually("it is there anew", func() error { _, err := given(r); return err })
	})
}

func TestTalos113KeepsAnInventoryOfItsManifests(t *testing.T) {
	t.Parallel()
	r := withKubernetes(t, func(*Options) {}, `
cluster:
  inlineManifests: [{name: given, contents: "{apiVersion: v1, kind: ConfigMap, metadata: {name: given}}"}]`)
	r.eventually("it is there", func() error {
		_, err := r.client.CoreV1().ConfigMaps("default").Get(t.Context(), "given", metav1.GetOptions{})
		return err
	})
	r.eventually("it is in the inventory", func() error {
		found, err := r.client.CoreV1().ConfigMaps("kube-system").Get(t.Context(), "talos-bootstrap-manifests-inventory", metav1.GetOptions{})
		if err == nil && !slices.Contains(keys(found.Data), "default_given__ConfigMap") {
			err = fmt.Errorf("it has %v", keys(found.Data))
		}
		return err
	})
	must(t, r.client.CoreV1().ConfigMaps("default").Delete(t.Context(), "given", metav1.DeleteOptions{}))
	must(t, apply(t, r.admin(t, r.node), generated(t, `
cluster:
  inlineManifests:
    - {name: given, contents: "{apiVersion: v1, kind: ConfigMap, metadata: {name: given}}"}
    - {name: more, contents: "{apiVersion: v1, kind: ConfigMap, metadata: {name: more}}"}`).configuration))
	r.eventually("a new one is created", func() error {
		_, err := r.client.CoreV1().ConfigMaps("default").Get(t.Context(), "more", metav1.GetOptions{})
		return err
	})
	if _, err := r.client.CoreV1().ConfigMaps("default").Get(t.Context(), "given", metav1.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("the deleted one is there again: %v", err)
	}
	r.node.Close()
	expectNoProcessIn(t, r.node.options.Directory)
}

func keys(data map[string]string) (names []string) {
	for name := range data {
		names = append(names, name)
	}
	return names
}

// Without those of a node that is not ready, which come and go with its kubelet.
func taints(node *corev1.Node) (texts []string) {
	for _, t := range node.Spec.Taints {
		if !strings.HasPrefix(t.Key, "node.kubernetes.io/") {
			texts = append(texts, t.ToString())
		}
	}
	return texts
}

func post(t *testing.T, r running, path string, body map[string]any) (reply map[string]any) {
	t.Helper()
	text, err := json.Marshal(body)
	must(t, err)
	raw, err := r.client.RESTClient().Post().AbsPath(path).Body(text).SetHeader("Content-Type", "application/json").DoRaw(context.Background())
	must(t, err)
	must(t, json.Unmarshal(raw, &reply))
	return reply
}

// expectNoProcessIn looks for programs that work in a directory.
func expectNoProcessIn(t *testing.T, directory string) {
	t.Helper()
	processes, err := filepath.Glob("/proc/[0-9]*/cwd")
	must(t, err)
	for _, process := range processes {
		if cwd, err := os.Readlink(process); err == nil && strings.HasPrefix(cwd, directory) {
			t.Errorf("%s works in %s", filepath.Dir(process), cwd)
		}
	}
}

func httpsClient(t *testing.T, config *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}
