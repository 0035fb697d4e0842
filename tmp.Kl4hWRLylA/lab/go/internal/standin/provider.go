// Package standin serves pinned provider interfaces with the behaviour of the providers talos, helm, local and null, as far
// as applying the project's stacks needs it.
package standin

import (
	"context"
	"fmt"
	"path"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	datasourceschema "github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-log/tflog"

	"lab/internal/pinned"
)

// standin is one provider.
type standin struct {
	schema      *pinned.Provider
	resources   []func() resource.Resource
	dataSources []func() datasource.DataSource
}

// factory makes a resource or data source from its name and pinned schema.
type (
	resourceFactory   func(name string, schema pinned.Schema) resource.Resource
	dataSourceFactory func(name string, schema pinned.Schema) datasource.DataSource
)

var resourceFactories = map[string]resourceFactory{
	"helm_release":                      newHelmRelease,
	"local_file":                        newLocalFile,
	"local_sensitive_file":              newLocalFile,
	"null_resource":                     newNullResource,
	"talos_cluster_kubeconfig":          newTalosKubeconfig,
	"talos_image_factory_schematic":     newTalosSchematic,
	"talos_machine_bootstrap":           newTalosBootstrap,
	"talos_machine_configuration_apply": newTalosApply,
	"talos_machine_secrets":             newTalosSecrets,
}

var dataSourceFactories = map[string]dataSourceFactory{
	"helm_template":               newHelmTemplate,
	"talos_client_configuration":  newTalosClientConfiguration,
	"talos_image_factory_urls":    newTalosURLs,
	"talos_machine_configuration": newTalosMachineConfiguration,
}

// New returns a stand-in that serves the given interface. A resource without behaviour here is an error; a data source
// without behaviour is served and fails when it is read.
func New(pinnedProvider *pinned.Provider) (provider.Provider, error) {
	p := &standin{schema: pinnedProvider}
	for name, pinnedSchema := range pinnedProvider.Resources {
		make, ok := resourceFactories[name]
		if !ok {
			return nil, fmt.Errorf("%s has no stand-in for the resource %s", pinnedProvider.Address, name)
		}
		p.resources = append(p.resources, func() resource.Resource { return make(name, pinnedSchema) })
	}
	for name, pinnedSchema := range pinnedProvider.DataSources {
		make, ok := dataSourceFactories[name]
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

// baseResource is what all resources share: a name, the pinned schema, and nothing to do on read, update and delete.
type baseResource struct {
	name   string
	schema schema.Schema
}

func (r *baseResource) Metadata(_ context.Context, _ resource.MetadataRequest, resp *resource.MetadataResponse) {
	resp.TypeName = r.name
}

func (r *baseResource) Schema(_ context.Context, _ resource.SchemaRequest, resp *resource.SchemaResponse) {
	resp.Schema = r.schema
}

func (r *baseResource) Read(context.Context, resource.ReadRequest, *resource.ReadResponse) {}

func (r *baseResource) Update(_ context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	resp.State.Raw = req.Plan.Raw
}

func (r *baseResource) Delete(context.Context, resource.DeleteRequest, *resource.DeleteResponse) {}

// baseDataSource is what all data sources share.
type baseDataSource struct {
	name   string
	schema datasourceschema.Schema
}

func (d *baseDataSource) Metadata(_ context.Context, _ datasource.MetadataRequest, resp *datasource.MetadataResponse) {
	resp.TypeName = d.name
}

func (d *baseDataSource) Schema(_ context.Context, _ datasource.SchemaRequest, resp *datasource.SchemaResponse) {
	resp.Schema = d.schema
}

// unsupported is a data source that the stand-in serves for its interface alone.
type unsupported struct{ baseDataSource }

func newUnsupported(name string, schema pinned.Schema) datasource.DataSource {
	return &unsupported{baseDataSource{name, pinned.DataSource(schema)}}
}

func (d *unsupported) Read(_ context.Context, _ datasource.ReadRequest, resp *datasource.ReadResponse) {
	resp.Diagnostics.AddError("Not part of the stand-in",
		fmt.Sprintf("The stand-in provider can't read %s; use the real provider.", d.name))
}
