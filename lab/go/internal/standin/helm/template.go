package helm

import (
	"context"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/releaseutil"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// templateDataSource is the data source helm_template: a chart rendered, and nothing installed.
type templateDataSource struct {
	standin.BaseDataSource
	provider *provider
}

type templateModel struct {
	chartModel
	APIVersions              types.List       `tfsdk:"api_versions"`
	Atomic                   types.Bool       `tfsdk:"atomic"`
	CRDs                     types.List       `tfsdk:"crds"`
	CreateNamespace          types.Bool       `tfsdk:"create_namespace"`
	Description              types.String     `tfsdk:"description"`
	DisableOpenAPIValidation types.Bool       `tfsdk:"disable_openapi_validation"`
	DisableWebhooks          types.Bool       `tfsdk:"disable_webhooks"`
	ID                       types.String     `tfsdk:"id"`
	IncludeCRDs              types.Bool       `tfsdk:"include_crds"`
	IsUpgrade                types.Bool       `tfsdk:"is_upgrade"`
	KubeVersion              types.String     `tfsdk:"kube_version"`
	Manifest                 types.String     `tfsdk:"manifest"`
	Manifests                types.Map        `tfsdk:"manifests"`
	Name                     types.String     `tfsdk:"name"`
	Namespace                types.String     `tfsdk:"namespace"`
	Notes                    types.String     `tfsdk:"notes"`
	Postrender               *postrenderModel `tfsdk:"postrender"`
	RenderSubchartNotes      types.Bool       `tfsdk:"render_subchart_notes"`
	Replace                  types.Bool       `tfsdk:"replace"`
	ResetValues              types.Bool       `tfsdk:"reset_values"`
	ReuseValues              types.Bool       `tfsdk:"reuse_values"`
	Set                      types.Set        `tfsdk:"set"`
	SetList                  types.List       `tfsdk:"set_list"`
	SetSensitive             types.Set        `tfsdk:"set_sensitive"`
	SetWO                    types.List       `tfsdk:"set_wo"`
	ShowOnly                 types.List       `tfsdk:"show_only"`
	SkipCRDs                 types.Bool       `tfsdk:"skip_crds"`
	SkipTests                types.Bool       `tfsdk:"skip_tests"`
	Timeout                  types.Number     `tfsdk:"timeout"`
	Timeouts                 types.Object     `tfsdk:"timeouts"`
	Validate                 types.Bool       `tfsdk:"validate"`
	Values                   types.List       `tfsdk:"values"`
	Wait                     types.Bool       `tfsdk:"wait"`
}

func newTemplateDataSource(name string, schema pinned.Schema) datasource.DataSource {
	return &templateDataSource{BaseDataSource: standin.NewBaseDataSource(name, schema)}
}

func (d *templateDataSource) Configure(ctx context.Context, req datasource.ConfigureRequest, resp *datasource.ConfigureResponse) {
	d.provider = newProvider(ctx, req.ProviderData, &resp.Diagnostics)
}

func (d *templateDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model templateModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	model.fillIn()
	configuration, err := d.provider.cluster(model.Namespace.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("Failed to get Helm configuration",
			fmt.Sprintf("There was an error retrieving Helm configuration for namespace %q: %s", model.Namespace.ValueString(), err))
		return
	}
	loaded, problems := model.load(d.provider, configuration)
	resp.Diagnostics.Append(problems...)
	values, problems := valueSources{documents: model.Values, set: model.Set.Elements(), lists: model.SetList.Elements(),
		secret: model.SetSensitive.Elements(), wrote: model.SetWO.Elements()}.merge()
	resp.Diagnostics.Append(problems...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(checkInstallable(loaded)...)
	if resp.Diagnostics.HasError() {
		return
	}
	rendered, problems := model.render(configuration, loaded, values)
	resp.Diagnostics.Append(problems...)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(model.show(rendered)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &model)...)
}

// fillIn gives what is left out the values that the provider writes into the state; what it leaves null stays null.
func (m *templateModel) fillIn() {
	for _, option := range []*types.Bool{&m.Atomic, &m.CreateNamespace, &m.DependencyUpdate, &m.DisableOpenAPIValidation,
		&m.DisableWebhooks, &m.IncludeCRDs, &m.IsUpgrade, &m.RenderSubchartNotes, &m.Replace, &m.ResetValues, &m.ReuseValues,
		&m.SkipCRDs, &m.SkipTests, &m.Validate, &m.Verify, &m.Wait} {
		*option = types.BoolValue(option.ValueBool())
	}
	if m.Devel.IsNull() && m.Version.ValueString() != "" {
		m.Devel = types.BoolValue(false)
	}
	m.Description = types.StringValue(m.Description.ValueString())
	if !m.Verify.ValueBool() && m.Keyring.IsNull() {
		m.Keyring = types.StringValue("")
	}
	if m.Timeout.IsNull() {
		m.Timeout = numberOf(300)
	}
	if m.Namespace.IsNull() {
		m.Namespace = types.StringValue("default")
	}
	m.ID = m.Name
}

func (m *templateModel) render(configuration *action.Configuration, loaded *chart.Chart, values chartValues) (*release.Release, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	client := action.NewInstall(configuration)
	client.APIVersions, _ = standin.KnownStrings(m.APIVersions)
	client.Atomic = m.Atomic.ValueBool()
	client.ClientOnly = !m.Validate.ValueBool()
	client.DisableHooks = m.DisableWebhooks.ValueBool()
	client.DisableOpenAPIValidation = m.DisableOpenAPIValidation.ValueBool()
	client.DryRun = true
	client.IncludeCRDs = m.IncludeCRDs.ValueBool()
	client.Namespace = m.Namespace.ValueString()
	client.ReleaseName = m.Name.ValueString()
	client.Replace = true
	client.SkipCRDs = m.SkipCRDs.ValueBool()
	client.SubNotes = m.RenderSubchartNotes.ValueBool()
	client.Timeout = time.Duration(integer(m.Timeout)) * time.Second
	if version := m.KubeVersion.ValueString(); version != "" {
		parsed, err := chartutil.ParseKubeVersion(version)
		if err != nil {
			diagnostics.AddError("Failed to parse Kubernetes version", fmt.Sprintf("couldn't parse string %q into kube-version: %s", version, err))
			return nil, diagnostics
		}
		client.KubeVersion = parsed
	}
	rendered, err := client.Run(loaded, values)
	if err != nil {
		diagnostics.AddError("Error running Helm install", fmt.Sprintf("Error running Helm install: %s", err))
	}
	return rendered, diagnostics
}

var sourceComment = regexp.MustCompile("# Source: [^/]+/(.+)")

// show gives the objects in one text and by the template that they come from.
func (m *templateModel) show(rendered *release.Release) (diagnostics diag.Diagnostics) {
	text := strings.TrimSpace(rendered.Manifest) + "\n"
	if !m.DisableWebhooks.ValueBool() {
		for _, hook := range rendered.Hooks {
			if !m.SkipTests.ValueBool() || !slices.Contains(hook.Events, release.HookTest) {
				text += fmt.Sprintf("---\n# Source: %s\n%s\n", hook.Path, hook.Manifest)
			}
		}
	}
	objects := releaseutil.SplitManifests(text)
	files, chosen := map[string]string{}, []string{}
	for key, object := range objects {
		if source := sourceComment.FindStringSubmatch(object); source != nil {
			files[key] = source[1]
		}
		chosen = append(chosen, key)
	}
	if patterns, _ := standin.KnownStrings(m.ShowOnly); len(patterns) > 0 {
		matches := func(pattern, key string) bool {
			ok, _ := filepath.Match(pattern, files[key])
			return ok
		}
		for _, pattern := range patterns {
			if !slices.ContainsFunc(chosen, func(key string) bool { return matches(pattern, key) }) {
				diagnostics.AddError("Template Not Found", fmt.Sprintf("Could not find template %q in chart", pattern))
			}
		}
		chosen = slices.DeleteFunc(chosen, func(key string) bool {
			return !slices.ContainsFunc(patterns, func(pattern string) bool { return matches(pattern, key) })
		})
	}
	// The keys end in numbers without leading zeros; the provider sorts them as text.
	slices.Sort(chosen)
	var manifest strings.Builder
	manifests := map[string]attr.Value{}
	for _, key := range chosen {
		object := fmt.Sprintf("---\n%s\n", objects[key])
		manifest.WriteString(object)
		manifests[files[key]] = types.StringValue(textOf(manifests[files[key]]) + object)
	}
	crds := []attr.Value{}
	for _, crd := range rendered.Chart.CRDObjects() {
		crds = append(crds, types.StringValue(string(crd.File.Data)))
	}
	m.Manifest = types.StringValue(manifest.String())
	m.Manifests = types.MapValueMust(types.StringType, manifests)
	m.CRDs = types.ListValueMust(types.StringType, crds)
	m.Notes = types.StringValue(rendered.Info.Notes)
	return diagnostics
}
