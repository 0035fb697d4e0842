package null

import (
	"context"
	"fmt"
	"math/rand/v2"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// nullResource is null_resource: an id, and triggers that re-create it. Its provisioners are Terraform's own.
type nullResource struct{ standin.BaseResource }

func newNullResource(name string, schema pinned.Schema) resource.Resource {
	return &nullResource{standin.NewBaseResource(name, schema, pinned.Traits{
		"id":       {Keep: true},
		"triggers": {Replace: true},
	})}
}

func (r *nullResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), fmt.Sprint(rand.Int64()))...)
}

func (r *nullResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	resource.ImportStatePassthroughID(ctx, path.Root("id"), req, resp)
}
