package talos

import (
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	sideronet "github.com/siderolabs/net"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/bundle"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/gendata"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// machineConfigurationDataSource is the data source talos_machine_configuration: a generated and patched configuration.
type machineConfigurationDataSource struct{ standin.BaseDataSource }

type machineConfigurationModel struct {
	ID                   types.String `tfsdk:"id"`
	ClusterName          types.String `tfsdk:"cluster_name"`
	ClusterEndpoint      types.String `tfsdk:"cluster_endpoint"`
	MachineType          types.String `tfsdk:"machine_type"`
	KubernetesVersion    types.String `tfsdk:"kubernetes_version"`
	TalosVersion         types.String `tfsdk:"talos_version"`
	MachineSecrets       types.Object `tfsdk:"machine_secrets"`
	MachineConfiguration types.String `tfsdk:"machine_configuration"`
	ConfigPatches        types.List   `tfsdk:"config_patches"`
	Docs                 types.Bool   `tfsdk:"docs"`
	Examples             types.Bool   `tfsdk:"examples"`
}

func newMachineConfigurationDataSource(name string, schema pinned.Schema) datasource.DataSource {
	return &machineConfigurationDataSource{standin.NewBaseDataSource(name, schema)}
}

func (d *machineConfigurationDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var model machineConfigurationModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if value := model.ClusterName; standin.Known(value) && value.ValueString() == "" {
		resp.Diagnostics.AddAttributeError(path.Root("cluster_name"), "Invalid Attribute Value Length", "cluster_name must not be empty")
	}
	if value := model.MachineType; standin.Known(value) && value.ValueString() != "controlplane" && value.ValueString() != "worker" {
		resp.Diagnostics.AddAttributeError(path.Root("machine_type"), "Invalid Attribute Value Match",
			fmt.Sprintf(`machine_type must be "controlplane" or "worker", got: %q`, value.ValueString()))
	}
	if value := model.ClusterEndpoint; standin.Known(value) {
		if err := checkEndpoint(value.ValueString()); err != nil {
			resp.Diagnostics.AddError("cluster_endpoint is invalid", err.Error())
		}
	}
	if patches, ok := standin.KnownStrings(model.ConfigPatches); ok {
		if _, err := configpatcher.LoadPatches(patches); err != nil {
			resp.Diagnostics.AddError("config_patches are invalid", err.Error())
			return
		}
	}
	if value := model.TalosVersion; standin.Known(value) {
		if _, err := config.ParseContractFromVersion(value.ValueString()); err != nil {
			resp.Diagnostics.AddError("Invalid version", err.Error())
		}
	}
}

func (d *machineConfigurationDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model machineConfigurationModel
	var machineSecrets machineSecrets
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	resp.Diagnostics.Append(req.Config.GetAttribute(ctx, path.Root("machine_secrets"), &machineSecrets)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if model.KubernetesVersion.IsNull() {
		model.KubernetesVersion = types.StringValue(constants.DefaultKubernetesVersion)
	}
	if model.TalosVersion.IsNull() {
		model.TalosVersion = types.StringValue(defaultContract)
	}
	configuration, err := generateConfiguration(model, machineSecrets)
	if err != nil {
		resp.Diagnostics.AddError("failed to generate machine configuration", err.Error())
		return
	}
	model.ID = model.ClusterName
	model.MachineConfiguration = types.StringValue(configuration)
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

func generateConfiguration(model machineConfigurationModel, machineSecrets machineSecrets) (string, error) {
	contract, err := config.ParseContractFromVersion(model.TalosVersion.ValueString())
	if err != nil {
		return "", err
	}
	secretsBundle, err := machineSecrets.bundle()
	if err != nil {
		return "", err
	}
	texts, _ := standin.KnownStrings(model.ConfigPatches)
	patches, err := configpatcher.LoadPatches(texts)
	if err != nil {
		return "", fmt.Errorf("error parsing config patch: %w", err)
	}
	machineType, withPatches := machine.TypeControlPlane, bundle.WithPatchControlPlane
	if model.MachineType.ValueString() == "worker" {
		machineType, withPatches = machine.TypeWorker, bundle.WithPatchWorker
	}
	configBundle, err := bundle.NewBundle(
		bundle.WithVerbose(false),
		bundle.WithInputOptions(&bundle.InputOptions{
			ClusterName: model.ClusterName.ValueString(),
			Endpoint:    model.ClusterEndpoint.ValueString(),
			KubeVersion: strings.TrimPrefix(model.KubernetesVersion.ValueString(), "v"),
			GenOptions: []generate.Option{
				generate.WithClusterDiscovery(true),
				generate.WithDNSDomain(constants.DefaultDNSDomain),
				generate.WithInstallDisk("/dev/sda"),
				generate.WithInstallImage(installerImage()),
				generate.WithSecretsBundle(secretsBundle),
				generate.WithVersionContract(contract),
			},
		}),
		withPatches(patches),
	)
	if err != nil {
		return "", err
	}
	comments := encoder.CommentsDisabled
	if model.Docs.ValueBool() {
		comments |= encoder.CommentsDocs
	}
	if model.Examples.ValueBool() {
		comments |= encoder.CommentsExamples
	}
	text, err := configBundle.Serialize(comments, machineType)
	return string(text), err
}

// installerImage is what the provider writes when no patch sets machine.install.image.
func installerImage() string {
	return fmt.Sprintf("%s/%s/installer:%s", gendata.ImagesRegistry, gendata.ImagesUsername, gendata.VersionTag)
}

func checkEndpoint(endpoint string) error {
	parsed, err := url.Parse(endpoint)
	if err != nil {
		return fmt.Errorf("failed to parse the cluster endpoint URL: %w", err)
	}
	if parsed.Scheme != "https" {
		return fmt.Errorf("the control plane endpoint URL should have scheme https://, got %q", endpoint)
	}
	return sideronet.ValidateEndpointURI(endpoint)
}
