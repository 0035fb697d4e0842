package standin

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"go.yaml.in/yaml/v4"

	"lab/internal/pinned"
)

// helmRelease is helm_release, recorded in Terraform's state and nowhere else: nothing is rendered or installed.
type helmRelease struct{ baseResource }

func newHelmRelease(name string, schema pinned.Schema) resource.Resource {
	traits := pinned.Traits{
		"id":                    {Keep: true},
		"name":                  {Replace: true},
		"namespace":             {Replace: true, Default: "default"},
		"timeout":               {Default: 300},
		"max_history":           {Default: 0},
		"wait":                  {Default: true},
		"render_subchart_notes": {Default: true},
		"set.type":              {Default: ""},
	}
	for _, off := range []string{"atomic", "cleanup_on_fail", "create_namespace", "dependency_update", "disable_crd_hooks",
		"disable_openapi_validation", "disable_webhooks", "force_update", "lint", "pass_credentials", "recreate_pods", "replace",
		"reset_values", "reuse_values", "skip_crds", "take_ownership", "upgrade_install", "verify", "wait_for_jobs"} {
		traits[off] = pinned.Trait{Default: false}
	}
	return &helmRelease{baseResource{name, pinned.Resource(schema, traits)}}
}

// ModifyPlan reads a local chart, as the provider does at plan; charts in repositories are taken as given.
func (r *helmRelease) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	release, diagnostics := releaseOf(ctx, req.Config)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() || release.Chart.IsUnknown() || release.Repository.IsUnknown() || release.Version.IsUnknown() {
		return
	}
	chart, err := release.chart()
	if err != nil {
		resp.Diagnostics.AddAttributeError(path.Root("chart"), "could not download chart", err.Error())
		return
	}
	if release.Version.IsNull() && chart.Version != "" {
		resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("version"), chart.Version)...)
	}
	checkValues(release.Values, &resp.Diagnostics)
}

func (r *helmRelease) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	r.record(ctx, req.Plan, 1, time.Now().Unix(), &resp.State, &resp.Diagnostics)
}

func (r *helmRelease) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var revision, first types.Number
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("metadata").AtName("revision"), &revision)...)
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("metadata").AtName("first_deployed"), &first)...)
	previous, _ := revision.ValueBigFloat().Int64()
	deployed, _ := first.ValueBigFloat().Int64()
	r.record(ctx, req.Plan, previous+1, deployed, &resp.State, &resp.Diagnostics)
}

func (r *helmRelease) record(ctx context.Context, plan tfsdk.Plan, revision, firstDeployed int64, state *tfsdk.State, diagnostics *diag.Diagnostics) {
	release, problems := releaseOf(ctx, plan)
	diagnostics.Append(problems...)
	if diagnostics.HasError() {
		return
	}
	chart, err := release.chart()
	if err != nil {
		diagnostics.AddError("could not download chart", err.Error())
		return
	}
	values, err := release.values()
	if err != nil {
		diagnostics.AddError("could not read values", err.Error())
		return
	}
	var namespace, version types.String
	diagnostics.Append(plan.GetAttribute(ctx, path.Root("namespace"), &namespace)...)
	diagnostics.Append(plan.GetAttribute(ctx, path.Root("version"), &version)...)
	if version.IsUnknown() {
		version = types.StringValue(chart.Version)
	}
	if release.Description.IsUnknown() {
		release.Description = types.StringValue("Install complete")
	}
	state.Raw = plan.Raw
	for name, value := range map[string]attr.Value{
		"id":          release.Name,
		"status":      types.StringValue("deployed"),
		"description": release.Description,
		"version":     version,
		"manifest":    types.StringNull(),
		"resources":   types.MapNull(types.StringType),
	} {
		diagnostics.Append(state.SetAttribute(ctx, path.Root(name), value)...)
	}
	diagnostics.Append(state.SetAttribute(ctx, path.Root("metadata"), releaseMetadata{
		AppVersion: chart.AppVersion, Chart: chart.Name, Name: release.Name.ValueString(), Namespace: namespace.ValueString(),
		Version: version.ValueString(), Values: values, Notes: "Recorded by a stand-in provider; nothing was installed.",
		Revision: bigInt(revision), FirstDeployed: bigInt(firstDeployed), LastDeployed: bigInt(time.Now().Unix()),
	})...)
}

type releaseMetadata struct {
	AppVersion    string     `tfsdk:"app_version"`
	Chart         string     `tfsdk:"chart"`
	FirstDeployed *big.Float `tfsdk:"first_deployed"`
	LastDeployed  *big.Float `tfsdk:"last_deployed"`
	Name          string     `tfsdk:"name"`
	Namespace     string     `tfsdk:"namespace"`
	Notes         string     `tfsdk:"notes"`
	Revision      *big.Float `tfsdk:"revision"`
	Values        string     `tfsdk:"values"`
	Version       string     `tfsdk:"version"`
}

func bigInt(value int64) *big.Float { return new(big.Float).SetInt64(value) }

// helmTemplate is the data source helm_template. It renders nothing: its manifest is a ConfigMap that says so.
type helmTemplate struct{ baseDataSource }

func newHelmTemplate(name string, schema pinned.Schema) datasource.DataSource {
	return &helmTemplate{baseDataSource{name, pinned.DataSource(schema)}}
}

func (d *helmTemplate) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	release, diagnostics := releaseOf(ctx, req.Config)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	chart, err := release.chart()
	if err != nil {
		resp.Diagnostics.AddError("could not download chart", err.Error())
		return
	}
	checkValues(release.Values, &resp.Diagnostics)
	file := chart.Name + "/templates/stand-in.yaml"
	manifest := fmt.Sprintf("---\n# Source: %s\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: %s-stand-in\ndata:\n  chart: %s\n  version: %q\n",
		file, release.Name.ValueString(), chart.Name, chart.Version)
	resp.State.Raw = req.Config.Raw
	for name, value := range map[string]any{
		"id":        release.Name,
		"manifest":  manifest,
		"manifests": map[string]string{"templates/stand-in.yaml": manifest},
		"notes":     "Rendered by a stand-in provider.",
		"crds":      []string{},
		"version":   chart.Version,
	} {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), value)...)
	}
}

// release is what both need of their configuration.
type release struct {
	Name, Chart, Repository, Version, Description types.String
	Values                                        types.List
}

func releaseOf(ctx context.Context, data attributeGetter) (r release, diagnostics diag.Diagnostics) {
	for name, target := range map[string]any{"name": &r.Name, "chart": &r.Chart, "repository": &r.Repository,
		"version": &r.Version, "description": &r.Description, "values": &r.Values} {
		diagnostics.Append(data.GetAttribute(ctx, path.Root(name), target)...)
	}
	return r, diagnostics
}

// chartFile is what a chart's Chart.yaml says.
type chartFile struct {
	Name       string
	Version    string
	AppVersion string `yaml:"appVersion"`
}

func (r release) chart() (chartFile, error) {
	location := r.Chart.ValueString()
	info, err := os.Stat(location)
	switch {
	case err == nil && info.IsDir():
		text, err := os.ReadFile(filepath.Join(location, "Chart.yaml"))
		if err != nil {
			return chartFile{}, err
		}
		return parseChart(text)
	case err == nil:
		text, err := readFromArchive(location)
		if err != nil {
			return chartFile{}, fmt.Errorf("%s: %w", location, err)
		}
		return parseChart(text)
	case r.Repository.ValueString() != "" || strings.HasPrefix(location, "oci://"):
		parts := strings.Split(location, "/")
		return chartFile{Name: parts[len(parts)-1], Version: strings.TrimPrefix(r.Version.ValueString(), "v")}, nil
	}
	return chartFile{}, fmt.Errorf("no chart at %q, and no repository is given", location)
}

func parseChart(text []byte) (chart chartFile, err error) {
	if err = yaml.Unmarshal(text, &chart); err == nil && (chart.Name == "" || chart.Version == "") {
		err = errors.New("Chart.yaml has no name or no version")
	}
	return chart, err
}

// readFromArchive returns the Chart.yaml of a packed chart, which lies in one folder.
func readFromArchive(archive string) ([]byte, error) {
	file, err := os.Open(archive)
	if err != nil {
		return nil, err
	}
	defer file.Close() //nolint:errcheck
	unzipped, err := gzip.NewReader(file)
	if err != nil {
		return nil, err
	}
	for reader := tar.NewReader(unzipped); ; {
		header, err := reader.Next()
		if err == io.EOF {
			return nil, errors.New("the archive has no Chart.yaml")
		}
		if err != nil {
			return nil, err
		}
		if ok, _ := filepath.Match("*/Chart.yaml", header.Name); ok {
			return io.ReadAll(reader)
		}
	}
}

// checkValues refuses values that are no YAML mapping.
func checkValues(values types.List, diagnostics *diag.Diagnostics) {
	if _, err := (release{Values: values}).values(); err != nil {
		diagnostics.AddAttributeError(path.Root("values"), "could not read values", err.Error())
	}
}

// values merges the given documents into one in JSON; later ones win key by key at the top level only.
func (r release) values() (string, error) {
	texts, _ := knownStrings(r.Values)
	merged := map[string]any{}
	for _, text := range texts {
		if err := yaml.Unmarshal([]byte(text), &merged); err != nil {
			return "", err
		}
	}
	return jsonText(merged)
}

func jsonText(value any) (string, error) {
	text, err := json.Marshal(value)
	return string(text), err
}
