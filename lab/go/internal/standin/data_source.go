package standin

import (
	"context"
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"

	"lab/internal/pinned"
)

// BaseDataSource is what all data sources share.
type BaseDataSource struct {
	name   string
	schema schema.Schema
}

// NewBaseDataSource converts the pinned schema of a data source.
func NewBaseDataSource(name string, schema pinned.Schema) BaseDataSource {
	return BaseDataSource{name, pinned.DataSource(schema)}
}

// Metadata gives the name.
func (d *BaseDataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = d.name
}

// Schema gives the pinned schema.
func (d *BaseDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = d.schema
}

// unsupported is a data source that the stand-in serves for its interface alone.
type unsupported struct{ BaseDataSource }

func newUnsupported(name string, schema pinned.Schema) datasource.DataSource {
	return &unsupported{NewBaseDataSource(name, schema)}
}

func (d *unsupported) Read(_ context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	resp.Diagnostics.AddError("Not part of the stand-in",
		fmt.Sprintf("The stand-in provider can't read %s; use the real provider.", d.name))
}
