package talos

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"

	"lab/internal/pinned"
	"lab/internal/standin"
)

const needingReboot = "staged_if_needing_reboot"

// applyResource is talos_machine_configuration_apply.
type applyResource struct{ standin.BaseResource }

func newApplyResource(name string, schema pinned.Schema) resource.Resource {
	return &applyResource{standin.NewBaseResource(name, schema, pinned.Traits{
		"id": {Keep: true},
		"apply_mode": {Default: "auto", Validators: []validator.String{
			stringvalidator.OneOf("auto", "reboot", "no_reboot", "staged", needingReboot),
		}},
		"machine_configuration":      {Keep: true},
		"machine_configuration_hash": {Keep: true},
		"on_destroy.reset":           {Default: false},
		"on_destroy.graceful":        {Default: true},
		"on_destroy.reboot":          {Default: false},
	})}
}

func (r *applyResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{
		standin.ExactlyOneOf("machine_configuration_input", "machine_configuration_input_wo"),
		standin.ExactlyOneOf("client_configuration", "client_configuration_wo"),
	}
}

// ModifyPlan renders the configuration as soon as its parts are known. While they aren't, an existing resource keeps its
// old hash in the plan, as provider 0.11 does, though Terraform then calls the final plan inconsistent:
// https://github.com/siderolabs/terraform-provider-talos/issues/352
func (r *applyResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	var node, endpoint types.String
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("node"), &node)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("endpoint"), &endpoint)...)
	if node.IsUnknown() || endpoint.IsUnknown() {
		return
	}
	planEndpoint(ctx, req, resp)
	configuration, writeOnly, ok, diagnostics := render(ctx, req.Config)
	resp.Diagnostics.Append(diagnostics...)
	if !ok {
		return
	}
	sum := sha256.Sum256([]byte(configuration))
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("machine_configuration_hash"), hex.EncodeToString(sum[:]))...)
	planned := types.StringValue(configuration)
	if writeOnly {
		planned = types.StringNull()
	}
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("machine_configuration"), planned)...)
	resp.Diagnostics.Append(resp.Plan.SetAttribute(ctx, path.Root("resolved_apply_mode"), r.resolveMode(ctx, req, resp, configuration))...)
}

// resolveMode asks the node whether the configuration needs a reboot, if the mode depends on that.
func (r *applyResource) resolveMode(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse, configuration string) string {
	var mode, previous, resolved types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("apply_mode"), &mode)...)
	if mode.ValueString() != needingReboot {
		return mode.ValueString()
	}
	if !req.State.Raw.IsNull() {
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("machine_configuration"), &previous)...)
		resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("resolved_apply_mode"), &resolved)...)
		if previous.ValueString() == configuration && resolved.ValueString() != "" {
			return resolved.ValueString()
		}
	}
	var credentials types.Object
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("client_configuration"), &credentials)...)
	if credentials.IsUnknown() {
		return "auto"
	}
	target, diagnostics := targetOf(ctx, resp.Plan, req.Config)
	if diagnostics.HasError() {
		return "auto"
	}
	answer := "auto"
	if err := target.do(ctx, func(ctx context.Context, c *client.Client) error {
		reply, err := c.ApplyConfiguration(ctx, &machineapi.ApplyConfigurationRequest{Data: []byte(configuration), DryRun: true,
			Mode: machineapi.ApplyConfigurationRequest_AUTO})
		if err == nil && len(reply.Messages) > 0 && reply.Messages[0].Mode == machineapi.ApplyConfigurationRequest_REBOOT {
			answer = "staged"
		}
		return err
	}); err != nil {
		resp.Diagnostics.AddWarning("Cannot check reboot requirement", fmt.Sprintf("Node %s: %s. Using 'auto' mode (may reboot).", target.node, err))
	}
	if answer == "staged" {
		resp.Diagnostics.AddWarning("Reboot prevented - using staged mode", fmt.Sprintf(
			"Node %s: Configuration requires reboot. Using 'staged' mode. Manually reboot with: talosctl reboot --nodes %[1]s", target.node))
	}
	return answer
}

func (r *applyResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	timeout, diagnostics := timeoutOf(ctx, req.Plan, "create")
	resp.Diagnostics.Append(diagnostics...)
	r.apply(ctx, req.Plan, req.Config, timeout, &resp.State, &resp.Diagnostics)
}

func (r *applyResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	timeout, diagnostics := timeoutOf(ctx, req.Plan, "update")
	resp.Diagnostics.Append(diagnostics...)
	r.apply(ctx, req.Plan, req.Config, timeout, &resp.State, &resp.Diagnostics)
}

func (r *applyResource) apply(ctx context.Context, plan tfsdk.Plan, config tfsdk.Config, timeout time.Duration, state *tfsdk.State, diagnostics *diag.Diagnostics) {
	node, problems := targetOf(ctx, plan, config)
	diagnostics.Append(problems...)
	var mode types.String
	diagnostics.Append(plan.GetAttribute(ctx, path.Root("resolved_apply_mode"), &mode)...)
	configuration, _, ok, problems := render(ctx, config)
	diagnostics.Append(problems...)
	if diagnostics.HasError() || !ok {
		return
	}
	if err := node.retry(ctx, timeout, func(ctx context.Context, c *client.Client) error {
		_, err := c.ApplyConfiguration(ctx, &machineapi.ApplyConfigurationRequest{
			Data: []byte(configuration),
			Mode: machineapi.ApplyConfigurationRequest_Mode(machineapi.ApplyConfigurationRequest_Mode_value[strings.ToUpper(mode.ValueString())]),
		})
		return err
	}); err != nil {
		diagnostics.AddError("Error applying configuration", err.Error())
		return
	}
	state.Raw = plan.Raw
	diagnostics.Append(state.SetAttribute(ctx, path.Root("id"), "machine_configuration_apply")...)
}

// Delete resets the node if on_destroy asks for it. The real provider also follows the node's events until it is down;
// the stand-in waits for the answer alone.
func (r *applyResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var onDestroy *struct {
		Reset    bool `tfsdk:"reset"`
		Graceful bool `tfsdk:"graceful"`
		Reboot   bool `tfsdk:"reboot"`
	}
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("on_destroy"), &onDestroy)...)
	if onDestroy == nil || !onDestroy.Reset {
		return
	}
	node, diagnostics := targetOf(ctx, req.State, nil)
	resp.Diagnostics.Append(diagnostics...)
	timeout, diagnostics := timeoutOf(ctx, req.State, "delete")
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := node.retry(ctx, timeout, func(ctx context.Context, c *client.Client) error {
		return c.ResetGeneric(ctx, &machineapi.ResetRequest{Graceful: onDestroy.Graceful, Reboot: onDestroy.Reboot,
			SystemPartitionsToWipe: []*machineapi.ResetPartitionSpec{{Label: "STATE", Wipe: true}, {Label: "EPHEMERAL", Wipe: true}}})
	}); err != nil {
		resp.Diagnostics.AddError("Error resetting machine", err.Error())
	}
}

// render patches the given configuration; ok is false while a part of it isn't known.
func render(ctx context.Context, config tfsdk.Config) (configuration string, writeOnly, ok bool, diagnostics diag.Diagnostics) {
	var input, inputWO types.String
	var patchTexts types.List
	diagnostics.Append(config.GetAttribute(ctx, path.Root("machine_configuration_input"), &input)...)
	diagnostics.Append(config.GetAttribute(ctx, path.Root("machine_configuration_input_wo"), &inputWO)...)
	diagnostics.Append(config.GetAttribute(ctx, path.Root("config_patches"), &patchTexts)...)
	if !inputWO.IsNull() {
		input, writeOnly = inputWO, true
	}
	texts, patchesKnown := standin.KnownStrings(patchTexts)
	if diagnostics.HasError() || !standin.Known(input) || !patchesKnown {
		return "", writeOnly, false, diagnostics
	}
	patches, err := configpatcher.LoadPatches(texts)
	if err != nil {
		diagnostics.AddError("Error loading config patches", err.Error())
		return "", writeOnly, false, diagnostics
	}
	output, err := configpatcher.Apply(configpatcher.WithBytes([]byte(input.ValueString())), patches)
	if err == nil {
		var text []byte
		if text, err = output.Bytes(); err == nil {
			return string(text), writeOnly, true, diagnostics
		}
	}
	diagnostics.AddError("Error applying config patches", fmt.Sprint(err))
	return "", writeOnly, false, diagnostics
}
