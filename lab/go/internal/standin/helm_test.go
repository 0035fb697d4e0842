package standin

import (
	"archive/tar"
	"compress/gzip"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestHelmReleaseIsRecorded(t *testing.T) {
	tf := serving(t, "helm", object{"kubernetes": object{"config_path": "/nowhere"}})
	configuration := object{"name": "cilium", "repository": "https://helm.cilium.io/", "chart": "cilium", "version": "1.18.12",
		"namespace": "kube-system", "values": []any{"ipam: {mode: kubernetes}", "operator: {replicas: 1}"}}
	state := tf.apply("helm_release", configuration)
	expect(t, "the status", attribute(t, state, "status"), "deployed")
	expect(t, "the chart", attribute(t, state, "metadata", "chart"), "cilium")
	expect(t, "the values", attribute(t, state, "metadata", "values"), `{"ipam":{"mode":"kubernetes"},"operator":{"replicas":1}}`)
	if tf.plan("helm_release", state, configuration).changes() {
		t.Error("nothing changed, and it is planned to change")
	}
	configuration["version"] = "1.18.13"
	updated := tf.update("helm_release", state, configuration)
	expect(t, "the version", attribute(t, updated, "metadata", "version"), "1.18.13")
	configuration["namespace"] = "cilium"
	expectReplace(t, tf.plan("helm_release", state, configuration), "namespace")
}

func TestHelmReadsLocalCharts(t *testing.T) {
	tf := serving(t, "helm", object{})
	folder := filepath.Join(t.TempDir(), "chart")
	must(t, os.MkdirAll(folder, 0o755))
	text := []byte("apiVersion: v2\nname: demo\nversion: 1.2.3\nappVersion: \"4\"\n")
	must(t, os.WriteFile(filepath.Join(folder, "Chart.yaml"), text, 0o644))
	archive := filepath.Join(t.TempDir(), "demo-1.2.3.tgz")
	file, err := os.Create(archive)
	must(t, err)
	zipped := gzip.NewWriter(file)
	packed := tar.NewWriter(zipped)
	must(t, packed.WriteHeader(&tar.Header{Name: "demo/Chart.yaml", Mode: 0o644, Size: int64(len(text))}))
	_, err = packed.Write(text)
	must(t, err)
	must(t, packed.Close())
	must(t, zipped.Close())
	must(t, file.Close())

	for _, chart := range []string{folder, archive} {
		state := tf.apply("helm_release", object{"name": "demo", "chart": chart})
		expect(t, "the chart", attribute(t, state, "metadata", "chart"), "demo")
		expect(t, "the version", attribute(t, state, "version"), "1.2.3")
		template, problems := tf.data("helm_template", object{"name": "demo", "chart": chart})
		expect(t, "the errors", problems, "")
		expectContains(t, attribute(t, template, "manifest"), "name: demo-stand-in")
	}
}

func TestHelmRefusesAtPlan(t *testing.T) {
	tf := serving(t, "helm", object{})
	expectContains(t, tf.plan("helm_release", tftypes.Value{}, object{"name": "a", "chart": "./nowhere"}).errors, "could not download chart")
	expectContains(t, tf.plan("helm_release", tftypes.Value{}, object{"name": "a", "chart": "a", "repository": "https://example.org",
		"values": []any{"- not\n- a mapping"}}).errors, "could not read values")
}
