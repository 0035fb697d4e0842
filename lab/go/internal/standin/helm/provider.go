package helm

import (
	"context"
	"fmt"
	"sync"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-log/tflog"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/cli"
	"helm.sh/helm/v3/pkg/registry"
)

// provider is what the configuration of the provider helm says: which cluster, and where Helm keeps what it needs.
type provider struct {
	kubernetes kubernetesModel
	settings   *cli.EnvSettings
	driver     string
	registry   *registry.Client
}

type providerModel struct {
	BurstLimit           types.Number `tfsdk:"burst_limit"`
	Debug                types.Bool   `tfsdk:"debug"`
	Experiments          types.Object `tfsdk:"experiments"`
	HelmDriver           types.String `tfsdk:"helm_driver"`
	Kubernetes           types.Object `tfsdk:"kubernetes"`
	PluginsPath          types.String `tfsdk:"plugins_path"`
	QPS                  types.Number `tfsdk:"qps"`
	Registries           types.List   `tfsdk:"registries"`
	RegistryConfigPath   types.String `tfsdk:"registry_config_path"`
	RepositoryCache      types.String `tfsdk:"repository_cache"`
	RepositoryConfigPath types.String `tfsdk:"repository_config_path"`
}

// newProvider reads the provider's configuration. Parts that aren't known yet count as left out.
func newProvider(ctx context.Context, data any, diagnostics *diag.Diagnostics) *provider {
	config, ok := data.(tfsdk.Config)
	if !ok { // Terraform has not configured the provider yet.
		return nil
	}
	var model providerModel
	diagnostics.Append(config.Get(ctx, &model)...)
	p := &provider{settings: cli.New(), driver: model.HelmDriver.ValueString()}
	if !model.Kubernetes.IsNull() && !model.Kubernetes.IsUnknown() {
		diagnostics.Append(config.GetAttribute(ctx, path.Root("kubernetes"), &p.kubernetes)...)
	}
	if manifest, ok := model.Experiments.Attributes()["manifest"].(types.Bool); ok && manifest.ValueBool() {
		diagnostics.AddAttributeError(path.Root("experiments"), "Not part of the stand-in",
			"The stand-in provider renders no manifest at plan; use the real provider, or leave experiments.manifest out.")
	}
	p.settings.Debug = model.Debug.ValueBool()
	for target, value := range map[*string]types.String{
		&p.settings.PluginsDirectory: model.PluginsPath,
		&p.settings.RegistryConfig:   model.RegistryConfigPath,
		&p.settings.RepositoryConfig: model.RepositoryConfigPath,
		&p.settings.RepositoryCache:  model.RepositoryCache,
	} {
		if value.ValueString() != "" {
			*target = value.ValueString()
		}
	}
	client, err := registry.NewClient()
	if err != nil {
		diagnostics.AddError("Registry client initialization failed", fmt.Sprintf("Unable to create Helm registry client: %s", err))
		return nil
	}
	p.registry = client
	for _, element := range model.Registries.Elements() {
		fields := element.(types.Object).Attributes()
		text := func(name string) string { return fields[name].(types.String).ValueString() }
		if err := p.login(text("url"), text("username"), text("password")); err != nil {
			diagnostics.AddError("OCI Registry login failed", err.Error())
		}
	}
	return p
}

// connect reaches the cluster; tests without one replace it.
var connect = func(p *provider, namespace string) (*action.Configuration, error) {
	kubeconfig, err := p.kubernetes.clientConfig(namespace)
	if err != nil {
		return nil, err
	}
	configuration := new(action.Configuration)
	return configuration, configuration.Init(clusterGetter{kubeconfig}, namespace, p.driver, func(format string, values ...any) {
		tflog.Info(context.Background(), fmt.Sprintf(format, values...))
	})
}

// cluster is Helm's way to the releases of a namespace.
func (p *provider) cluster(namespace string) (*action.Configuration, error) {
	configuration, err := connect(p, namespace)
	if err == nil {
		configuration.RegistryClient = p.registry
	}
	return configuration, err
}

// chartCache is held while a chart is downloaded: the resources of a provider share Helm's cache.
var chartCache sync.Mutex

func (p *provider) locate(options *action.ChartPathOptions, name string) (string, error) {
	chartCache.Lock()
	defer chartCache.Unlock()
	return options.LocateChart(name, p.settings)
}
