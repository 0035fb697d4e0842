package talos

import (
	"context"
	"crypto/tls"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/hashicorp/terraform-plugin-sdk/v2/helper/retry"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const defaultTimeout = 10 * time.Minute

// target is a node and the way to it.
type target struct {
	node, endpoint string
	credentials    clientConfiguration
}

// operation is one call to a node's API.
type operation func(ctx context.Context, c *client.Client) error

// do calls the node without a client certificate when it answers so, which is maintenance mode, else with mutual TLS.
func (t target) do(ctx context.Context, call operation) error {
	ctx = client.WithNode(ctx, t.node)
	connection, err := client.New(ctx, client.WithEndpoints(t.endpoint), client.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}))
	if err != nil {
		return err
	}
	if _, err := connection.Disks(ctx); err != nil {
		_ = connection.Close()
		talosConfig, err := t.credentials.talosConfig("dynamic")
		if err != nil {
			return err
		}
		if connection, err = client.New(ctx, client.WithEndpoints(t.endpoint), client.WithConfig(talosConfig)); err != nil {
			return err
		}
	}
	defer connection.Close() //nolint:errcheck
	return call(ctx, connection)
}

// retry repeats the call until it succeeds, is refused as invalid, or the time is over; then the last error counts. It is
// the loop that the provider uses. A call under way when the time is over goes on without anybody waiting for it.
func (t target) retry(ctx context.Context, timeout time.Duration, call operation) error {
	deadline, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	return retry.RetryContext(deadline, timeout, func() *retry.RetryError {
		err := t.do(ctx, call)
		switch {
		case err == nil:
			return nil
		case status.Code(err) == codes.InvalidArgument:
			return retry.NonRetryableError(err)
		}
		return retry.RetryableError(err)
	})
}

// attributeGetter is a configuration, plan or state.
type attributeGetter interface {
	GetAttribute(ctx context.Context, path path.Path, target any) diag.Diagnostics
}

// targetOf reads node, endpoint and client configuration; the write-only form of the latter is only in the configuration.
func targetOf(ctx context.Context, data attributeGetter, config attributeGetter) (target, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	var node, endpoint types.String
	diagnostics.Append(data.GetAttribute(ctx, path.Root("node"), &node)...)
	diagnostics.Append(data.GetAttribute(ctx, path.Root("endpoint"), &endpoint)...)
	var credentials *clientConfiguration
	diagnostics.Append(data.GetAttribute(ctx, path.Root("client_configuration"), &credentials)...)
	if credentials == nil && config != nil {
		diagnostics.Append(config.GetAttribute(ctx, path.Root("client_configuration_wo"), &credentials)...)
	}
	if credentials == nil && !diagnostics.HasError() {
		diagnostics.AddError("Client configuration issue", "both client_configuration and client_configuration_wo are null")
		return target{}, diagnostics
	}
	if endpoint.ValueString() == "" {
		endpoint = node
	}
	if diagnostics.HasError() {
		return target{}, diagnostics
	}
	return target{node.ValueString(), endpoint.ValueString(), *credentials}, diagnostics
}

// timeoutOf reads a Go duration from the attribute timeouts, ten minutes by default.
func timeoutOf(ctx context.Context, data attributeGetter, name string) (time.Duration, diag.Diagnostics) {
	var timeouts types.Object
	diagnostics := data.GetAttribute(ctx, path.Root("timeouts"), &timeouts)
	var value attr.Value = timeouts.Attributes()[name]
	text, ok := value.(types.String)
	if !ok || text.ValueString() == "" {
		return defaultTimeout, diagnostics
	}
	timeout, err := time.ParseDuration(text.ValueString())
	if err != nil {
		diagnostics.AddAttributeError(path.Root("timeouts").AtName(name), "Invalid timeout", err.Error())
	}
	return timeout, diagnostics
}
