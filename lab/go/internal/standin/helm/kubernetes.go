package helm

import (
	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/client-go/tools/clientcmd/api"

	"lab/internal/standin"
)

// kubernetesModel is the attribute kubernetes of the provider: kubeconfig files, and what is said beside them.
type kubernetesModel struct {
	Host                  types.String `tfsdk:"host"`
	Username              types.String `tfsdk:"username"`
	Password              types.String `tfsdk:"password"`
	Insecure              types.Bool   `tfsdk:"insecure"`
	TLSServerName         types.String `tfsdk:"tls_server_name"`
	ClientCertificate     types.String `tfsdk:"client_certificate"`
	ClientKey             types.String `tfsdk:"client_key"`
	ClusterCACertificate  types.String `tfsdk:"cluster_ca_certificate"`
	ConfigPath            types.String `tfsdk:"config_path"`
	ConfigPaths           types.List   `tfsdk:"config_paths"`
	ConfigContext         types.String `tfsdk:"config_context"`
	ConfigContextAuthInfo types.String `tfsdk:"config_context_auth_info"`
	ConfigContextCluster  types.String `tfsdk:"config_context_cluster"`
	Token                 types.String `tfsdk:"token"`
	ProxyURL              types.String `tfsdk:"proxy_url"`
	Exec                  *execModel   `tfsdk:"exec"`
}

type execModel struct {
	APIVersion types.String `tfsdk:"api_version"`
	Command    types.String `tfsdk:"command"`
	Args       types.List   `tfsdk:"args"`
	Env        types.Map    `tfsdk:"env"`
}

// clientConfig merges the files and the attributes into the access to one namespace.
func (m kubernetesModel) clientConfig(namespace string) (clientcmd.ClientConfig, error) {
	rules, overrides := &clientcmd.ClientConfigLoadingRules{}, &clientcmd.ConfigOverrides{}
	files, _ := standin.KnownStrings(m.ConfigPaths)
	if m.ConfigPath.ValueString() != "" {
		files = append([]string{m.ConfigPath.ValueString()}, files...)
	}
	switch len(files) {
	case 0:
	case 1:
		rules.ExplicitPath = files[0]
	default:
		rules.Precedence = files
	}
	if len(files) > 0 {
		overrides.CurrentContext = m.ConfigContext.ValueString()
		overrides.Context.AuthInfo = m.ConfigContextAuthInfo.ValueString()
		overrides.Context.Cluster = m.ConfigContextCluster.ValueString()
	}
	overrides.Context.Namespace = namespace
	overrides.ClusterDefaults.ProxyURL = m.ProxyURL.ValueString()
	cluster, user := &overrides.ClusterInfo, &overrides.AuthInfo
	cluster.InsecureSkipTLSVerify = m.Insecure.ValueBool()
	cluster.TLSServerName = m.TLSServerName.ValueString()
	cluster.CertificateAuthorityData = []byte(m.ClusterCACertificate.ValueString())
	user.ClientCertificateData = []byte(m.ClientCertificate.ValueString())
	user.ClientKeyData = []byte(m.ClientKey.ValueString())
	user.Username, user.Password, user.Token = m.Username.ValueString(), m.Password.ValueString(), m.Token.ValueString()
	if host := m.Host.ValueString(); host != "" {
		secure := len(cluster.CertificateAuthorityData) > 0 || len(user.ClientCertificateData) > 0 || cluster.InsecureSkipTLSVerify
		url, _, err := rest.DefaultServerURL(host, "", schema.GroupVersion{}, secure)
		if err != nil {
			return nil, err
		}
		cluster.Server = url.String()
	}
	if m.Exec != nil {
		user.Exec = m.Exec.config()
	}
	return clientcmd.NewNonInteractiveDeferredLoadingClientConfig(rules, overrides), nil
}

func (m execModel) config() *api.ExecConfig {
	args, _ := standin.KnownStrings(m.Args)
	config := &api.ExecConfig{APIVersion: m.APIVersion.ValueString(), Command: m.Command.ValueString(), Args: args,
		InteractiveMode: api.IfAvailableExecInteractiveMode}
	for name, value := range m.Env.Elements() {
		config.Env = append(config.Env, api.ExecEnvVar{Name: name, Value: textOf(value)})
	}
	return config
}

func textOf(value attr.Value) string {
	text, _ := value.(types.String)
	return text.ValueString()
}

// clusterGetter gives Helm's library its clients.
type clusterGetter struct{ config clientcmd.ClientConfig }

func (g clusterGetter) ToRawKubeConfigLoader() clientcmd.ClientConfig { return g.config }

func (g clusterGetter) ToRESTConfig() (*rest.Config, error) { return g.config.ClientConfig() }

func (g clusterGetter) ToDiscoveryClient() (discovery.CachedDiscoveryInterface, error) {
	config, err := g.ToRESTConfig()
	if err != nil {
		return nil, err
	}
	client, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return memory.NewMemCacheClient(client), nil
}

func (g clusterGetter) ToRESTMapper() (meta.RESTMapper, error) {
	client, err := g.ToDiscoveryClient()
	if err != nil {
		return nil, err
	}
	return restmapper.NewShortcutExpander(restmapper.NewDeferredDiscoveryRESTMapper(client), client, nil), nil
}
