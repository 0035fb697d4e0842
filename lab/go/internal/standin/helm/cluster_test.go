package helm

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chartutil"
	kubefake "helm.sh/helm/v3/pkg/kube/fake"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage"
	"helm.sh/helm/v3/pkg/storage/driver"

	. "lab/internal/standin/standintest"
)

// memoryCluster is a cluster in memory that keeps releases and takes every object; its client fails as it is told.
type memoryCluster struct {
	kubefake.FailingKubeClient
	releases    *storage.Storage
	unreachable error
}

func (c *memoryCluster) IsReachable() error { return c.unreachable }

var errNotReady, errUnreachable = errors.New("context deadline exceeded"), errors.New("Kubernetes cluster unreachable: connection refused")

// serving starts the stand-in of the provider helm with a cluster of the test's own.
func serving(t *testing.T) (*Terraform, *memoryCluster) {
	t.Helper()
	memory := driver.NewMemory()
	memory.SetNamespace("kube-system")
	cluster := &memoryCluster{releases: storage.Init(memory)}
	cluster.Out = io.Discard
	real := connect
	t.Cleanup(func() { connect = real })
	connect = func(*provider, string) (*action.Configuration, error) {
		return &action.Configuration{Releases: cluster.releases, KubeClient: cluster,
			Capabilities: chartutil.DefaultCapabilities, Log: func(string, ...any) {}}, nil
	}
	return Start(t, "helm", Behaviour, Object{}), cluster
}

// expectHistory compares the statuses of a release's revisions.
func (c *memoryCluster) expectHistory(t *testing.T, name string, want ...release.Status) {
	t.Helper()
	history, err := c.releases.History(name)
	if err != nil && !errors.Is(err, driver.ErrReleaseNotFound) {
		t.Fatal(err)
	}
	got := make([]release.Status, len(history))
	for _, revision := range history {
		got[revision.Version-1] = revision.Info.Status
	}
	if len(got) != len(want) {
		t.Fatalf("the history of %s is %v, want %v", name, got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("the history of %s is %v, want %v", name, got, want)
		}
	}
}

// chartFiles is a small chart: one object, one test, one definition, notes.
var chartFiles = map[string]string{
	"Chart.yaml":                "apiVersion: v2\nname: demo\nversion: 1.2.3\nappVersion: \"4\"\n",
	"values.yaml":               "greeting: hello\nnested: {kept: true, given: default}\n",
	"templates/config-map.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: {{ .Release.Name }}}\ndata: {greeting: {{ .Values.greeting }}, version: {{ .Capabilities.KubeVersion.Version }}}\n",
	"templates/tests/pod.yaml":  "apiVersion: v1\nkind: Pod\nmetadata: {name: try, annotations: {helm.sh/hook: test}}\n",
	"templates/NOTES.txt":       "{{ .Release.Name }} says {{ .Values.greeting }}",
	"crds/thing.yaml":           "kind: CustomResourceDefinition\n",
}

// writeChart writes a chart and returns its folder; changes replace files of chartFiles.
func writeChart(t *testing.T, changes map[string]string) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "demo")
	for _, files := range []map[string]string{chartFiles, changes} {
		for name, text := range files {
			file := filepath.Join(folder, name)
			Must(t, os.MkdirAll(filepath.Dir(file), 0o755))
			Must(t, os.WriteFile(file, []byte(text), 0o644))
		}
	}
	return folder
}
