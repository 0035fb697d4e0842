package talos

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"

	"github.com/blang/semver/v4"
	"github.com/hashicorp/terraform-plugin-framework/datasource"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/tfsdk"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/siderolabs/talos/pkg/machinery/platforms"
	"go.yaml.in/yaml/v4"

	"lab/internal/pinned"
	"lab/internal/standin"
)

const publicFactory = "https://factory.talos.dev"

// factoryURL is the provider's image_factory_url.
func factoryURL(ctx context.Context, providerData any) string {
	if config, ok := providerData.(tfsdk.Config); ok {
		var configured types.String
		config.GetAttribute(ctx, path.Root("image_factory_url"), &configured)
		if configured.ValueString() != "" {
			return strings.TrimSuffix(configured.ValueString(), "/")
		}
	}
	return publicFactory
}

// schematicResource is talos_image_factory_schematic.
type schematicResource struct {
	standin.BaseResource
	factory string
}

func newSchematicResource(name string, schema pinned.Schema) resource.Resource {
	return &schematicResource{BaseResource: standin.NewBaseResource(name, schema, nil)}
}

func (r *schematicResource) Configure(ctx context.Context, req resource.ConfigureRequest, _ *resource.ConfigureResponse) {
	r.factory = factoryURL(ctx, req.ProviderData)
}

func (r *schematicResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var schematic types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("schematic"), &schematic)...)
	id, err := postSchematic(ctx, r.factory, schematic.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("failed to create schematic", err.Error())
		return
	}
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

func (r *schematicResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var schematic types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("schematic"), &schematic)...)
	id, err := postSchematic(ctx, r.factory, schematic.ValueString())
	if err != nil {
		resp.Diagnostics.AddError("failed to update schematic", err.Error())
		return
	}
	resp.State.Raw = req.Plan.Raw
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("id"), id)...)
}

// postSchematic sends a schematic to the Image Factory, which answers with its id.
func postSchematic(ctx context.Context, factory, schematic string) (string, error) {
	var document map[string]any
	if err := yaml.Unmarshal([]byte(schematic), &document); err != nil {
		return "", fmt.Errorf("failed to unmarshal schematic: %w", err)
	}
	body, err := yaml.Marshal(document)
	if err != nil {
		return "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, factory+"/schematics", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer reply.Body.Close() //nolint:errcheck
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return "", err
	}
	if reply.StatusCode >= 300 {
		return "", fmt.Errorf("the Image Factory answered %s: %s", reply.Status, bytes.TrimSpace(text))
	}
	var answer struct {
		ID string `json:"id"`
	}
	if err := json.Unmarshal(text, &answer); err != nil {
		return "", err
	}
	return answer.ID, nil
}

// urlsDataSource is the data source talos_image_factory_urls: addresses of images, built without asking the factory.
type urlsDataSource struct {
	standin.BaseDataSource
	factory string
}

type urlsModel struct {
	ID           types.String `tfsdk:"id"`
	Architecture types.String `tfsdk:"architecture"`
	TalosVersion types.String `tfsdk:"talos_version"`
	SchematicID  types.String `tfsdk:"schematic_id"`
	Platform     types.String `tfsdk:"platform"`
	SBC          types.String `tfsdk:"sbc"`
	URLs         *urls        `tfsdk:"urls"`
}

type urls struct {
	Installer           *string `tfsdk:"installer"`
	InstallerSecureboot *string `tfsdk:"installer_secureboot"`
	ISO                 *string `tfsdk:"iso"`
	ISOSecureboot       *string `tfsdk:"iso_secureboot"`
	DiskImage           *string `tfsdk:"disk_image"`
	DiskImageSecureboot *string `tfsdk:"disk_image_secureboot"`
	PXE                 *string `tfsdk:"pxe"`
	Kernel              *string `tfsdk:"kernel"`
	KernelCommandLine   *string `tfsdk:"kernel_command_line"`
	Initramfs           *string `tfsdk:"initramfs"`
	UKI                 *string `tfsdk:"uki"`
}

func newURLsDataSource(name string, schema pinned.Schema) datasource.DataSource {
	return &urlsDataSource{BaseDataSource: standin.NewBaseDataSource(name, schema)}
}

func (d *urlsDataSource) Configure(ctx context.Context, req datasource.ConfigureRequest, _ *datasource.ConfigureResponse) {
	d.factory = factoryURL(ctx, req.ProviderData)
}

func (d *urlsDataSource) ValidateConfig(ctx context.Context, req datasource.ValidateConfigRequest, resp *datasource.ValidateConfigResponse) {
	var model urlsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if model.Platform.IsNull() && model.SBC.IsNull() || standin.Known(model.Platform) && standin.Known(model.SBC) {
		resp.Diagnostics.AddError("Invalid Attribute Combination", "Exactly one of platform and sbc must be set.")
	}
	if _, ok := platformOf(model.Platform.ValueString()); standin.Known(model.Platform) && !ok {
		resp.Diagnostics.AddAttributeError(path.Root("platform"), "Invalid Attribute Value Match",
			fmt.Sprintf("%q is not a platform of the Image Factory", model.Platform.ValueString()))
	}
	if value := model.Architecture; standin.Known(value) && value.ValueString() != "amd64" && value.ValueString() != "arm64" {
		resp.Diagnostics.AddAttributeError(path.Root("architecture"), "Invalid Attribute Value Match",
			fmt.Sprintf(`architecture must be "amd64" or "arm64", got: %q`, value.ValueString()))
	}
}

func (d *urlsDataSource) Read(ctx context.Context, req datasource.ReadRequest, resp *datasource.ReadResponse) {
	var model urlsModel
	resp.Diagnostics.Append(req.Config.Get(ctx, &model)...)
	if resp.Diagnostics.HasError() {
		return
	}
	if model.Architecture.IsNull() {
		model.Architecture = types.StringValue("amd64")
	}
	version := withV(model.TalosVersion.ValueString())
	if _, err := semver.ParseTolerant(version); err != nil {
		resp.Diagnostics.AddError("talos_version is not valid", "The provided version is not a valid semantic version.")
		return
	}
	built, err := buildURLs(d.factory, model.Platform.ValueString(), model.Architecture.ValueString(), model.SchematicID.ValueString(), version)
	if err != nil {
		resp.Diagnostics.AddError("failed to build the image URLs", err.Error())
		return
	}
	model.ID, model.URLs = types.StringValue(""), built
	resp.Diagnostics.Append(resp.State.Set(ctx, model)...)
}

// buildURLs writes the addresses; no platform stands for a single-board computer.
func buildURLs(factory, platformName, architecture, schematic, version string) (*urls, error) {
	base, err := url.Parse(factory)
	if err != nil {
		return nil, err
	}
	image := func(file string) *string {
		text := fmt.Sprintf("%s/image/%s/%s/%s", factory, schematic, version, file)
		return &text
	}
	installer := func(kind string) *string {
		text := fmt.Sprintf("%s/%s/%s:%s", base.Host, kind, schematic, version)
		return &text
	}
	if platformName == "" {
		return &urls{Installer: installer("metal-installer"), DiskImage: image("metal-arm64.raw.xz")}, nil
	}
	platform, ok := platformOf(platformName)
	if !ok {
		return nil, fmt.Errorf("failed to find platform %q", platformName)
	}
	built := &urls{Installer: installer(platformName + "-installer")}
	if platform.SecureBootSupported {
		built.InstallerSecureboot = installer(platformName + "-installer-secureboot")
	}
	for _, method := range platform.BootMethods {
		switch method {
		case platforms.BootMethodDiskImage:
			built.DiskImage = image(platform.DiskImageDefaultPath(architecture))
			if platform.SecureBootSupported {
				built.DiskImageSecureboot = image(platform.SecureBootDiskImageDefaultPath(architecture))
			}
		case platforms.BootMethodISO:
			built.ISO = image(platform.ISOPath(architecture))
			if platform.SecureBootSupported {
				built.ISOSecureboot = image(platform.SecureBootISOPath(architecture))
			}
		case platforms.BootMethodPXE:
			text := fmt.Sprintf("%s://pxe.%s/pxe/%s/%s/%s", base.Scheme, base.Host, schematic, version, platform.PXEScriptPath(architecture))
			built.PXE = &text
		}
	}
	if platformName == "metal" {
		built.Kernel = image(platform.KernelPath(architecture))
		built.KernelCommandLine = image(platform.CmdlinePath(architecture))
		built.Initramfs = image(platform.InitramfsPath(architecture))
		built.UKI = image(platform.SecureBootUKIPath(architecture))
	}
	return built, nil
}

func platformOf(name string) (platforms.Platform, bool) {
	for _, platform := range append([]platforms.Platform{platforms.MetalPlatform()}, platforms.CloudPlatforms()...) {
		if platform.Name == name {
			return platform, true
		}
	}
	return platforms.Platform{}, false
}
