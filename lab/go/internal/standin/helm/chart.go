package helm

import (
	"fmt"
	"net/url"
	"os"
	"path"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"helm.sh/helm/v3/pkg/action"
	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chart/loader"
	"helm.sh/helm/v3/pkg/downloader"
	"helm.sh/helm/v3/pkg/getter"
	"helm.sh/helm/v3/pkg/postrender"
	"helm.sh/helm/v3/pkg/registry"

	"lab/internal/standin"
)

// chartModel says where a chart comes from, in helm_release and helm_template alike.
type chartModel struct {
	Chart              types.String `tfsdk:"chart"`
	DependencyUpdate   types.Bool   `tfsdk:"dependency_update"`
	Devel              types.Bool   `tfsdk:"devel"`
	Keyring            types.String `tfsdk:"keyring"`
	PassCredentials    types.Bool   `tfsdk:"pass_credentials"`
	Repository         types.String `tfsdk:"repository"`
	RepositoryCAFile   types.String `tfsdk:"repository_ca_file"`
	RepositoryCertFile types.String `tfsdk:"repository_cert_file"`
	RepositoryKeyFile  types.String `tfsdk:"repository_key_file"`
	RepositoryPassword types.String `tfsdk:"repository_password"`
	RepositoryUsername types.String `tfsdk:"repository_username"`
	Verify             types.Bool   `tfsdk:"verify"`
	Version            types.String `tfsdk:"version"`
}

// reference is how Helm names the chart: by itself within the repository at a URL, else with its repository before it.
func (m chartModel) reference() (repository, name string, err error) {
	repository, name = m.Repository.ValueString(), strings.TrimSpace(m.Chart.ValueString())
	if registry.IsOCI(repository) {
		location, err := url.Parse(repository)
		if err != nil {
			return "", "", err
		}
		location.Path = path.Join(location.Path, name)
		return "", location.String(), nil
	}
	if _, err := url.ParseRequestURI(repository); err == nil {
		return repository, name, nil
	}
	if repository != "" && !strings.Contains(name, "/") {
		name = repository + "/" + name
	}
	return "", name, nil
}

// versioned tells whether the version chooses the chart: a file or a single URL is what it is.
func versioned(repository, name string) bool {
	if _, err := url.ParseRequestURI(name); err == nil && !registry.IsOCI(name) {
		return false
	}
	for _, file := range []string{name, repository} {
		if _, err := os.Stat(file); err == nil {
			return false
		}
	}
	return true
}

// locate finds the chart, downloads it where need be, and returns the path of it.
func (m chartModel) locate(p *provider, configuration *action.Configuration) (location string, diagnostics diag.Diagnostics) {
	repository, name, err := m.reference()
	if err == nil && registry.IsOCI(name) && m.RepositoryUsername.ValueString() != "" && m.RepositoryPassword.ValueString() != "" {
		if err := p.login(name, m.RepositoryUsername.ValueString(), m.RepositoryPassword.ValueString()); err != nil {
			diagnostics.AddError("OCI Registry Login Failed", fmt.Sprintf("Failed to log in to OCI registry %q: %s", name, err))
			return "", diagnostics
		}
	}
	if err == nil {
		options := action.NewInstall(configuration).ChartPathOptions
		options.RepoURL = repository
		options.CaFile = m.RepositoryCAFile.ValueString()
		options.CertFile = m.RepositoryCertFile.ValueString()
		options.KeyFile = m.RepositoryKeyFile.ValueString()
		options.Keyring = m.Keyring.ValueString()
		options.Verify = m.Verify.ValueBool()
		options.Username = m.RepositoryUsername.ValueString()
		options.Password = m.RepositoryPassword.ValueString()
		options.PassCredentialsAll = m.PassCredentials.ValueBool()
		if versioned(repository, name) {
			options.Version = strings.TrimSpace(m.Version.ValueString())
			if options.Version == "" && m.Devel.ValueBool() {
				options.Version = ">0.0.0-0"
			}
		}
		location, err = p.locate(&options, name)
	}
	if err != nil {
		diagnostics.AddError("Error locating chart", fmt.Sprintf("Unable to locate chart %s: %s", name, err))
	}
	return location, diagnostics
}

// load reads the chart with the charts it depends on.
func (m chartModel) load(p *provider, configuration *action.Configuration) (*chart.Chart, diag.Diagnostics) {
	location, diagnostics := m.locate(p, configuration)
	if diagnostics.HasError() {
		return nil, diagnostics
	}
	loaded, err := loader.Load(location)
	if err == nil && action.CheckDependencies(loaded, loaded.Metadata.Dependencies) != nil {
		if !m.DependencyUpdate.ValueBool() {
			diagnostics.AddError("Missing chart dependencies", "Found in Chart.yaml, but missing in charts/ directory")
			return nil, diagnostics
		}
		manager := downloader.Manager{Out: os.Stderr, ChartPath: location, Keyring: m.Keyring.ValueString(), Getters: getter.All(p.settings),
			RegistryClient: p.registry, RepositoryConfig: p.settings.RepositoryConfig, RepositoryCache: p.settings.RepositoryCache}
		if err := manager.Update(); err != nil {
			diagnostics.AddError("Failed to update chart dependencies", err.Error())
			return nil, diagnostics
		}
		loaded, err = loader.Load(location)
	}
	if err != nil {
		diagnostics.AddError("Error loading chart", fmt.Sprintf("Unable to load chart %s: %s", location, err))
	}
	return loaded, diagnostics
}

// checkInstallable refuses a library, which has nothing to install.
func checkInstallable(c *chart.Chart) (diagnostics diag.Diagnostics) {
	if kind := c.Metadata.Type; kind != "" && kind != "application" {
		diagnostics.AddError("Error checking if chart is installable",
			fmt.Sprintf("Chart is not installable: %s charts are not installable", kind))
	}
	return diagnostics
}

func (p *provider) login(address, username, password string) error {
	location, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("could not parse OCI registry URL: %w", err)
	}
	if err := p.registry.Login(location.Host, registry.LoginOptBasicAuth(username, password)); err != nil {
		return fmt.Errorf("could not login to OCI registry %q: %w", location.Host, err)
	}
	return nil
}

// postrenderModel is a program that has the last word on what is rendered.
type postrenderModel struct {
	BinaryPath types.String `tfsdk:"binary_path"`
	Args       types.List   `tfsdk:"args"`
}

func (m *postrenderModel) renderer() (postrender.PostRenderer, error) {
	if m == nil || m.BinaryPath.ValueString() == "" {
		return nil, nil
	}
	args, _ := standin.KnownStrings(m.Args)
	return postrender.NewExec(m.BinaryPath.ValueString(), args...)
}
