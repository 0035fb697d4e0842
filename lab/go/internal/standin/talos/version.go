package talos

import (
	"context"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/siderolabs/talos/pkg/machinery/config"
)

// versionContract accepts what Talos accepts as a version of generated configuration.
type versionContract struct{}

func (versionContract) Description(context.Context) string { return "a Talos version, such as v1.13.9" }

func (v versionContract) MarkdownDescription(ctx context.Context) string { return v.Description(ctx) }

func (versionContract) ValidateString(_ context.Context, req validator.StringRequest, resp *validator.StringResponse) {
	if req.ConfigValue.IsNull() || req.ConfigValue.IsUnknown() {
		return
	}
	if _, err := config.ParseContractFromVersion(req.ConfigValue.ValueString()); err != nil {
		resp.Diagnostics.AddAttributeError(req.Path, "Invalid version", err.Error())
	}
}

// withV writes a version with exactly one leading v.
func withV(version string) string { return fmt.Sprintf("v%s", strings.TrimPrefix(version, "v")) }
