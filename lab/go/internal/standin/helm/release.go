package helm

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/release"
	"helm.sh/helm/v3/pkg/storage/driver"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// releaseResource is helm_release, carried out with Helm's own library.
type releaseResource struct {
	standin.BaseResource
	provider *provider
}

type releaseModel struct {
	chartModel
	Atomic                   types.Bool       `tfsdk:"atomic"`
	CleanupOnFail            types.Bool       `tfsdk:"cleanup_on_fail"`
	CreateNamespace          types.Bool       `tfsdk:"create_namespace"`
	Description              types.String     `tfsdk:"description"`
	DisableCRDHooks          types.Bool       `tfsdk:"disable_crd_hooks"`
	DisableOpenAPIValidation types.Bool       `tfsdk:"disable_openapi_validation"`
	DisableWebhooks          types.Bool       `tfsdk:"disable_webhooks"`
	ForceUpdate              types.Bool       `tfsdk:"force_update"`
	ID                       types.String     `tfsdk:"id"`
	Lint                     types.Bool       `tfsdk:"lint"`
	Manifest                 types.String     `tfsdk:"manifest"`
	MaxHistory               types.Number     `tfsdk:"max_history"`
	Metadata                 types.Object     `tfsdk:"metadata"`
	Name                     types.String     `tfsdk:"name"`
	Namespace                types.String     `tfsdk:"namespace"`
	Postrender               *postrenderModel `tfsdk:"postrender"`
	RecreatePods             types.Bool       `tfsdk:"recreate_pods"`
	RenderSubchartNotes      types.Bool       `tfsdk:"render_subchart_notes"`
	Replace                  types.Bool       `tfsdk:"replace"`
	ResetValues              types.Bool       `tfsdk:"reset_values"`
	Resources                types.Map        `tfsdk:"resources"`
	ReuseValues              types.Bool       `tfsdk:"reuse_values"`
	Set                      types.List       `tfsdk:"set"`
	SetList                  types.List       `tfsdk:"set_list"`
	SetSensitive             types.List       `tfsdk:"set_sensitive"`
	SetWO                    types.List       `tfsdk:"set_wo"`
	SetWORevision            types.Number     `tfsdk:"set_wo_revision"`
	SkipCRDs                 types.Bool       `tfsdk:"skip_crds"`
	Status                   types.String     `tfsdk:"status"`
	TakeOwnership            types.Bool       `tfsdk:"take_ownership"`
	Timeout                  types.Number     `tfsdk:"timeout"`
	Timeouts                 types.Object     `tfsdk:"timeouts"`
	UpgradeInstall           types.Bool       `tfsdk:"upgrade_install"`
	Values                   types.List       `tfsdk:"values"`
	Wait                     types.Bool       `tfsdk:"wait"`
	WaitForJobs              types.Bool       `tfsdk:"wait_for_jobs"`
}

// releaseDefaults are the values of what is left out.
var releaseDefaults = map[string]any{
	"atomic": false, "cleanup_on_fail": false, "create_namespace": false, "dependency_update": false, "disable_crd_hooks": false,
	"disable_openapi_validation": false, "disable_webhooks": false, "force_update": false, "lint": false, "max_history": 0,
	"pass_credentials": false, "recreate_pods": false, "render_subchart_notes": true, "replace": false, "reset_values": false,
	"reuse_values": false, "skip_crds": false, "take_ownership": false, "timeout": 300, "upgrade_install": false, "verify": false,
	"wait": true, "wait_for_jobs": false,
}

func newReleaseResource(name string, schema pinned.Schema) resource.Resource {
	traits := pinned.Traits{
		"name":               {Replace: true, Validators: []validator.String{stringvalidator.LengthBetween(1, 53)}},
		"namespace":          {Replace: true, Default: "default"},
		"set.type":           {Default: "", Validators: []validator.String{stringvalidator.OneOf("auto", "string", "literal")}},
		"set_sensitive.type": {Validators: []validator.String{stringvalidator.OneOf("auto", "string", "literal")}},
		"set_wo.type":        {Validators: []validator.String{stringvalidator.OneOf("auto", "string")}},
	}
	for attribute, value := range releaseDefaults {
		traits[attribute] = pinned.Trait{Default: value}
	}
	return &releaseResource{BaseResource: standin.NewBaseResource(name, schema, traits)}
}

func (r *releaseResource) Configure(ctx context.Context, req resource.ConfigureRequest, resp *resource.ConfigureResponse) {
	r.provider = newProvider(ctx, req.ProviderData, &resp.Diagnostics)
}

// ModifyPlan finds the chart, so that one that is not there fails the plan; the cluster is not asked, with one exception.
func (r *releaseResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var plan, config releaseModel
	var state *releaseModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	configuration, err := r.provider.cluster(plan.Namespace.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("Error getting Helm configuration", err.Error())
		return
	}
	loaded, diagnostics := plan.load(r.provider, configuration)
	resp.Diagnostics.Append(diagnostics...)
	if !resp.Diagnostics.HasError() && plan.Lint.ValueBool() {
		resp.Diagnostics.Append(r.lint(plan, configuration)...)
	}
	if resp.Diagnostics.HasError() {
		return
	}
	if plan.Description.ValueString() == "" {
		plan.Description = types.StringNull()
		if state != nil {
			plan.Description = state.Description
		}
	}
	plan.Status = types.StringValue(release.StatusDeployed.String())
	plan.Manifest = types.StringNull()
	plan.Resources = types.MapNull(types.StringType)
	plan.Version = types.StringValue(loaded.Metadata.Version)
	switch {
	case config.Version.IsNull() && plan.UpgradeInstall.ValueBool():
		installed, err := installedVersion(configuration, plan.Name.ValueString())
		if err != nil {
			resp.Diagnostics.AddError("Failed to check installed release version", err.Error())
			return
		}
		if installed != "" {
			plan.Version = types.StringValue(installed)
		}
	case sameVersion(config.Version.ValueString(), loaded.Metadata.Version):
		plan.Version = config.Version
	case !config.Version.IsNull():
		resp.Diagnostics.AddError("Planned version is different from configured version", fmt.Sprintf(
			"The version in the configuration is %q but the planned version is %q. \nYou should update the version in your configuration to %[2]q, or remove the version attribute from your configuration.",
			config.Version.ValueString(), loaded.Metadata.Version))
		return
	}
	if plan.changesMetadata(state) {
		plan.Metadata = types.ObjectUnknown(plan.Metadata.AttributeTypes(ctx))
	}
	resp.Diagnostics.Append(resp.Plan.Set(ctx, &plan)...)
}

// changesMetadata tells whether the release will say something else of itself.
func (m *releaseModel) changesMetadata(state *releaseModel) bool {
	return state == nil || !m.Chart.Equal(state.Chart) || !m.Repository.Equal(state.Repository) || !m.Version.Equal(state.Version) ||
		!m.Values.Equal(state.Values) || !m.Set.Equal(state.Set) || !m.SetSensitive.Equal(state.SetSensitive) || !m.SetList.Equal(state.SetList)
}

func (r *releaseResource) lint(plan releaseModel, configuration *action.Configuration) (diagnostics diag.Diagnostics) {
	location, problems := plan.locate(r.provider, configuration)
	diagnostics.Append(problems...)
	values, problems := plan.values(false)
	diagnostics.Append(problems...)
	if diagnostics.HasError() {
		return diagnostics
	}
	var messages []string
	result := action.NewLint().Run([]string{location}, values)
	for _, message := range result.Messages {
		for _, err := range result.Errors {
			if errors.Is(err, message.Err) {
				messages = append(messages, fmt.Sprintf("%s: %s", message.Path, message.Err))
				break
			}
		}
	}
	if len(result.Errors) > 0 {
		diagnostics.AddError("Lint Error", "malformed chart or values: \n\t"+strings.Join(messages, "\n\t"))
	}
	return diagnostics
}

// values merges what the release is given; write-only ones are only there at apply, when their revision says so.
func (m *releaseModel) values(written bool) (chartValues, diag.Diagnostics) {
	sources := valueSources{documents: m.Values, set: m.Set.Elements(), lists: m.SetList.Elements(), secret: m.SetSensitive.Elements()}
	if written {
		sources.wrote = m.SetWO.Elements()
	}
	return sources.merge()
}

// Create installs the chart, or upgrades a release that is there already where upgrade_install allows it. A release that
// was made and failed is not put into the state.
func (r *releaseResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var plan, config releaseModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	plan.SetWO = config.SetWO
	configuration, loaded, values := r.prepare(&plan, integer(plan.SetWORevision) > 0, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	resp.Diagnostics.Append(checkInstallable(loaded)...)
	if resp.Diagnostics.HasError() {
		return
	}
	name, exists := plan.Name.ValueString(), false
	if plan.UpgradeInstall.ValueBool() {
		version, err := installedVersion(configuration, name)
		if err != nil {
			resp.Diagnostics.AddError("Error checking installed release", fmt.Sprintf("Failed to determine if release exists: %s", err))
			return
		}
		exists = version != ""
	}
	var made *release.Release
	var err error
	if exists {
		// Of the attributes for upgrades the provider takes only those that an installation has too.
		var client *action.Upgrade
		if client, err = plan.upgrade(configuration); err == nil {
			made, err = client.Run(name, loaded, values)
		}
	} else {
		made, err = plan.install(configuration, loaded, values)
	}
	if err != nil {
		if made != nil {
			var problems diag.Diagnostics
			made, problems = r.find(name, plan.Namespace.ValueString())
			resp.Diagnostics.Append(problems...)
		}
		if resp.Diagnostics.HasError() {
			return
		}
		if made == nil {
			resp.Diagnostics.AddError("installation failed", err.Error())
			return
		}
		resp.Diagnostics.AddWarning("Helm release created with warnings", fmt.Sprintf("Helm release %q was created but has a failed status. "+
			"Use the `helm` command to investigate the error, correct it, then run Terraform again.", name))
		resp.Diagnostics.AddError("Helm release error", err.Error())
		return
	}
	resp.Diagnostics.Append(plan.describe(ctx, made)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// prepare is what installing and upgrading begin with.
func (r *releaseResource) prepare(plan *releaseModel, written bool, diagnostics *diag.Diagnostics) (*action.Configuration, *chart.Chart, chartValues) {
	if diagnostics.HasError() {
		return nil, nil, nil
	}
	namespace := plan.Namespace.ValueString()
	configuration, err := r.provider.cluster(namespace)
	if err != nil {
		diagnostics.AddError("Error getting helm configuration", fmt.Sprintf("Unable to get Helm configuration for namespace %s: %s", namespace, err))
		return nil, nil, nil
	}
	loaded, problems := plan.load(r.provider, configuration)
	diagnostics.Append(problems...)
	values, problems := plan.values(written)
	diagnostics.Append(problems...)
	return configuration, loaded, values
}

func (m *releaseModel) install(configuration *action.Configuration, loaded *chart.Chart, values chartValues) (*release.Release, error) {
	client := action.NewInstall(configuration)
	client.Atomic = m.Atomic.ValueBool()
	client.CreateNamespace = m.CreateNamespace.ValueBool()
	client.DependencyUpdate = m.DependencyUpdate.ValueBool()
	client.Description = m.Description.ValueString()
	client.Devel = m.Devel.ValueBool()
	client.DisableHooks = m.DisableWebhooks.ValueBool()
	client.DisableOpenAPIValidation = m.DisableOpenAPIValidation.ValueBool()
	client.Namespace = m.Namespace.ValueString()
	client.ReleaseName = m.Name.ValueString()
	client.Replace = m.Replace.ValueBool()
	client.SkipCRDs = m.SkipCRDs.ValueBool()
	client.SubNotes = m.RenderSubchartNotes.ValueBool()
	client.TakeOwnership = m.TakeOwnership.ValueBool()
	client.Timeout = m.timeout()
	client.Wait = m.Wait.ValueBool()
	client.WaitForJobs = m.WaitForJobs.ValueBool()
	var err error
	if client.PostRenderer, err = m.Postrender.renderer(); err != nil {
		return nil, err
	}
	return client.Run(loaded, values)
}

// upgrade takes from the attributes what every upgrade does.
func (m *releaseModel) upgrade(configuration *action.Configuration) (client *action.Upgrade, err error) {
	client = action.NewUpgrade(configuration)
	client.Atomic = m.Atomic.ValueBool()
	client.Description = m.Description.ValueString()
	client.Devel = m.Devel.ValueBool()
	client.DisableHooks = m.DisableWebhooks.ValueBool()
	client.DisableOpenAPIValidation = m.DisableOpenAPIValidation.ValueBool()
	client.Namespace = m.Namespace.ValueString()
	client.SkipCRDs = m.SkipCRDs.ValueBool()
	client.SubNotes = m.RenderSubchartNotes.ValueBool()
	client.Timeout = m.timeout()
	client.Wait = m.Wait.ValueBool()
	client.PostRenderer, err = m.Postrender.renderer()
	return client, err
}

// Read takes the release as it is in the cluster. As with the real provider, a release that can't be read for whatever
// reason counts as gone: also when the cluster does not answer, or is not the right one.
func (r *releaseResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var state releaseModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	found, _ := r.find(state.Name.ValueString(), state.Namespace.ValueString())
	if found == nil {
		resp.State.RemoveResource(ctx)
		return
	}
	resp.Diagnostics.Append(state.describe(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

func (r *releaseResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var plan, config, state releaseModel
	resp.Diagnostics.Append(req.Plan.Get(ctx, &plan)...)
	resp.Diagnostics.Append(req.Config.Get(ctx, &config)...)
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	plan.SetWO = config.SetWO
	written := integer(plan.SetWORevision) > integer(state.SetWORevision)
	configuration, loaded, values := r.prepare(&plan, written, &resp.Diagnostics)
	if resp.Diagnostics.HasError() {
		return
	}
	client, err := plan.upgrade(configuration)
	if err != nil {
		resp.Diagnostics.AddError("Error creating post-renderer", fmt.Sprintf("Could not create post-renderer: %s", err))
		return
	}
	client.CleanupOnFail = plan.CleanupOnFail.ValueBool()
	client.Force = plan.ForceUpdate.ValueBool()
	client.MaxHistory = int(integer(plan.MaxHistory))
	client.Recreate = plan.RecreatePods.ValueBool()
	client.ResetValues = plan.ResetValues.ValueBool()
	client.ReuseValues = plan.ReuseValues.ValueBool()
	client.TakeOwnership = plan.TakeOwnership.ValueBool()
	client.WaitForJobs = plan.WaitForJobs.ValueBool()
	made, err := client.Run(plan.Name.ValueString(), loaded, values)
	if err != nil {
		resp.Diagnostics.AddError("Error upgrading chart", fmt.Sprintf("Upgrade failed: %s", err))
		return
	}
	resp.Diagnostics.Append(plan.describe(ctx, made)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &plan)...)
}

// Delete uninstalls the release. As with the real provider, one that can't be read is taken as gone, and no error.
func (r *releaseResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var state releaseModel
	resp.Diagnostics.Append(req.State.Get(ctx, &state)...)
	if resp.Diagnostics.HasError() {
		return
	}
	name, namespace := state.Name.ValueString(), state.Namespace.ValueString()
	if found, _ := r.find(name, namespace); found == nil {
		return
	}
	configuration, err := r.provider.cluster(namespace)
	if err != nil {
		resp.Diagnostics.AddError("Error getting helm configuration", fmt.Sprintf("Unable to get Helm configuration for namespace %s: %s", namespace, err))
		return
	}
	client := action.NewUninstall(configuration)
	client.DisableHooks = state.DisableWebhooks.ValueBool()
	client.Timeout = state.timeout()
	client.Wait = state.Wait.ValueBool()
	answer, err := client.Run(name)
	if err != nil {
		resp.Diagnostics.AddError("Error uninstalling release", fmt.Sprintf("Unable to uninstall Helm release %s: %s", name, err))
		return
	}
	if answer.Info != "" {
		resp.Diagnostics.AddWarning("Helm uninstall returned an information message", answer.Info)
	}
}

// ImportState takes namespace/name.
func (r *releaseResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	namespace, name, ok := strings.Cut(req.ID, "/")
	if !ok || strings.Contains(name, "/") {
		resp.Diagnostics.AddError("Unable to parse import identifier", fmt.Sprintf(
			"Unable to parse identifier %s: Unexpected ID format (%q), expected namespace/name", req.ID, req.ID))
		return
	}
	found, problems := r.find(name, namespace)
	if found == nil {
		resp.Diagnostics.Append(problems...)
		resp.Diagnostics.AddError("Error getting release", fmt.Sprintf("Unable to get Helm release %s: %s", name, driver.ErrReleaseNotFound))
		return
	}
	attributes := maps.Clone(releaseDefaults)
	maps.Copy(attributes, map[string]any{"name": found.Name, "namespace": found.Namespace, "chart": found.Chart.Metadata.Name,
		"description": found.Info.Description})
	for attribute, value := range attributes {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(attribute), value)...)
	}
	var state releaseModel
	resp.Diagnostics.Append(resp.State.Get(ctx, &state)...)
	resp.Diagnostics.Append(state.describe(ctx, found)...)
	resp.Diagnostics.Append(resp.State.Set(ctx, &state)...)
}

// find reads a release; it is nil without an error when it isn't there.
func (r *releaseResource) find(name, namespace string) (found *release.Release, diagnostics diag.Diagnostics) {
	configuration, err := r.provider.cluster(namespace)
	if err == nil {
		found, err = action.NewGet(configuration).Run(name)
	}
	if err != nil && !errors.Is(err, driver.ErrReleaseNotFound) {
		diagnostics.AddError("Error checking release existence",
			fmt.Sprintf("Error checking release %s in namespace %s: %s", name, namespace, err))
		return nil, diagnostics
	}
	return found, diagnostics
}

// installedVersion is the chart's version in the history of a release, and empty when there is none.
func installedVersion(configuration *action.Configuration, name string) (string, error) {
	history, err := action.NewHistory(configuration).Run(name)
	if errors.Is(err, driver.ErrReleaseNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return history[0].Chart.Metadata.Version, nil
}

// describe takes over what the release says of itself.
func (m *releaseModel) describe(ctx context.Context, made *release.Release) (diagnostics diag.Diagnostics) {
	m.ID = types.StringValue(made.Name)
	m.Name = types.StringValue(made.Name)
	m.Namespace = types.StringValue(made.Namespace)
	m.Status = types.StringValue(made.Info.Status.String())
	m.Manifest = types.StringNull()
	m.Resources = types.MapNull(types.StringType)
	metadata := made.Chart.Metadata
	if !sameVersion(metadata.Version, m.Version.ValueString()) {
		m.Version = types.StringValue(metadata.Version)
	}
	values, err := cloaked(made.Config, m.SetSensitive.Elements())
	if err != nil {
		diagnostics.AddError("Error marshaling values", fmt.Sprintf("unable to marshal values: %s", err))
	}
	if integer(m.SetWORevision) > 0 { // What was write-only can't be told from the rest, so none is shown.
		values = "{}"
	}
	var problems diag.Diagnostics
	m.Metadata, problems = types.ObjectValue(m.Metadata.AttributeTypes(ctx), map[string]attr.Value{
		"app_version":    types.StringValue(metadata.AppVersion),
		"chart":          types.StringValue(metadata.Name),
		"first_deployed": numberOf(made.Info.FirstDeployed.Unix()),
		"last_deployed":  numberOf(made.Info.LastDeployed.Unix()),
		"name":           types.StringValue(made.Name),
		"namespace":      types.StringValue(made.Namespace),
		"notes":          types.StringValue(made.Info.Notes),
		"revision":       numberOf(int64(made.Version)),
		"values":         types.StringValue(values),
		"version":        types.StringValue(metadata.Version),
	})
	diagnostics.Append(problems...)
	return diagnostics
}

func (m *releaseModel) timeout() time.Duration {
	return time.Duration(integer(m.Timeout)) * time.Second
}

// sameVersion compares as Terraform's users write: with a leading v or without.
func sameVersion(a, b string) bool { return strings.TrimPrefix(a, "v") == strings.TrimPrefix(b, "v") }
