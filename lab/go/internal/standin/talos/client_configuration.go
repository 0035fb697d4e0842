package talos

import (
	"context"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/siderolabs/crypto/x509"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// clientConfigurationDataSource is the data source talos_client_configuration: a talosconfig.
type clientConfigurationDataSource struct{ standin.BaseDataSource }

type clientConfigurationModel struct {
	ID                  types.String        `tfsdk:"id"`
	ClusterName         types.String        `tfsdk:"cluster_name"`
	ClientConfiguration clientConfiguration `tfsdk:"client_configuration"`
	Endpoints           []string            `tfsdk:"endpoints"`
	Nodes               []string            `tfsdk:"nodes"`
	TalosConfig         types.String        `tfsdk:"talos_config"`
}

func newClientConfigurationDataSource(name string, schema pinned.Schema) datasource.DataSource {
	return &clientConfigurationDataSource{standin.NewBaseDataSource(name, schema)}
}

func (d *clientConfigurationDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model clientConfigurationModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	talosConfig, err := model.ClientConfiguration.talosConfig(model.ClusterName.ValueString())
	if err == nil {
		talosConfig.Contexts[talosConfig.Context].Endpoints = model.Endpoints
		talosConfig.Contexts[talosConfig.Context].Nodes = model.Nodes
		var text []byte
		if text, err = talosConfig.Bytes(); err == nil {
			model.TalosConfig = types.StringValue(string(text))
		}
	}
	if err != nil {
		resp.Diagnostics.AddError("failed to generate talos config", err.Error())
		return
	}
	model.ID = model.ClusterName
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

func (c clientConfiguration) talosConfig(context string) (*clientconfig.Config, error) {
	d := &decoder{}
	ca, pair := d.decode(c.CA), &x509.PEMEncodedCertificateAndKey{Crt: d.decode(c.Cert), Key: d.decode(c.Key)}
	return clientconfig.NewConfig(context, nil, ca, pair), d.err
}
