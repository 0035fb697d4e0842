package talos

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	machineapi "github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// bootstrapResource is talos_machine_bootstrap: etcd's first start.
type bootstrapResource struct{ standin.BaseResource }

func newBootstrapResource(name string, schema pinned.Schema) resource.Resource {
	return &bootstrapResource{standin.NewBaseResource(name, schema, pinned.Traits{"id": {Keep: true}})}
}

func (r *bootstrapResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{standin.ExactlyOneOf("client_configuration", "client_configuration_wo")}
}

func (r *bootstrapResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if !req.Plan.Raw.IsNull() {
		planEndpoint(ctx, req, resp)
	}
}

func (r *bootstrapResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	node, diagnostics := targetOf(ctx, req.Plan, req.Config)
	resp.Diagnostics.Append(diagnostics...)
	timeout, diagnostics := timeoutOf(ctx, req.Plan, "create")
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := node.retry(ctx, timeout, func(ctx context.Context, c *client.Client) error {
		return c.Bootstrap(ctx, &machineapi.BootstrapRequest{})
	}); err != nil {
		resp.Diagnostics.AddError("Error bootstrapping node", err.Error())
		return
	}
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), "machine_bootstrap")...)
}

// ImportState accepts any id: a cluster that is bootstrapped already only has to be known.
func (r *bootstrapResource) ImportState(ctx context.Context, _ resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), "machine_bootstrap")...)
}
