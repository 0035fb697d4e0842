package talos

import (
	"context"
	"fmt"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"go.yaml.in/yaml/v4"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// kubeconfigResource is the resource talos_cluster_kubeconfig. Unlike the real one it doesn't renew certificates.
type kubeconfigResource struct{ standin.BaseResource }

func newKubeconfigResource(name string, schema pinned.Schema) resource.Resource {
	return &kubeconfigResource{standin.NewBaseResource(name, schema, pinned.Traits{
		"id":                              {Keep: true},
		"kubeconfig_raw":                  {Keep: true},
		"kubernetes_client_configuration": {Keep: true},
		"certificate_renewal_duration":    {Default: "720h"},
	})}
}

func (r *kubeconfigResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() {
		return
	}
	planEndpoint(ctx, req, resp)
	var renewal types.String
	resp.Diagnostics.Append(resp.Plan.GetAttribute(ctx, path.Root("certificate_renewal_duration"), &renewal)...)
	if standin.Known(renewal) {
		if _, err := time.ParseDuration(renewal.ValueString()); err != nil {
			resp.Diagnostics.AddError("failed to parse certificate renewal duration in plan", err.Error())
		}
	}
}

func (r *kubeconfigResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	node, diagnostics := targetOf(ctx, req.Plan, nil)
	resp.Diagnostics.Append(diagnostics...)
	timeout, diagnostics := timeoutOf(ctx, req.Plan, "create")
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	var text []byte
	if err := node.retry(ctx, timeout, func(ctx context.Context, c *client.Client) (err error) {
		text, err = c.Kubeconfig(ctx)
		return err
	}); err != nil {
		resp.Diagnostics.AddError("failed to retrieve kubeconfig", err.Error())
		return
	}
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(setKubeconfig(ctx, &resp.State, text)...)
}

// kubernetesClientConfiguration is the attribute kubernetes_client_configuration.
type kubernetesClientConfiguration struct {
	Host string     `tfsdk:"host"`
	CA   base64Text `tfsdk:"ca_certificate"`
	Cert base64Text `tfsdk:"client_certificate"`
	Key  base64Text `tfsdk:"client_key"`
}

func setKubeconfig(ctx context.Context, state *tfsdk.State, text []byte) (diagnostics diag.Diagnostics) {
	cluster, access, err := parseKubeconfig(text)
	if err != nil {
		diagnostics.AddError("failed to parse kubeconfig", err.Error())
		return diagnostics
	}
	diagnostics.Append(state.SetAttribute(ctx, path.Root("id"), cluster)...)
	diagnostics.Append(state.SetAttribute(ctx, path.Root("kubeconfig_raw"), string(text))...)
	diagnostics.Append(state.SetAttribute(ctx, path.Root("kubernetes_client_configuration"), access)...)
	return diagnostics
}

// parseKubeconfig follows the current context to its cluster and user.
func parseKubeconfig(text []byte) (cluster string, access kubernetesClientConfiguration, err error) {
	var file struct {
		CurrentContext string `yaml:"current-context"`
		Contexts       []struct {
			Name    string
			Context struct{ Cluster, User string }
		}
		Clusters []struct {
			Name    string
			Cluster struct {
				Server string
				CA     string `yaml:"certificate-authority-data"`
			}
		}
		Users []struct {
			Name string
			User struct {
				Cert string `yaml:"client-certificate-data"`
				Key  string `yaml:"client-key-data"`
			}
		}
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		return "", access, err
	}
	for _, named := range file.Contexts {
		if named.Name != file.CurrentContext {
			continue
		}
		for _, c := range file.Clusters {
			if c.Name == named.Context.Cluster {
				access.Host, access.CA = c.Cluster.Server, c.Cluster.CA
			}
		}
		for _, u := range file.Users {
			if u.Name == named.Context.User {
				access.Cert, access.Key = u.User.Cert, u.User.Key
			}
		}
		return named.Context.Cluster, access, nil
	}
	return "", access, fmt.Errorf("the current context %q is not in the kubeconfig", file.CurrentContext)
}
