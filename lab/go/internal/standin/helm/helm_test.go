package helm

import (
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"

	. "lab/internal/standin/standintest"
)

func TestServesThePinnedInterface(t *testing.T) { ExpectPinnedInterface(t, "helm", Behaviour) }

// demoRelease is a release of the small chart.
func demoRelease(t *testing.T) Object {
	t.Helper()
	return Object{"name": "demo", "namespace": "kube-system", "chart": writeChart(t, nil)}
}

func TestHelmReleaseIsInstalledUpgradedAndUninstalled(t *testing.T) {
	tf, cluster := serving(t)
	configuration := demoRelease(t)
	planned := tf.Plan("helm_release", tftypes.Value{}, configuration)
	for name, want := range map[string]string{"status": "deployed", "version": "1.2.3", "description": "", "manifest": "", "id": "(known after apply)"} {
		Expect(t, "the planned "+name, Attribute(t, planned.Planned, name), want)
	}
	if resources := Part(t, planned.Planned, "resources"); !resources.IsNull() || !resources.IsKnown() {
		t.Errorf("the planned resources are %s, want null", resources)
	}
	if Part(t, planned.Planned, "metadata").IsKnown() {
		t.Error("the planned metadata is known")
	}

	state, problems := tf.CarryOut("helm_release", planned)
	Expect(t, "the errors", problems, "")
	for name, want := range map[string]string{"id": "demo", "status": "deployed", "description": "", "manifest": ""} {
		Expect(t, "the "+name, Attribute(t, state, name), want)
	}
	for name, want := range map[string]string{"chart": "demo", "version": "1.2.3", "app_version": "4", "values": "{}", "notes": "demo says hello"} {
		Expect(t, "the metadata's "+name, Attribute(t, state, "metadata", name), want)
	}
	cluster.expectHistory(t, "demo", release.StatusDeployed)
	state = tf.Refresh("helm_release", state)
	if tf.Plan("helm_release", state, configuration).Changes() {
		t.Error("nothing changed, and it is planned to change")
	}

	configuration["values"] = []any{"greeting: hi"}
	state = tf.Update("helm_release", state, configuration)
	Expect(t, "the notes", Attribute(t, state, "metadata", "notes"), "demo says hi")
	cluster.expectHistory(t, "demo", release.StatusSuperseded, release.StatusDeployed)
	configuration["namespace"] = "other"
	ExpectReplace(t, tf.Plan("helm_release", state, configuration), "namespace")

	Expect(t, "the errors", tf.Destroy("helm_release", state), "")
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
			tf, cluster := serving(t)
			cluster.WaitError = errNotReady
			configuration := demoRelease(t)
			if c.given != "" {
				configuration[c.given] = true
			}
			state, problems := tf.CarryOut("helm_release", tf.Plan("helm_release", tftypes.Value{}, configuration))
			Expect(t, "the errors", problems, `Helm release created with warnings: Helm release "demo" was created but has a failed status. `+
				"Use the `helm` command to investigate the error, correct it, then run Terraform again.\nHelm release error: context deadline exceeded")
			if !state.IsNull() {
				t.Errorf("the failed release is in the state: %s", state)
			}
			cluster.expectHistory(t, "demo", release.StatusFailed)

			cluster.WaitError = nil
			state, problems = tf.CarryOut("helm_release", tf.Plan("helm_release", tftypes.Value{}, configuration))
			Expect(t, "the errors", problems, c.again)
			cluster.expectHistory(t, "demo", c.history...)
			if c.again == "" && tf.Plan("helm_release", tf.Refresh("helm_release", state), configuration).Changes() {
				t.Error("nothing changed since the repair, and it is planned to change")
			}
		})
	}
}

func TestHelmReleaseAtomicLeavesNothing(t *testing.T) {
	tf, cluster := serving(t)
	cluster.WaitError = errNotReady
	configuration := demoRelease(t)
	configuration["atomic"] = true
	_, problems := tf.CarryOut("helm_release", tf.Plan("helm_release", tftypes.Value{}, configuration))
	Expect(t, "the errors", problems,
		"installation failed: release demo failed, and has been uninstalled due to atomic being set: context deadline exceeded")
	cluster.expectHistory(t, "demo")
}

// Terraform that was killed leaves a release pending, with which Helm does nothing until its record is gone.
func TestHelmReleaseThatIsPending(t *testing.T) {
	tf, cluster := serving(t)
	configuration := demoRelease(t)
	configuration["upgrade_install"] = true
	pending := release.Mock(&release.MockReleaseOptions{Name: "demo", Namespace: "kube-system", Status: release.StatusPendingInstall})
	Must(t, cluster.releases.Create(pending))
	_, problems := tf.CarryOut("helm_release", tf.Plan("helm_release", tftypes.Value{}, configuration))
	Expect(t, "the errors", problems, "installation failed: another operation (install/upgrade/rollback) is in progress")
	_, err := cluster.releases.Delete("demo", 1)
	Must(t, err)
	tf.Apply("helm_release", configuration)
	cluster.expectHistory(t, "demo", release.StatusDeployed)
}

func TestHelmReleaseUpgradeThatFails(t *testing.T) {
	tf, cluster := serving(t)
	configuration := demoRelease(t)
	state := tf.Apply("helm_release", configuration)
	configuration["values"] = []any{"greeting: hi"}
	cluster.WaitError = errNotReady
	kept, problems := tf.CarryOut("helm_release", tf.Plan("helm_release", state, configuration))
	Expect(t, "the errors", problems, "Error upgrading chart: Upgrade failed: context deadline exceeded")
	if !kept.Equal(state) {
		t.Errorf("the state is %s, want the one before", kept)
	}
	state = tf.Refresh("helm_release", state)
	Expect(t, "the status", Attribute(t, state, "status"), "failed")

	cluster.WaitError = nil
	state = tf.Update("helm_release", state, configuration)
	Expect(t, "the status", Attribute(t, state, "status"), "deployed")
	cluster.expectHistory(t, "demo", release.StatusSuperseded, release.StatusFailed, release.StatusDeployed)
}

// Nothing but the status differs from the state, so the real provider plans the release as it was before the upgrade that
// failed; Terraform then calls the outcome inconsistent.
func TestHelmReleaseUpgradeThatFailedAndIsTakenBack(t *testing.T) {
	tf, cluster := serving(t)
	before := demoRelease(t)
	state := tf.Apply("helm_release", before)
	changed := maps.Clone(before)
	changed["values"] = []any{"greeting: hi"}
	cluster.WaitError = errNotReady
	_, _ = tf.CarryOut("helm_release", tf.Plan("helm_release", state, changed))
	cluster.WaitError = nil
	state = tf.Refresh("helm_release", state)
	planned := tf.Plan("helm_release", state, before)
	Expect(t, "the planned status", Attribute(t, planned.Planned, "status"), "deployed")
	if !Part(t, planned.Planned, "metadata").Equal(Part(t, state, "metadata")) {
		t.Error("the planned metadata is not that of the release which failed")
	}
	made, problems := tf.CarryOut("helm_release", planned)
	Expect(t, "the errors", problems, "")
	if Part(t, planned.Planned, "metadata").Equal(Part(t, made, "metadata")) {
		t.Error("the metadata is as planned, though there is another revision")
	}
	cluster.expectHistory(t, "demo", release.StatusSuperseded, release.StatusFailed, release.StatusDeployed)
}

// The real provider takes a release that it can't read for one that is gone, and says nothing.
func TestHelmReleaseWithoutItsCluster(t *testing.T) {
	tf, cluster := serving(t)
	configuration := demoRelease(t)
	configuration["upgrade_install"] = true
	state := tf.Apply("helm_release", configuration)
	cluster.unreachable = errUnreachable
	if refreshed := tf.Refresh("helm_release", state); !refreshed.IsNull() {
		t.Errorf("the release is in the state: %s", refreshed)
	}
	Expect(t, "the errors", tf.Destroy("helm_release", state), "")
	configuration["version"] = "1.2.3"
	planned := tf.Plan("helm_release", tftypes.Value{}, configuration)
	_, problems := tf.CarryOut("helm_release", planned)
	Expect(t, "the errors", problems, "Error checking installed release: Failed to determine if release exists: "+errUnreachable.Error())

	cluster.unreachable = nil
	tf.Apply("helm_release", configuration)
	cluster.expectHistory(t, "demo", release.StatusSuperseded, release.StatusDeployed)
}

func TestHelmValues(t *testing.T) {
	tf, _ := serving(t)
	configuration := demoRelease(t)
	configuration["values"] = []any{"greeting: first\nnested: {given: first, other: 1}", "nested: {given: second}"}
	configuration["set"] = []any{Object{"name": "nested.other", "value": "2"}, Object{"name": "text", "value": "2", "type": "string"},
		Object{"name": "whole", "value": "{a: [1]}", "type": "literal"}}
	configuration["set_list"] = []any{Object{"name": "list", "value": []any{"a", "b"}}}
	configuration["set_sensitive"] = []any{Object{"name": "nested.secret", "value": "hush"}}
	state := tf.Apply("helm_release", configuration)
	Expect(t, "the values", Attribute(t, state, "metadata", "values"), `{"greeting":"first","list":["a","b"],`+
		`"nested":{"given":"second","other":2,"secret":"(sensitive value)"},"text":"2","whole":{"a":[1]}}`)

	configuration["set_wo"], configuration["set_wo_revision"] = []any{Object{"name": "greeting", "value": "written"}}, 1
	state = tf.Update("helm_release", state, configuration)
	Expect(t, "the values", Attribute(t, state, "metadata", "values"), "{}")
	Expect(t, "the notes", Attribute(t, state, "metadata", "notes"), "demo says written")

	configuration = demoRelease(t)
	configuration["values"] = []any{"- not\n- a mapping"}
	_, problems := tf.CarryOut("helm_release", tf.Plan("helm_release", tftypes.Value{}, configuration))
	ExpectContains(t, problems, "Error unmarshaling values: ")
}

func TestHelmRefusesAtPlan(t *testing.T) {
	tf, _ := serving(t)
	for name, c := range map[string]struct {
		change Object
		want   string
	}{
		"a chart that is not there": {Object{"chart": "./nowhere"}, `Error locating chart: Unable to locate chart ./nowhere: path "./nowhere" not found`},
		"another version":           {Object{"version": "1.2.4"}, `The version in the configuration is "1.2.4" but the planned version is "1.2.3".`},
		"a chart with faults":       {Object{"chart": writeChart(t, map[string]string{"templates/a.yaml": "a: {{ nothing }}"}), "lint": true}, "Lint Error: malformed chart or values"},
		"a missing dependency": {Object{"chart": writeChart(t, map[string]string{"Chart.yaml": chartFiles["Chart.yaml"] +
			"dependencies: [{name: other, version: 1.0.0, repository: https://example.org}]\n"})}, "Found in Chart.yaml, but missing in charts/ directory"},
	} {
		t.Run(name, func(t *testing.T) {
			configuration := demoRelease(t)
			for attribute, value := range c.change {
				configuration[attribute] = value
			}
			ExpectContains(t, tf.Plan("helm_release", tftypes.Value{}, configuration).Errors, c.want)
		})
	}
	configuration := demoRelease(t)
	configuration["version"] = "v1.2.3"
	Expect(t, "the version as it was written", Attribute(t, tf.Apply("helm_release", configuration), "version"), "v1.2.3")
}

func TestHelmRefusesALibraryAtApply(t *testing.T) {
	tf, _ := serving(t)
	configuration := demoRelease(t)
	configuration["chart"] = writeChart(t, map[string]string{"Chart.yaml": chartFiles["Chart.yaml"] + "type: library\n"})
	_, problems := tf.CarryOut("helm_release", tf.Plan("helm_release", tftypes.Value{}, configuration))
	ExpectContains(t, problems, "library charts are not installable")
}

func TestHelmReadsChartsOfARepository(t *testing.T) {
	folder := t.TempDir()
	loaded, err := loader.Load(writeChart(t, nil))
	Must(t, err)
	_, err = chartutil.Save(loaded, folder)
	Must(t, err)
	Must(t, os.WriteFile(filepath.Join(folder, "index.yaml"), []byte(
		"apiVersion: v1\nentries: {demo: [{name: demo, version: 1.2.3, urls: [demo-1.2.3.tgz]}]}\n"), 0o644))
	repository := httptest.NewServer(http.FileServer(http.Dir(folder)))
	defer repository.Close()
	t.Setenv("HELM_REPOSITORY_CACHE", t.TempDir())
	tf, _ := serving(t)
	configuration := Object{"name": "demo", "namespace": "kube-system", "chart": "demo", "repository": repository.URL, "version": "1.2.3"}
	state := tf.Apply("helm_release", configuration)
	Expect(t, "the chart", Attribute(t, state, "metadata", "chart"), "demo")
	configuration["version"] = "1.3.0"
	ExpectContains(t, tf.Plan("helm_release", state, configuration).Errors, `chart "demo" version "1.3.0" not found in `+repository.URL+" repository")
}

func TestHelmReleaseIsImported(t *testing.T) {
	tf, _ := serving(t)
	configuration := demoRelease(t)
	tf.Apply("helm_release", configuration)
	state, problems := tf.Import("helm_release", "kube-system/demo")
	Expect(t, "the errors", problems, "")
	for name, want := range map[string]string{"id": "demo", "namespace": "kube-system", "chart": "demo", "status": "deployed", "description": "Install complete"} {
		Expect(t, "the "+name, Attribute(t, state, name), want)
	}
	_, problems = tf.Import("helm_release", "demo")
	ExpectContains(t, problems, `Unexpected ID format ("demo"), expected namespace/name`)
	_, problems = tf.Import("helm_release", "kube-system/other")
	ExpectContains(t, problems, "Unable to get Helm release other: release: not found")
}

func TestHelmTemplate(t *testing.T) {
	tf, _ := serving(t)
	configuration := Object{"name": "demo", "chart": writeChart(t, nil), "kube_version": "1.35.4", "values": []any{"greeting: hi"}}
	state, problems := tf.Data("helm_template", configuration)
	Expect(t, "the errors", problems, "")
	configMap := "---\n# Source: demo/templates/config-map.yaml\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: demo}\ndata: {greeting: hi, version: v1.35.4}\n"
	pod := "---\n# Source: demo/templates/tests/pod.yaml\napiVersion: v1\nkind: Pod\nmetadata: {name: try, annotations: {helm.sh/hook: test}}\n"
	Expect(t, "the manifest", Attribute(t, state, "manifest"), configMap+pod)
	Expect(t, "the manifest of a template", Attribute(t, state, "manifests", "templates/config-map.yaml"), configMap)
	Expect(t, "the notes", Attribute(t, state, "notes"), "demo says hi")
	Expect(t, "the version of a chart in a folder", Attribute(t, state, "version"), "")
	Expect(t, "the namespace", Attribute(t, state, "namespace"), "default")
	for name, want := range map[string]tftypes.Value{
		"description": tftypes.NewValue(tftypes.String, ""), "keyring": tftypes.NewValue(tftypes.String, ""),
		"wait": tftypes.NewValue(tftypes.Bool, false), "render_subchart_notes": tftypes.NewValue(tftypes.Bool, false),
		"devel": tftypes.NewValue(tftypes.Bool, nil), "pass_credentials": tftypes.NewValue(tftypes.Bool, nil),
		"timeout": tftypes.NewValue(tftypes.Number, 300),
		"crds":    tftypes.NewValue(tftypes.List{ElementType: tftypes.String}, []tftypes.Value{tftypes.NewValue(tftypes.String, chartFiles["crds/thing.yaml"])}),
	} {
		if got := Part(t, state, name); !got.Equal(want) {
			t.Errorf("%s is %s, want %s", name, got, want)
		}
	}

	configuration["skip_tests"] = true
	state, _ = tf.Data("helm_template", configuration)
	Expect(t, "the manifest without tests", Attribute(t, state, "manifest"), configMap)
	configuration["show_only"] = []any{"templates/other.yaml"}
	_, problems = tf.Data("helm_template", configuration)
	Expect(t, "the errors", problems, `Template Not Found: Could not find template "templates/other.yaml" in chart`)
	_, problems = tf.Data("helm_template", Object{"name": "demo", "chart": writeChart(t, map[string]string{"templates/a.yaml": "{{ fail \"needs the relay\" }}"})})
	ExpectContains(t, problems, "Error running Helm install: Error running Helm install: execution error at (demo/templates/a.yaml:1:3): needs the relay")
}

func TestHelmRefusesItsExperiment(t *testing.T) {
	tf := Start(t, "helm", Behaviour, Object{"experiments": Object{"manifest": true}})
	ExpectContains(t, tf.Plan("helm_release", tftypes.Value{}, demoRelease(t)).Errors, "leave experiments.manifest out")
}
