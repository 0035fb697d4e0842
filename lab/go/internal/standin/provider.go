// Package standin serves pinned provider interfaces with as much of the providers' behaviour as applying the project's
// stacks needs. That behaviour has a package for each provider, so that no program links the libraries of another.
package standin

import (
	"context"
	"fmt"
	"path"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"lab/internal/pinned"
)

// Behaviour is what one provider's resources and data sources do.
type Behaviour struct {
	Resources   Resources
	DataSources DataSources
}

// Resources and DataSources say, by name, how to make one from its name and pinned schema.
type (
	Resources   map[string]func(name string, schema pinned.Schema) resource.Resource
	DataSources map[string]func(name string, schema pinned.Schema) datasource.DataSource
)

// standin is one provider.
type standin struct {
	schema      *pinned.Provider
	resources   []func() resource.Resource
	dataSources []func() datasource.DataSource
}

// New returns a stand-in that serves the given interface. A resource without behaviour is an error; a data source without
// behaviour is served and fails when it is read.
func New(pinnedProvider *pinned.Provider, behaviour Behaviour) (provider.Provider, error) {
	p := &standin{schema: pinnedProvider}
	for name, pinnedSchema := range pinnedProvider.Resources {
		make, ok := behaviour.Resources[name]
		if !ok {
			return nil, fmt.Errorf("%s has no stand-in for the resource %s", pinnedProvider.Address, name)
		}
		p.resources = append(p.resources, func() resource.Resource { return make(name, pinnedSchema) })
	}
	for name, pinnedSchema := range pinnedProvider.DataSources {
		make, ok := behaviour.DataSources[name]
		if !ok {
			make = newUnsupported
		}
		p.dataSources = append(p.dataSources, func() datasource.DataSource { return make(name, pinnedSchema) })
	}
	return p, nil
}

func (p *standin) Metadata(_ context.Context, _ provider.MetadataRequest, resp *provider.MetadataResponse) {
	resp.TypeName = path.Base(p.schema.Address)
	resp.Version = p.schema.Version + "+stand-in"
}

func (p *standin) Schema(_ context.Context, _ provider.SchemaRequest, resp *provider.SchemaResponse) {
	resp.Schema = pinned.Config(p.schema.Config)
}

func (p *standin) Configure(ctx context.Context, req provider.ConfigureRequest, resp *provider.ConfigureResponse) {
	tflog.Warn(ctx, "this is a stand-in for "+p.schema.Address+" "+p.schema.Version+", not the provider itself")
	resp.ResourceData = req.Config
	resp.DataSourceData = req.Config
}

func (p *standin) Resources(context.Context) []func() resource.Resource { return p.resources }

func (p *standin) DataSources(context.Context) []func() datasource.DataSource { return p.dataSources }
