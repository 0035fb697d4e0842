package kubelet

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
)

// exitCodeOfLost is what a kubelet reports of a container that it does not find any more.
const exitCodeOfLost = 255

// restartContainers does once for each boot of the machine what a kubelet does with pods whose containers the boot has ended. The pods
// stay, and their containers are restarted; a pod that runs once has failed.
//
// See https://kubernetes.io/docs/concepts/workloads/pods/pod-lifecycle/#container-restarts
func (k *Kubelet) restartContainers(ctx context.Context, machine Machine) error {
	marker := filepath.Join(k.settings.Directory, "boot")
	if last, err := os.ReadFile(marker); err == nil && string(last) == machine.Boot {
		return nil
	}
	list, err := k.client.CoreV1().Pods("").List(ctx, metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("spec.nodeName", machine.Name).String()})
	if err != nil {
		return err
	}
	for _, pod := range list.Items {
		if pod.DeletionTimestamp != nil || pod.Status.Phase != corev1.PodRunning {
			continue
		}
		patch, err := json.Marshal(object{"status": restarted(&pod)})
		if err != nil {
			return err
		}
		// A merge patch has the lists whole.
		_, err = k.client.CoreV1().Pods(pod.Namespace).Patch(ctx, pod.Name, "application/merge-patch+json", patch, metav1.PatchOptions{}, "status")
		if err != nil && !apierrors.IsNotFound(err) {
			return err
		}
	}
	return os.WriteFile(marker, []byte(machine.Boot), 0o600)
}

// restarted is the status of a pod whose containers were lost.
func restarted(pod *corev1.Pod) object {
	now := metav1.Now()
	isOver := pod.Spec.RestartPolicy == corev1.RestartPolicyNever
	statuses := pod.Status.DeepCopy().ContainerStatuses
	for i := range statuses {
		container := &statuses[i]
		if container.State.Running == nil {
			continue
		}
		lost := corev1.ContainerState{Terminated: &corev1.ContainerStateTerminated{
			ExitCode: exitCodeOfLost, Reason: "Unknown", StartedAt: container.State.Running.StartedAt, FinishedAt: now}}
		if isOver {
			container.State, container.Ready, container.Started = lost, false, new(bool)
			continue
		}
		container.RestartCount++
		container.LastTerminationState = lost
		container.State = corev1.ContainerState{Running: &corev1.ContainerStateRunning{StartedAt: now}}
	}
	status := object{"containerStatuses": statuses}
	if isOver {
		conditions := pod.Status.DeepCopy().Conditions
		for i := range conditions {
			if kind := conditions[i].Type; kind == corev1.PodReady || kind == corev1.ContainersReady {
				conditions[i].Status, conditions[i].LastTransitionTime = corev1.ConditionFalse, now
			}
		}
		status["phase"], status["conditions"] = corev1.PodFailed, conditions
	}
	return status
}
