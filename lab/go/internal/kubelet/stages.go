package kubelet

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

type object = map[string]any

// What becomes of a pod's status, as templates of kwok.
var (
	//go:embed stages/running.tpl
	running string
	//go:embed stages/completed.tpl
	completed string
	//go:embed stages/failed.tpl
	failed string
	//go:embed stages/restarting.tpl
	restarting string
	//go:embed stages/image-missing.tpl
	imageMissing string
	//go:embed stages/heartbeat.tpl
	heartbeat string
)

// Names in kwok's expressions, which are jq's.
const (
	runsOnce  = ".spec.restartPolicy"
	phase     = ".status.phase"
	isDeleted = ".metadata.deletionTimestamp"
	isReady   = `.status.conditions.[] | select(.type == "Ready") | .status`
	waitsFor  = ".status.containerStatuses.[] | .state.waiting.reason"
)

// startOfOperator is what the start of Cilium's operator has come to, or that it is awaited; nothing for other pods.
var startOfOperator = fmt.Sprintf(`if .spec.containers | any(.image | test(%s)) then .metadata.annotations[%s] // "awaited" else "" end`,
	quote(operatorImage), quote(gatewayAnnotation))

type expression = object

// endOfCommand is how the command of a pod that runs once on a claimed volume has ended, or that it is awaited; nothing for other pods.
var endOfCommand = fmt.Sprintf(`if .spec.restartPolicy == "Never" and (.spec.volumes // [] | any(.persistentVolumeClaim)) then .metadata.annotations[%s] // "awaited" else "" end`,
	quote(endedAnnotation))

func in(key string, values ...string) expression    { return jq(key, "In", values) }
func notIn(key string, values ...string) expression { return jq(key, "NotIn", values) }
func exists(key string) expression                  { return jq(key, "Exists", nil) }
func absent(key string) expression                  { return jq(key, "DoesNotExist", nil) }

func jq(key, operator string, values []string) expression {
	requirement := object{"key": key, "operator": operator}
	if values != nil {
		requirement["values"] = values
	}
	return expression{"jq": requirement}
}

// stages are kwok's rules for the life of pods and for the node's heartbeat.
//
// See https://kwok.sigs.k8s.io/docs/user/stages-configuration/
func stages(faults []Fault) []byte {
	named := func(reason string) string {
		return fmt.Sprintf(`.metadata.namespace + "/" + .metadata.name | test(%s)`, quote(pattern(faults, reason)))
	}
	withoutImage, ending := named(ImagePull), named(Error)
	here := absent(isDeleted)
	fine := []expression{here, notIn(withoutImage, "true"), notIn(ending, "true"), notIn(startOfOperator, "awaited", operatorEnds)}
	var text strings.Builder
	for _, stage := range []object{
		podStage("running", append(fine, in(phase, "Pending", "Running"), notIn(isReady, "True")), patch(running)),
		podStage("completed", append(fine, in(phase, "Running"), in(isReady, "True"), in(runsOnce, "Never", "OnFailure"),
			notIn(endOfCommand, "awaited", endedBadly)), patch(completed)),
		podStage("command-failed", append(fine, in(phase, "Running"), in(endOfCommand, endedBadly)), patch(failed)),
		podStage("image-missing", []expression{here, in(withoutImage, "true"), in(phase, "Pending"), notIn(waitsFor, "ImagePullBackOff")},
			patch(imageMissing), warn("Failed", "Failed to pull image: the registry does not have it")),
		podStage("failed", []expression{here, in(ending, "true"), in(phase, "Pending", "Running"), in(runsOnce, "Never")}, patch(failed)),
		podStage("restarting", []expression{here, in(ending, "true"), notIn(runsOnce, "Never"), notIn(waitsFor, "CrashLoopBackOff")},
			patch(restarting), warn("BackOff", "Back-off restarting failed container")),
		podStage("operator-ends", []expression{here, in(startOfOperator, operatorEnds), notIn(waitsFor, "CrashLoopBackOff")},
			patch(restarting), warn("BackOff", "Back-off restarting failed container")),
		podStage("deleted", []expression{exists(isDeleted)}, object{"delete": true}),
		stage("Node", "heartbeat", []expression{in(isReady, "True", "False")}, patch(heartbeat)),
	} {
		document, _ := json.Marshal(stage)
		text.Write(document)
		text.WriteString("\n---\n")
	}
	return []byte(text.String())
}

func podStage(name string, selector []expression, steps ...object) object {
	return stage("Pod", name, selector, steps...)
}

func stage(kind, name string, selector []expression, steps ...object) object {
	spec := object{
		"resourceRef": object{"apiGroup": "v1", "kind": kind},
		"selector":    object{"matchExpressions": selector},
		"steps":       steps,
	}
	if kind == "Node" {
		// As often as a kubelet repeats what has not changed; that it is alive, its lease says.
		spec["delay"] = object{"durationMilliseconds": 300_000}
	}
	return object{"apiVersion": "kwok.x-k8s.io/v1alpha1", "kind": "Stage", "metadata": object{"name": name}, "spec": spec}
}

func patch(status string) object {
	return object{"patch": object{"subresource": "status", "root": "status", "template": status}}
}

func warn(reason, message string) object {
	return object{"event": object{"type": "Warning", "reason": reason, "message": message}}
}

func quote(text string) string {
	quoted, _ := json.Marshal(text)
	return string(quoted)
}
