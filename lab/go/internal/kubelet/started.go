package kubelet

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/tools/cache"
)

const (
	// ciliumConfig is the ConfigMap that Cilium's agent and operator read.
	ciliumConfig = "cilium-config"
	// startedWith is the annotation in which a pod of Cilium's shows the configuration that it has read.
	startedWith = "lab/started-with"
)

// started is what the containers of pods have read from ConfigMaps. A program reads its configuration when it starts, and what
// becomes of the ConfigMap later is nothing to it.
type started map[types.UID]map[string]map[string]string

// memory is what running containers have found at their start. It is kept on the disk: a kubelet that restarts finds them
// running, unless the machine has booted in the meantime.
type memory struct {
	Boot string
	// Started is what running pods have read.
	Started started
	// Operators is what the starts of Cilium's operators on the node have come to.
	Operators map[types.UID]string
}

func (k *Kubelet) memoryFile() string { return filepath.Join(k.settings.Directory, "started.json") }

// recall reads the memory of this boot.
func (k *Kubelet) recall(boot string) {
	k.memory = memory{Boot: boot, Started: started{}}
	var kept memory
	text, err := os.ReadFile(k.memoryFile())
	if err == nil && json.Unmarshal(text, &kept) == nil && kept.Boot == boot && kept.Started != nil {
		k.memory = kept
	}
}

// remember writes the memory, if it has changed.
func (k *Kubelet) remember() error {
	text, err := json.Marshal(k.memory)
	if err != nil || bytes.Equal(text, k.remembered) {
		return err
	}
	k.remembered = text
	return os.WriteFile(k.memoryFile(), text, 0o600)
}

// forget drops what containers have read that do not run any longer. The readiness of a pod tells nothing of that: the
// controller of nodes takes it away from all pods of a node that was not ready for a moment.
func (s started) forget(store cache.Store) {
	running := started{}
	for _, each := range store.List() {
		if pod, ok := each.(*corev1.Pod); ok && condition(pod, corev1.ContainersReady) == corev1.ConditionTrue {
			running[pod.UID] = nil
		}
	}
	maps.DeleteFunc(s, func(uid types.UID, _ map[string]map[string]string) bool {
		_, is := running[uid]
		return !is
	})
}

// startPrograms lets the programs in the node's pods that read something when they start do so once.
func (k *Kubelet) startPrograms(ctx context.Context, pods cache.Store, node string) error {
	k.memory.Started.forget(pods)
	if err := k.startCilium(ctx, pods, node); err != nil {
		return fmt.Errorf("the configuration of Cilium: %w", err)
	}
	if err := k.startOperators(ctx, pods, node); err != nil {
		return fmt.Errorf("the start of Cilium's operator: %w", err)
	}
	return nil
}

// read is the content of a ConfigMap as the containers of a running pod have found it.
func (k *Kubelet) read(ctx context.Context, pod *corev1.Pod, name string) (map[string]string, error) {
	if content, is := k.memory.Started[pod.UID][name]; is {
		return content, nil
	}
	configMap, err := k.client.CoreV1().ConfigMaps(pod.Namespace).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return nil, err
	}
	if k.memory.Started[pod.UID] == nil {
		k.memory.Started[pod.UID] = map[string]map[string]string{}
	}
	k.memory.Started[pod.UID][name] = configMap.Data
	return configMap.Data, nil
}

// startCilium lets the agents and operators of the node read their configuration, and shows it at their pods.
func (k *Kubelet) startCilium(ctx context.Context, store cache.Store, node string) error {
	for _, each := range store.List() {
		pod, ok := each.(*corev1.Pod)
		if !ok || pod.Spec.NodeName != node || !works(pod) || !isCilium(pod) {
			continue
		}
		content, err := k.read(ctx, pod, ciliumConfig)
		if apierrors.IsNotFound(err) {
			continue
		}
		if err != nil {
			return err
		}
		shown, err := json.Marshal(content)
		if err != nil {
			return err
		}
		if pod.Annotations[startedWith] == string(shown) {
			continue
		}
		patch, err := json.Marshal(object{"metadata": object{"annotations": object{startedWith: string(shown)}}})
		if err != nil {
			return err
		}
		_, err = k.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, types.MergePatchType, patch, metav1.PatchOptions{})
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return nil
}

// isCilium tells whether a pod is an agent or an operator, whose images are cilium and operator-generic.
func isCilium(pod *corev1.Pod) bool {
	for _, container := range pod.Spec.Containers {
		if strings.Contains(container.Image, "/cilium/cilium:") || strings.Contains(container.Image, "/cilium/operator") {
			return true
		}
	}
	return false
}
