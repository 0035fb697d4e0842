package node

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/go-logr/logr"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	machinetype "github.com/siderolabs/talos/pkg/machinery/config/machine"
	configresource "github.com/siderolabs/talos/pkg/machinery/resources/config"
	"google.golang.org/grpc/codes"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"

	"lab/internal/discovery"
)

// Kubernetes' client tells of every election.
func init() { klog.SetLogger(logr.Discard()) }

// several is a cluster of several nodes, which run until the test of all ends.
type several struct {
	running
	whole     *testing.T
	bundle    *secrets.Bundle
	discovery string
	virtualIP string
	nodes     map[string]*Node
	// via is the control plane that the test asks first.
	via string
}

// emptyNetwork is one without nodes.
func emptyNetwork(t *testing.T) *several {
	bundle, err := shared()
	must(t, err)
	s := &several{running: running{T: t}, whole: t, bundle: bundle, discovery: t.TempDir(), virtualIP: loopback(), nodes: map[string]*Node{}}
	s.cluster = s.machine(machinetype.TypeControlPlane, "nobody")
	return s
}

func (s *several) machine(kind machinetype.Type, name string, patches ...string) cluster {
	patches = append(patches, "apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: "+name+"\nauto: off", `
machine: {kernel: {modules: [{name: nvidia}]}}
cluster: {network: {cni: {name: none}}, proxy: {disabled: true}}`)
	if kind == machinetype.TypeControlPlane {
		patches = append(patches, "machine: {network: {interfaces: [{interface: eth0, vip: {ip: "+s.virtualIP+"}}]}}")
	}
	return generatedFor(s.T, kind, "https://"+s.virtualIP+":6443", s.bundle, patches...)
}

// add switches a machine on and configures it.
func (s *several) add(kind machinetype.Type, name string, hardware Hardware, patches ...string) *Node {
	s.Helper()
	n := started(s.whole, func(o *Options) {
		address := loopback()
		o.Talos, o.Kubernetes = address+":50000", address+":6443"
		o.Programs, o.Directory, o.Discovery, o.Hardware = built, s.whole.TempDir(), discovery.Service(s.discovery), hardware
	})
	s.nodes[name] = n
	must(s.T, apply(s.T, insecure(s.T, n), s.machine(kind, name, patches...).configuration))
	return n
}

// on is for a call to one node through another one.
func (s *several) on(name string) (context.Context, *client.Client) {
	return client.WithNode(s.Context(), s.nodes[name].host()), s.admin(s.T, s.nodes[s.via])
}

// members are etcd's with a vote, as a control plane knows them.
func (s *several) members(of string) ([]string, error) {
	ctx, c := s.on(of)
	reply, err := c.EtcdMemberList(ctx, &machine.EtcdMemberListRequest{})
	if err != nil {
		return nil, err
	}
	var names []string
	for _, member := range reply.Messages[0].Members {
		if !member.IsLearner && member.Hostname != "" {
			names = append(names, member.Hostname)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (s *several) membersAre(of string, want ...string) {
	s.Helper()
	s.eventually("the members of etcd are "+strings.Join(want, ", "), func() error {
		got, err := s.members(of)
		if err == nil && !slices.Equal(got, want) {
			err = fmt.Errorf("they are %v", got)
		}
		return err
	})
}

// at is the way into the API of one control plane.
func (s *several) at(name string) {
	text, err := s.nodes[name].Kubeconfig()
	must(s.T, err)
	s.client, s.via, s.node = s.clientWith(text), name, s.nodes[name]
}

// test runs a part of the whole test.
func (s *several) test(name string, part func(t *testing.T)) {
	if !s.whole.Run(name, func(t *testing.T) {
		s.T = t
		part(t)
	}) {
		// What comes after builds on it.
		s.whole.FailNow()
	}
}

func (s *several) ready(names ...string) {
	s.Helper()
	s.eventually(strings.Join(names, ", ")+" are ready", func() error {
		list, err := s.client.CoreV1().Nodes().List(s.Context(), metav1.ListOptions{})
		if err != nil {
			return err
		}
		is := map[string]string{}
		for _, node := range list.Items {
			is[node.Name] = "not ready"
			for _, condition := range node.Status.Conditions {
				if condition.Type == "Ready" && condition.Status == "True" {
					is[node.Name] = "ready"
				}
			}
		}
		if want := slices.Sorted(slices.Values(names)); !slices.Equal(slices.Sorted(maps.Keys(is)), want) || slices.Contains(slices.Collect(maps.Values(is)), "not ready") {
			err = fmt.Errorf("%v", is)
		}
		return err
	})
}

// holder is who has the virtual address.
func (s *several) holder() (name string, err error) {
	err = errors.New("nobody holds the virtual address")
	for each, n := range s.nodes {
		if slices.Contains(n.State().VirtualIPs, s.virtualIP) {
			if name != "" {
				return "", fmt.Errorf("%s and %s hold the virtual address", name, each)
			}
			name, err = each, nil
		}
	}
	return name, err
}

func TestCluster(t *testing.T) {
	t.Parallel()
	s := emptyNetwork(t)
	small, large := Hardware{Cores: 2, Memory: 4096}, Hardware{Cores: 8, Memory: 16384, GPUs: 1}
	gpu := `
machine:
  nodeLabels: {room: lab, nvidia.com/gpu.present: "true"}
  nodeAnnotations: {owner: me}
  kubelet: {extraConfig: {registerWithTaints: [{key: dedicated, value: gpu, effect: PreferNoSchedule}]}}`

	s.test("a worker answers nobody until a control plane has signed its certificate", func(t *testing.T) {
		n := s.add(machinetype.TypeWorker, "w1", large, gpu)
		_, err := s.admin(t, n).Version(t.Context())
		expectCode(t, err, codes.Unavailable)
		s.add(machinetype.TypeControlPlane, "c1", small)
		s.eventually("it answers", func() error { _, err := s.admin(t, n).Version(t.Context()); return err })
	})

	s.test("one is bootstrapped, and the others join it", func(t *testing.T) {
		must(t, s.admin(t, s.nodes["c1"]).Bootstrap(t.Context(), &machine.BootstrapRequest{}))
		s.add(machinetype.TypeControlPlane, "c2", small)
		s.add(machinetype.TypeControlPlane, "c3", small)
		s.add(machinetype.TypeWorker, "w2", large, gpu)
		s.at("c1")
		s.eventually("the API is ready", func() error { return s.running.ready(s.client) })
		s.eventually("the network plugin is installed, at the virtual address", func() error { return s.create(pluginOfNetwork) })
		s.membersAre("c1", "c1", "c2", "c3")
		s.ready("c1", "c2", "c3", "w1", "w2")
		for name, want := range map[string]Stage{"c1": Bootstrapped, "c2": Joined, "c3": Joined, "w1": Configured, "w2": Configured} {
			if got := s.nodes[name].State(); got.Stage != want || got.Kubernetes != (name[0] == 'c') {
				t.Errorf("%s is %s (API: %v), want %s", name, got.Stage, got.Kubernetes, want)
			}
		}
	})

	s.test("a joined control plane and a worker are not bootstrapped", func(t *testing.T) {
		expectCode(t, s.admin(t, s.nodes["c2"]).Bootstrap(t.Context(), &machine.BootstrapRequest{}), codes.AlreadyExists)
		expectCode(t, s.admin(t, s.nodes["w1"]).Bootstrap(t.Context(), &machine.BootstrapRequest{}), codes.Unimplemented)
	})

	s.test("each node is what its configuration says", func(t *testing.T) {
		for name, role := range map[string]bool{"c2": true, "w2": false} {
			found, err := s.client.CoreV1().Nodes().Get(t.Context(), name, metav1.GetOptions{})
			must(t, err)
			if _, is := found.Labels["node-role.kubernetes.io/control-plane"]; is != role {
				t.Errorf("%s: labels %v", name, found.Labels)
			}
			if got := slices.Contains(taints(found), "node-role.kubernetes.io/control-plane:NoSchedule"); got != role {
				t.Errorf("%s: taints %v", name, taints(found))
			}
			got := slices.Contains(taints(found), "dedicated=gpu:PreferNoSchedule") && found.Labels["room"] == "lab" && found.Annotations["owner"] == "me"
			if got == role {
				t.Errorf("%s: labels %v, annotations %v, taints %v", name, found.Labels, found.Annotations, taints(found))
			}
			if found.Status.Addresses[0].Address != s.nodes[name].host() {
				t.Errorf("%s: addresses %v", name, found.Status.Addresses)
			}
		}
	})

	s.test("what a kubelet may not set on its own node takes the rest of the update along, and a taint for the registration comes with it alone", func(t *testing.T) {
		configured := func(patches ...string) *corev1.Node {
			t.Helper()
			must(t, apply(t, s.admin(t, s.nodes["w2"]), s.machine(machinetype.TypeWorker, "w2", append(patches, gpu)...).configuration))
			// By then Talos has tried.
			time.Sleep(3 * time.Second)
			found, err := s.client.CoreV1().Nodes().Get(t.Context(), "w2", metav1.GetOptions{})
			must(t, err)
			return found
		}
		for _, forbidden := range []string{"nodeTaints: {other: NoSchedule}", "nodeLabels: {node-role.kubernetes.io/worker: ''}"} {
			found := configured("machine: {nodeLabels: {floor: '2'}, nodeAnnotations: {floor: '2'}}", "machine: {"+forbidden+"}")
			if found.Labels["floor"] != "" || found.Annotations["floor"] != "" || len(taints(found)) != 1 {
				t.Errorf("with %s: labels %v, annotations %v, taints %v", forbidden, found.Labels, found.Annotations, taints(found))
			}
		}
		found := configured(`machine: {nodeLabels: {floor: '2'}, kubelet: {extraConfig: {registerWithTaints: [{key: late, effect: NoSchedule}]}}}`)
		if found.Labels["floor"] != "2" || !slices.Equal(taints(found), []string{"dedicated=gpu:PreferNoSchedule"}) {
			t.Errorf("labels %v, taints %v", found.Labels, taints(found))
		}
	})

	s.test("the GPUs are those of the workers", func(t *testing.T) {
		must(t, s.create(pluginOfDevices))
		s.eventually("two nodes have one", func() error {
			list, err := s.client.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
			must(t, err)
			var with []string
			for _, node := range list.Items {
				if quantity := node.Status.Allocatable["nvidia.com/gpu"]; quantity.Value() == 1 {
					with = append(with, node.Name)
				}
			}
			if !slices.Equal(with, []string{"w1", "w2"}) {
				return fmt.Errorf("they are %v", with)
			}
			return nil
		})
	})

	s.test("a control plane passes calls on, a worker does not", func(t *testing.T) {
		for _, name := range []string{"w2", "c3"} {
			ctx, c := s.on(name)
			reply, err := c.Version(ctx)
			must(t, err)
			if got := reply.Messages[0].Metadata.Hostname; got != name {
				t.Errorf("%s answers for %s", got, name)
			}
			// A stream goes the same way.
			resources, err := c.COSI.List(ctx, machineConfigs)
			must(t, err)
			if len(resources.Items) != 1 {
				t.Errorf("%d machine configurations", len(resources.Items))
			}
		}
		_, err := s.admin(t, s.nodes["w1"]).Version(client.WithNode(t.Context(), s.nodes["c1"].host()))
		expectCode(t, err, codes.PermissionDenied)
		_, err = s.admin(t, s.nodes["c1"]).Version(client.WithNode(t.Context(), loopback()))
		expectCode(t, err, codes.Unavailable)
		ctx, c := s.on("w1")
		_, err = c.EtcdMemberList(ctx, &machine.EtcdMemberListRequest{})
		expectCode(t, err, codes.Unimplemented)
	})

	s.test("who does not know the token gets no certificate, and whoever has another authority none that it trusts", func(t *testing.T) {
		stranger := generatedFor(t, machinetype.TypeWorker, "https://"+s.virtualIP+":6443", s.bundle, "machine: {token: abcdef.0123456789abcdef}")
		c, err := decode(stranger.configuration, System{Version: "v1.13.9"}, Options{Disk: "/dev/sda"})
		must(t, err)
		options := s.nodes["w1"].options
		if _, err = c.enrolled(t.Context(), options); err == nil || !strings.Contains(err.Error(), "token does not match") {
			t.Errorf("another token: %v", err)
		}
		foreign, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), config.TalosVersionCurrent)
		must(t, err)
		foreign.Cluster = s.bundle.Cluster
		c, err = decode(generatedFor(t, machinetype.TypeWorker, "https://"+s.virtualIP+":6443", foreign).configuration, System{Version: "v1.13.9"}, Options{Disk: "/dev/sda"})
		must(t, err)
		if _, err = c.enrolled(t.Context(), options); err == nil || !strings.Contains(err.Error(), "certificate") {
			t.Errorf("another authority: %v", err)
		}
	})

	s.test("the virtual address moves to another control plane when its holder goes away, and no object is lost", func(t *testing.T) {
		text, err := s.admin(t, s.nodes["c1"]).Kubeconfig(t.Context())
		must(t, err)
		access, err := clientcmd.RESTConfigFromKubeConfig(text)
		must(t, err)
		if host, _, _ := net.SplitHostPort(strings.TrimPrefix(access.Host, "https://")); host != s.virtualIP {
			t.Errorf("the kubeconfig leads to %s, want the virtual address %s", access.Host, s.virtualIP)
		}
		virtual := s.clientWith(text)
		must(t, s.running.ready(virtual))
		must(t, s.create("apiVersion: v1\nkind: ConfigMap\nmetadata: {name: kept, namespace: default}"))
		first, err := s.holder()
		must(t, err)
		s.nodes[first].PowerOff()
		s.eventually("another one holds it", func() error {
			if second, err := s.holder(); err != nil || second == first {
				return fmt.Errorf("%s holds it: %w", second, err)
			}
			return s.running.ready(virtual)
		})
		_, err = virtual.CoreV1().ConfigMaps("default").Get(t.Context(), "kept", metav1.GetOptions{})
		must(t, err)

		for name := range s.nodes {
			if name[0] == 'c' && name != first {
				s.at(name)
			}
		}
		// Whoever was the controller manager and the scheduler, somebody is again.
		must(t, s.create(`
apiVersion: apps/v1
kind: Deployment
metadata: {name: after, namespace: default}
spec: {replicas: 2, selector: {matchLabels: {app: after}}, template: {metadata: {labels: {app: after}}, spec: {containers: [{name: main, image: example}]}}}`))
		s.podIs("default", "app=after", "Running ready")
		must(t, s.nodes[first].PowerOn(small))
		s.at(first)
		s.eventually("it is back", func() error { return s.running.ready(s.client) })
		s.ready("c1", "c2", "c3", "w1", "w2")
	})

	s.test("a control plane that is reset gracefully leaves etcd, and joins it as a new machine", func(t *testing.T) {
		s.at("c1")
		ctx, c := s.on("c2")
		must(t, c.ResetGeneric(ctx, &machine.ResetRequest{Graceful: true}))
		s.membersAre("c1", "c1", "c3")
		if got := s.nodes["c2"].State().Stage; got != Maintenance {
			t.Errorf("stage %s after the reset", got)
		}
		must(t, s.client.CoreV1().Nodes().Delete(t.Context(), "c2", metav1.DeleteOptions{}))
		must(t, apply(t, insecure(t, s.nodes["c2"]), s.machine(machinetype.TypeControlPlane, "c2").configuration))
		s.membersAre("c1", "c1", "c2", "c3")
		s.ready("c1", "c2", "c3", "w1", "w2")
		_, err := s.client.CoreV1().ConfigMaps("default").Get(t.Context(), "kept", metav1.GetOptions{})
		must(t, err)
	})

	s.test("a member whose machine is gone is removed, and a new machine takes its place; without a quorum nothing answers", func(t *testing.T) {
		s.nodes["c3"].Close()
		delete(s.nodes, "c3")
		ctx, c := s.on("c1")
		reply, err := c.EtcdMemberList(ctx, &machine.EtcdMemberListRequest{})
		must(t, err)
		for _, member := range reply.Messages[0].Members {
			if member.Hostname == "c3" {
				must(t, c.EtcdRemoveMemberByID(ctx, &machine.EtcdRemoveMemberByIDRequest{MemberId: member.Id}))
			}
		}
		s.membersAre("c1", "c1", "c2")
		s.add(machinetype.TypeControlPlane, "c3", small)
		s.membersAre("c1", "c1", "c2", "c3")
		s.nodes["c2"].PowerOff()
		must(t, s.running.ready(s.client))
		s.nodes["c3"].PowerOff()
		s.eventually("nothing answers", func() error {
			if s.running.ready(s.client) == nil {
				return errors.New("it does")
			}
			return nil
		})
	})

	s.test("nothing of it is left", func(t *testing.T) {
		for _, n := range s.nodes {
			n.Close()
			expectNoProcessIn(t, n.options.Directory)
		}
	})
}

var machineConfigs = resource.NewMetadata(configresource.NamespaceName, configresource.MachineConfigType, "", resource.VersionUndefined)

func TestRegisterWithTaints(t *testing.T) {
	t.Parallel()
	bundle, err := shared()
	must(t, err)
	for kind, want := range map[machinetype.Type]map[string][]string{
		machinetype.TypeWorker:       {"v1.13.9": {"a:NoSchedule"}, "v1.14.0": {"a:NoSchedule", "b=c:NoExecute"}},
		machinetype.TypeControlPlane: {"v1.13.9": {"a:NoSchedule", "node-role.kubernetes.io/control-plane:NoSchedule"}},
	} {
		text := generatedFor(t, kind, "https://127.0.0.2:6443", bundle, `
machine:
  nodeTaints: {a: "x:NoExecute", b: "c:NoExecute"}
  kubelet: {extraConfig: {registerWithTaints: [{key: a, effect: NoSchedule}]}}`).configuration
		for version, want := range want {
			c, err := decode(text, System{Version: version}, Options{Disk: "/dev/sda"})
			must(t, err)
			node := &corev1.Node{Spec: corev1.NodeSpec{Taints: c.machine(Options{Kubernetes: "127.0.0.2:6443", System: System{Version: version}}).RegisterWithTaints}}
			if got := taints(node); !slices.Equal(got, want) {
				t.Errorf("%s on Talos %s registers with %v, want %v", kind, version, got, want)
			}
		}
	}
}
