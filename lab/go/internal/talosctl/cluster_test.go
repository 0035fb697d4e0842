package talosctl

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	machinetype "github.com/siderolabs/talos/pkg/machinery/config/machine"
	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"lab/internal/node"
)

// worker adds a node to the cluster of the site.
func (s site) worker(version, name string) *node.Node {
	s.Helper()
	provider, err := s.input.Config(machinetype.TypeWorker)
	check(s.T, err)
	patches, err := configpatcher.LoadPatches([]string{"apiVersion: v1alpha1\nkind: HostnameConfig\nhostname: " + name + "\nauto: off"})
	check(s.T, err)
	patched, err := configpatcher.Apply(configpatcher.WithConfig(provider), patches)
	check(s.T, err)
	text, err := patched.Bytes()
	check(s.T, err)
	n := fresh(s.T, version, s.discovery)
	check(s.T, s.applyTo(n, text))
	return n
}

func TestCluster(t *testing.T) {
	s := in(t, "v1.13.8")
	check(t, s.apply(s.configuration))
	s.must("bootstrap")
	worker := s.worker("v1.13.8", "worker-1")
	address := strings.Split(worker.TalosAddress(), ":")[0]
	s.must("health", "--wait-timeout", "60s", "--worker-nodes", address, "--control-plane-nodes", s.address())
	api := s.kubernetes()
	until := func(t *testing.T, what string, is func() error) {
		t.Helper()
		if err := eventually(t.Context(), 60*time.Second, func(context.Context) error { return is() }); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	}
	unschedulable := func(t *testing.T) bool {
		found, err := api.CoreV1().Nodes().Get(t.Context(), "worker-1", metav1.GetOptions{})
		check(t, err)
		return found.Spec.Unschedulable
	}

	t.Run("members of etcd are control planes alone", func(t *testing.T) {
		lines := strings.Split(strings.TrimSpace(s.must("etcd", "members")), "\n")
		if len(lines) != 2 || !strings.Contains(lines[1], "https://"+s.address()+":2379") || !strings.HasSuffix(lines[1], "false") {
			t.Errorf("%q", lines)
		}
		if _, err := s.run("--nodes", address, "etcd", "members"); err == nil || !strings.Contains(err.Error(), "only available on control plane nodes") {
			t.Errorf("of a worker: %v", err)
		}
	})

	t.Run("the last member of etcd can't leave", func(t *testing.T) {
		if _, err := s.run("etcd", "leave"); err == nil || !strings.Contains(err.Error(), "failed to leave cluster") {
			t.Errorf("got %v", err)
		}
	})

	one := int32(1)
	labels := map[string]string{"app": "guarded"}
	_, err := api.AppsV1().Deployments("default").Create(t.Context(), &appsv1.Deployment{ObjectMeta: metav1.ObjectMeta{Name: "guarded"},
		Spec: appsv1.DeploymentSpec{Replicas: &one, Selector: &metav1.LabelSelector{MatchLabels: labels}, Template: corev1.PodTemplateSpec{
			ObjectMeta: metav1.ObjectMeta{Labels: labels}, Spec: corev1.PodSpec{Containers: []corev1.Container{{Name: "main", Image: "example"}}}}}},
		metav1.CreateOptions{})
	check(t, err)
	runs := func(t *testing.T) (name string) {
		until(t, "a pod runs on the worker", func() error {
			list, err := api.CoreV1().Pods("default").List(t.Context(), metav1.ListOptions{LabelSelector: "app=guarded"})
			for _, pod := range list.Items {
				if pod.Spec.NodeName == "worker-1" && pod.Status.Phase == corev1.PodRunning && pod.DeletionTimestamp == nil {
					name = pod.Name
					return nil
				}
			}
			return errors.Join(err, fmt.Errorf("none of %d", len(list.Items)))
		})
		return name
	}

	t.Run("an upgrade drains the node first, and gives up when that takes too long", func(t *testing.T) {
		before := runs(t)
		budgets := api.PolicyV1().PodDisruptionBudgets("default")
		_, err := budgets.Create(t.Context(), &policyv1.PodDisruptionBudget{ObjectMeta: metav1.ObjectMeta{Name: "guarded"}, Spec: policyv1.PodDisruptionBudgetSpec{
			Selector: &metav1.LabelSelector{MatchLabels: labels}, MinAvailable: &intstr.IntOrString{IntVal: 1}}}, metav1.CreateOptions{})
		check(t, err)
		image := []string{"--nodes", address, "upgrade", "--image", installer(schematics[0], "v1.13.9")}
		if _, err := s.run(append(image, "--drain-timeout", "3s")...); err == nil || !strings.Contains(err.Error(), "error draining node worker-1") {
			t.Errorf("against a budget: %v", err)
		}
		if state := worker.State(); state.Version != "v1.13.8" || !unschedulable(t) {
			t.Errorf("version %s, cordoned %v", state.Version, unschedulable(t))
		}
		check(t, budgets.Delete(t.Context(), "guarded", metav1.DeleteOptions{}))
		_, err = api.CoreV1().Nodes().Patch(t.Context(), "worker-1", "application/merge-patch+json", []byte(`{"spec":{"unschedulable":false}}`), metav1.PatchOptions{})
		check(t, err)
		s.must(append(image, "--timeout", "60s")...)
		if state := worker.State(); state.Version != "v1.13.9" || unschedulable(t) {
			t.Errorf("version %s, cordoned %v", state.Version, unschedulable(t))
		}
		if after := runs(t); after == before {
			t.Error("the pod was not evicted")
		}
	})

	t.Run("a node that dies in the middle of an upgrade stays away until it is switched on", func(t *testing.T) {
		check(t, worker.SetFaults([]*node.Rule{{Method: "boot", Message: "kernel panic"}}))
		if _, err := s.run("--nodes", address, "upgrade", "--image", installer(schematics[1], "v1.13.9"), "--drain=false", "--timeout", "3s"); err == nil {
			t.Error("the upgrade ends well")
		}
		if worker.State().On {
			t.Error("it is on")
		}
		check(t, worker.SetFaults(nil))
		check(t, worker.PowerOn(node.Hardware{Cores: 2, Memory: 4096}))
		until(t, "it runs what was installed", func() error {
			_, err := s.run("--nodes", address, "version")
			if err == nil && worker.State().Schematic != schematics[1] {
				err = errors.New("it does not")
			}
			return err
		})
	})

	t.Run("Kubernetes is upgraded on all nodes", func(t *testing.T) {
		s.must("upgrade-k8s", "--to", "1.35.4", "--timeout", "60s")
		list, err := api.CoreV1().Nodes().List(t.Context(), metav1.ListOptions{})
		check(t, err)
		for _, each := range list.Items {
			if got := each.Status.NodeInfo.KubeletVersion; got != "v1.35.4" {
				t.Errorf("%s: %s", each.Name, got)
			}
		}
	})

	t.Run("a node whose object is deleted does not register again before it starts anew", func(t *testing.T) {
		s.must("--nodes", address, "reset", "--graceful")
		if got := worker.State().Stage; got != node.Maintenance {
			t.Errorf("stage %s", got)
		}
		check(t, api.CoreV1().Nodes().Delete(t.Context(), "worker-1", metav1.DeleteOptions{}))
		second := s.worker("v1.13.9", "worker-2")
		registered := func() error {
			_, err := api.CoreV1().Nodes().Get(t.Context(), "worker-2", metav1.GetOptions{})
			return err
		}
		until(t, "it is registered", registered)
		check(t, api.CoreV1().Nodes().Delete(t.Context(), "worker-2", metav1.DeleteOptions{}))
		time.Sleep(3 * time.Second)
		if registered() == nil {
			t.Error("it is registered again")
		}
		second.PowerOff()
		check(t, second.PowerOn(node.Hardware{Cores: 2, Memory: 4096}))
		until(t, "it is registered", registered)
	})
}
