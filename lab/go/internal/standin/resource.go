package standin

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"

	"lab/internal/pinned"
)

// BaseResource is what all resources share: a name, the pinned schema, and nothing to do on read, update and delete.
type BaseResource struct {
	name   string
	schema schema.Schema
}

// NewBaseResource converts the pinned schema of a resource.
func NewBaseResource(name string, schema pinned.Schema, traits pinned.Traits) BaseResource {
	return BaseResource{name, pinned.Resource(schema, traits)}
}

// Metadata gives the name.
func (r *BaseResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.name
}

// Schema gives the pinned schema.
func (r *BaseResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.schema
}

// Read leaves the state as it is.
func (r *BaseResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

// Update takes the plan for the state.
func (r *BaseResource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

// Delete forgets the resource, and does nothing else.
func (r *BaseResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}
