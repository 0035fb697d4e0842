package standin

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
)

// demoRelease is a release of the small chart.
func demoRelease(t *testing.T) object {
	t.Helper()
	return object{"name": "demo", "namespace": "kube-system", "chart": writeChart(t, nil)}
}

func TestHelmReleaseIsInstalledUpgradedAndUninstalled(t *testing.T) {
	tf, cluster := servingHelm(t)
	configuration := demoRelease(t)
	planned := tf.plan("helm_release", tftypes.Value{}, configuration)
	for name, want := range map[string]string{"status": "deployed", "version": "1.2.3", "description": "", "manifest": "", "id": "(known after apply)"} {
		expect(t, "the planned "+name, attribute(t, planned.planned, name), want)
	}
	if resources := part(t, planned.planned, "resources"); !resources.IsNull() || !resources.IsKnown() {
		t.Errorf("the planned resources are %s, want null", resources)
	}
	if part(t, planned.planned, "metadata").IsKnown() {
		t.Error("the planned metadata is known")
	}

	state, problems := tf.carryOut("helm_release", planned)
	expect(t, "the errors", problems, "")
	for name, want := range map[string]string{"id": "demo", "status": "deployed", "description": "", "manifest": ""} {
		expect(t, "the "+name, attribute(t, state, name), want)
	}
	for name, want := range map[string]string{"chart": "demo", "version": "1.2.3", "app_version": "4", "values": "{}", "notes": "demo says hello"} {
		expect(t, "the metadata's "+name, attribute(t, state, "metadata", name), want)
	}
	cluster.expectHistory(t, "demo", release.StatusDeployed)
	state = tf.refresh("helm_release", state)
	if tf.plan("helm_release", state, configuration).changes() {
		t.Error("nothing changed, and it is planned to change")
	}

	configuration["values"] = []any{"greeting: hi"}
	state = tf.update("helm_release", state, configuration)
	expect(t, "the notes", attribute(t, state, "metadata", "notes"), "demo says hi")
	cluster.expectHistory(t, "demo", release.StatusSuperseded, release.StatusDeployed)
	configuration["namespace"] = "other"
	expectReplace(t, tf.plan("helm_release", state, configuration), "namespace")

	expect(t, "the errors", tf.destroy("helm_release", state), "")
	cluster.expectHistory(t, "demo")
}

func TestHelmReleaseThatFailedAtFirst(t *testing.T) {
	for name, c := range map[string]struct {
		given, again string
		history      []release.Status
	}{
		"is stuck":                       {"", "installation failed: cannot re-use a name that is still in use", []release.Status{"failed"}},
		"is repaired by upgrade_install": {"upgrade_install", "", []release.Status{"superseded", "deployed"}},
		"is repaired by replace":         {"replace", "", []release.Status{"failed", "deployed"}},
		"is stuck with cleanup_on_fail":  {"cleanup_on_fail", "installation failed: cannot re-use a name that is still in use", []release.Status{"failed"}},
	} {
		t.Run(name, func(t *testing.T) {
			tf, cluster := servingHelm(t)
			cluster.WaitError = errNotReady
			configuration := demoRelease(t)
			if c.given != "" {
				configuration[c.given] = true
			}
			state, problems := tf.carryOut("helm_release", tf.plan("helm_release", tftypes.Value{}, configuration))
			expect(t, "the errors", problems, `Helm release created with warnings: Helm release "demo" was created but has a failed status. `+
				"Use the `helm` command to investigate the error, correct it, then run Terraform again.\nHelm release error: context deadline exceeded")
			if !state.IsNull() {
				t.Errorf("the failed release is in the state: %s", state)
			}
			cluster.expectHistory(t, "demo", release.StatusFailed)

			cluster.WaitError = nil
			state, problems = tf.carryOut("helm_release", tf.plan("helm_release", tftypes.Value{}, configuration))
			expect(t, "the errors", problems, c.again)
			cluster.expectHistory(t, "demo", c.history...)
			if c.again == "" && tf.plan("helm_release", tf.refresh("helm_release", state), configuration).changes() {
				t.Error("nothing changed since the repair, and it is planned to change")
			}
		})
	}
}

func TestHelmReleaseAtomicLeavesNothing(t *testing.T) {
	tf, cluster := servingHelm(t)
	cluster.WaitError = errNotReady
	configuration := demoRelease(t)
	configuration["atomic"] = true
	_, problems := tf.carryOut("helm_release", tf.plan("helm_release", tftypes.Value{}, configuration))
	expect(t, "the errors", problems,
		"installation failed: release demo failed, and has been uninstalled due to atomic being set: context deadline exceeded")
	cluster.expectHistory(t, "demo")
}

// Terraform that was killed leaves a release pending, with which Helm does nothing until its record is gone.
func TestHelmReleaseThatIsPending(t *testing.T) {
	tf, cluster := servingHelm(t)
	configuration := demoRelease(t)
	configuration["upgrade_install"] = true
	pending := release.Mock(&release.MockReleaseOptions{Name: "demo", Namespace: "kube-system", Status: release.StatusPendingInstall})
	must(t, cluster.releases.Create(pending))
	_, problems := tf.carryOut("helm_release", tf.plan("helm_release", tftypes.Value{}, configuration))
	expect(t, "the errors", problems, "installation failed: another operation (install/upgrade/rollback) is in progress")
	_, err := cluster.releases.Delete("demo", 1)
	must(t, err)
	tf.apply("helm_release", configuration)
	cluster.expectHistory(t, "demo", release.StatusDeployed)
}

func TestHelmReleaseUpgradeThatFails(t *testing.T) {
	tf, cluster := servingHelm(t)
	configuration := demoRelease(t)
	state := tf.apply("helm_release", configuration)
	configuration["values"] = []any{"greeting: hi"}
	cluster.WaitError = errNotReady
	kept, problems := tf.carryOut("helm_release", tf.plan("helm_release", state, configuration))
	expect(t, "the errors", problems, "Error upgrading chart: Upgrade failed: context deadline exceeded")
	if !kept.Equal(state) {
		t.Errorf("the state is %s, want the one before", kept)
	}
	state = tf.refresh("helm_release", state)
	expect(t, "the status", attribute(t, state, "status"), "failed")

	cluster.WaitError = nil
	state = tf.update("helm_release", state, configuration)
	expect(t, "the status", attribute(t, state, "status"), "deployed")
	cluster.expectHistory(t, "demo", release.StatusSuperseded, release.StatusFailed, release.StatusDeployed)
}

// Nothing but the status differs from the state, so the real provider plans the release as it was before the upgrade that
// failed; Terraform then calls the outcome inconsistent.
func TestHelmReleaseUpgradeThatFailedAndIsTakenBack(t *testing.T) {
	tf, cluster := servingHelm(t)
	before := demoRelease(t)
	state := tf.apply("helm_release", before)
	changed := maps.Clone(before)
	changed["values"] = []any{"greeting: hi"}
	cluster.WaitError = errNotReady
	_, _ = tf.carryOut("helm_release", tf.plan("helm_release", state, changed))
	cluster.WaitError = nil
	state = tf.refresh("helm_release", state)
	planned := tf.plan("helm_release", state, before)
	expect(t, "the planned status", attribute(t, planned.planned, "status"), "deployed")
	if !part(t, planned.planned, "metadata").Equal(part(t, state, "metadata")) {
		t.Error("the planned metadata is not that of the release which failed")
	}
	made, problems := tf.carryOut("helm_release", planned)
	expect(t, "the errors", problems, "")
	if part(t, planned.planned, "metadata").Equal(part(t, made, "metadata")) {
		t.Error("the metadata is as planned, though there is another revision")
	}
	cluster.expectHistory(t, "demo", release.StatusSuperseded, release.StatusFailed, release.StatusDeployed)
}

// The real provider takes a release that it can't read for one that is gone, and says nothing.
func TestHelmReleaseWithoutItsCluster(t *testing.T) {
	tf, cluster := servingHelm(t)
	configuration := demoRelease(t)
	configuration["upgrade_install"] = true
	state := tf.apply("helm_release", configuration)
	cluster.unreachable = errUnreachable
	if refreshed := tf.refresh("helm_release", state); !refreshed.IsNull() {
		t.Errorf("the release is in the state: %s", refreshed)
	}
	expect(t, "the errors", tf.destroy("helm_release", state), "")
	configuration["version"] = "1.2.3"
	planned := tf.plan("helm_release", tftypes.Value{}, configuration)
	_, problems := tf.carryOut("helm_release", planned)
	expect(t, "the errors", problems, "Error checking installed release: Failed to determine if release exists: "+errUnreachable.Error())

	cluster.unreachable = nil
	tf.apply("helm_release", configuration)
	cluster.expectHistory(t, "demo", release.StatusSuperseded, release.StatusDeployed)
}

func TestHelmValues(t *testing.T) {
	tf, _ := servingHelm(t)
	configuration := demoRelease(t)
	configuration["values"] = []any{"greeting: first\nnested: {given: first, other: 1}", "nested: {given: second}"}
	configuration["set"] = []any{object{"name": "nested.other", "value": "2"}, object{"name": "text", "value": "2", "type": "string"},
		object{"name": "whole", "value": "{a: [1]}", "type": "literal"}}
	configuration["set_list"] = []any{object{"name": "list", "value": []any{"a", "b"}}}
	configuration["set_sensitive"] = []any{object{"name": "nested.secret", "value": "hush"}}
	state := tf.apply("helm_release", configuration)
	expect(t, "the values", attribute(t, state, "metadata", "values"), `{"greeting":"first","list":["a","b"],`+
		`"nested":{"given":"second","other":2,"secret":"(sensitive value)"},"text":"2","whole":{"a":[1]}}`)

	configuration["set_wo"], configuration["set_wo_revision"] = []any{object{"name": "greeting", "value": "written"}}, 1
	state = tf.update("helm_release", state, configuration)
	expect(t, "the values", attribute(t, state, "metadata", "values"), "{}")
	expect(t, "the notes", attribute(t, state, "metadata", "notes"), "demo says written")

	configuration = demoRelease(t)
	configuration["values"] = []any{"- not\n- a mapping"}
	_, problems := tf.carryOut("helm_release", tf.plan("helm_release", tftypes.Value{}, configuration))
	expectContains(t, problems, "Error unmarshaling values: ")
}

func TestHelmRefusesAtPlan(t *testing.T) {
	tf, _ := servingHelm(t)
	for name, c := range map[string]struct {
		change object
		want   string
	}{
		"a chart that is not there": {object{"chart": "./nowhere"}, `Error locating chart: Unable to locate chart ./nowhere: path "./nowhere" not found`},
		"another version":           {object{"version": "1.2.4"}, `The version in the configuration is "1.2.4" but the planned version is "1.2.3".`},
		"a chart with faults":       {object{"chart": writeChart(t, map[string]string{"templates/a.yaml": "a: {{ nothing }}"}), "lint": true}, "Lint Error: malformed chart or values"},
		"a missing dependency": {object{"chart": writeChart(t, map[string]string{"Chart.yaml": chartFiles["Chart.yaml"] +
			"dependencies: [{name: other, version: 1.0.0, repository: https://example.org}]\n"})}, "Found in Chart.yaml, but missing in charts/ directory"},
	} {
		t.Run(name, func(t *testing.T) {
			configuration := demoRelease(t)
			for attribute, value := range c.change {
				configuration[attribute] = value
			}
			expectContains(t, tf.plan("helm_release", tftypes.Value{}, configuration).errors, c.want)
		})
	}
	configuration := demoRelease(t)
	configuration["version"] = "v1.2.3"
	expect(t, "the version as it was written", attribute(t, tf.apply("helm_release", configuration), "version"), "v1.2.3")
}

func TestHelmRefusesALibraryAtApply(t *testing.T) {
	tf, _ := servingHelm(t)
	configuration := demoRelease(t)
	configuration["chart"] = writeChart(t, map[string]string{"Chart.yaml": chartFiles["Chart.yaml"] + "type: library\n"})
	_, problems := tf.carryOut("helm_release", tf.plan("helm_release", tftypes.Value{}, configuration))
	expectContains(t, problems, "library charts are not installable")
}

func TestHelmReadsChartsOfARepository(t *testing.T) {
	folder := t.TempDir()
	loaded, err := loader.Load(writeChart(t, nil))
	must(t, err)
	_, err = chartutil.Save(loaded, folder)
	must(t, err)
	must(t, os.WriteFile(filepath.Join(folder, "index.yaml"), []byte(
		"apiVersion: v1\nentries: {demo: [{name: demo, version: 1.2.3, urls: [demo-1.2.3.tgz]}]}\n"), 0o644))
	repository := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer repository.Close()
	t.Setenv("HELM_REPOSITORY_CACHE", t.TempDir())
	tf, _ := servingHelm(t)
	configuration := object{"name": "demo", "namespace": "kube-system", "chart": "demo", "repository": repository.URL, "version": "1.2.3"}
	state := tf.apply("helm_release", configuration)
	expect(t, "the chart", attribute(t, state, "metadata", "chart"), "demo")
	configuration["version"] = "1.3.0"
	expectContains(t, tf.plan("helm_release", state, configuration).errors, `chart "demo" version "1.3.0" not found in `+repository.URL+" repository")
}

func TestHelmReleaseIsImported(t *testing.T) {
	tf, _ := servingHelm(t)
	configuration := demoRelease(t)
	tf.apply("helm_release", configuration)
	imported := func(id string) (tftypes.Value, string) {
		answer, err := tf.server.ImportResourceState(t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: "helm_release", ID: id})
		must(t, err)
		if problems := texts(answer.Diagnostics); problems != "" {
			return tftypes.Value{}, problems
		}
		return tf.unpack(tf.schema.ResourceSchemas["helm_release"], answer.ImportedResources[0].State), ""
	}
	state, problems := imported("kube-system/demo")
	expect(t, "the errors", problems, "")
	for name, want := range map[string]string{"id": "demo", "namespace": "kube-system", "chart": "demo", "status": "deployed", "description": "Install complete"} {
		expect(t, "the "+name, attribute(t, state, name), want)
	}
	_, problems = imported("demo")
	expectContains(t, problems, `Unexpected ID format ("demo"), expected namespace/name`)
	_, problems = imported("kube-system/other")
	expectContains(t, problems, "Unable to get Helm release other: release: not found")
}

func TestHelmTemplate(t *testing.T) {
	tf, _ := servingHelm(t)
	configuration := object{"name": "demo", "chart": writeChart(t, nil), "kube_version": "1.35.4", "values": []any{"greeting: hi"}}
	state, problems := tf.data("helm_template", configuration)
	expect(t, "the errors", problems, "")
	configMap := "---\n# Source: demo/templates/config-map.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata: {greeting: hi, version: v1.35.4}\n"
	pod := "---\n# Source: demo/templates/tests/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: try, annotations: {helm.sh/hook: test}}\n"
	expect(t, "the manifest", attribute(t, state, "manifest"), configMap+pod)
	expect(t, "the manifest of a template", attribute(t, state, "manifests", "templates/config-map.yaml"), configMap)
	expect(t, "the notes", attribute(t, state, "notes"), "demo says hi")
	expect(t, "the version of a chart in a folder", attribute(t, state, "version"), "")
	expect(t, "the namespace", attribute(t, state, "namespace"), "default")
	for name, want := range map[string]tftypes.Value{
		"description": tftypes.NewValue(tftypes.String, ""), "keyring": tftypes.NewValue(tftypes.String, ""),
		"wait": tftypes.NewValue(tftypes.Bool, false), "render_subchart_notes": tftypes.NewValue(tftypes.Bool, false),
		"devel": tftypes.NewValue(tftypes.Bool, nil), "pass_credentials": tftypes.NewValue(tftypes.Bool, nil),
		"timeout": tftypes.NewValue(tftypes.Number, 300),
		"crds":    tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, []tftypes.Value{tftypes.NewValue(tftypes.String, chartFiles["crds/thing.yaml"])}),
	} {
		if got := part(t, state, name); !got.Equal(want) {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}

	configuration["skip_tests"] = true
	state, _ = tf.data("helm_template", configuration)
	expect(t, "the manifest without tests", attribute(t, state, "manifest"), configMap)
	configuration["show_only"] = []any{"templates/other.yaml"}
	_, problems = tf.data("helm_template", configuration)
	expect(t, "the errors", problems, `Template Not Found: Could not find template "templates/other.yaml" in chart`)
	_, problems = tf.data("helm_template", object{"name": "demo", "chart": writeChart(t, map[string]string{"templates/a.yaml": "{{ fail \"needs the relay\" }}"})})
	expectContains(t, problems, "Error running Helm install: Error running Helm install: execution error at (demo/templates/a.yaml:1:3): needs the relay")
}

func TestHelmRefusesItsExperiment(t *testing.T) {
	tf := serving(t, "helm", object{"experiments": object{"manifest": true}})
	expectContains(t, tf.plan("helm_release", tftypes.Value{}, demoRelease(t)).errors, "leave experiments.manifest out")
}
