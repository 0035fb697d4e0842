// Package standintest tries the behaviour of a provider as Terraform would: by calls of the plugin protocol. Tests import it
// with a dot, since its names are the words that they are written in.
package standintest

import (
	"maps"
	"path/filepath"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// Terraform plays Terraform's part of the plugin protocol for one provider.
type Terraform struct {
	t      *testing.T
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// pinnedFile finds the interface of a provider, from the folder of the package that is tested.
func pinnedFile(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob("../../../../../schemas/" + name + "@*.json")
	Must(t, err)
	if len(files) != 1 {
		t.Fatalf("found %v for %s", files, name)
	}
	return files[0]
}

// Start starts the stand-in of a provider with a configuration.
func Start(t *testing.T, name string, behaviour standin.Behaviour, configuration Object) *Terraform {
	t.Helper()
	schema, err := pinned.Read(pinnedFile(t, name))
	Must(t, err)
	implementation, err := standin.New(schema, behaviour)
	Must(t, err)
	tf := &Terraform{t: t, server: providerserver.NewProtocol6(implementation)()}
	tf.schema, err = tf.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	Must(t, err)
	tf.expectNone(tf.schema.Diagnostics)
	answer, err := tf.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.11.4", Config: tf.dynamic(tf.schema.Provider, configuration)})
	Must(t, err)
	tf.expectNone(answer.Diagnostics)
	return tf
}

func (tf *Terraform) expectNone(diagnostics []*tfprotov6.Diagnostic) {
	tf.t.Helper()
	if problems := texts(diagnostics); problems != "" {
		tf.t.Fatal(problems)
	}
}

// texts joins the errors, and what Terraform shows with them; warnings alone are no matter.
func texts(diagnostics []*tfprotov6.Diagnostic) string {
	var lines []string
	failed := false
	for _, d := range diagnostics {
		lines = append(lines, d.Summary+": "+d.Detail)
		failed = failed || d.Severity == tfprotov6.DiagnosticSeverityError
	}
	if !failed {
		return ""
	}
	return strings.Join(lines, "\n")
}

func (tf *Terraform) dynamic(schema *tfprotov6.Schema, value Object) *tfprotov6.DynamicValue {
	tf.t.Helper()
	return tf.pack(schema, valueOf(schema.ValueType(), value))
}

func (tf *Terraform) pack(schema *tfprotov6.Schema, value tftypes.Value) *tfprotov6.DynamicValue {
	tf.t.Helper()
	packed, err := tfprotov6.NewDynamicValue(schema.ValueType(), value)
	Must(tf.t, err)
	return &packed
}

func (tf *Terraform) unpack(schema *tfprotov6.Schema, value *tfprotov6.DynamicValue) tftypes.Value {
	tf.t.Helper()
	unpacked, err := value.Unmarshal(schema.ValueType())
	Must(tf.t, err)
	return unpacked
}

// Plan validates and plans a resource, as Terraform does: unset computed attributes have their prior value.
func (tf *Terraform) Plan(name string, prior tftypes.Value, configuration Object) Plan {
	tf.t.Helper()
	schema := tf.schema.ResourceSchemas[name]
	config := valueOf(schema.ValueType(), configuration)
	if prior.Type() == nil {
		prior = tftypes.NewValue(schema.ValueType(), nil)
	}
	p := Plan{configuration: config, prior: prior}
	valid, err := tf.server.ValidateResourceConfig(tf.t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: name, Config: tf.pack(schema, config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true}})
	Must(tf.t, err)
	if p.Errors = texts(valid.Diagnostics); p.Errors != "" {
		return p
	}
	answer, err := tf.server.PlanResourceChange(tf.t.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: name,
		PriorState: tf.pack(schema, prior), Config: tf.pack(schema, config), ProposedNewState: tf.pack(schema, proposed(schema, prior, config))})
	Must(tf.t, err)
	if p.Errors = texts(answer.Diagnostics); p.Errors != "" {
		return p
	}
	p.Planned, p.private = tf.unpack(schema, answer.PlannedState), answer.PlannedPrivate
	for _, path := range answer.RequiresReplace {
		p.Replace = append(p.Replace, string(path.Steps()[0].(tftypes.AttributeName)))
	}
	return p
}

func proposed(schema *tfprotov6.Schema, prior, config tftypes.Value) tftypes.Value {
	var before, attributes map[string]tftypes.Value
	_ = prior.As(&before)
	_ = config.As(&attributes)
	attributes = maps.Clone(attributes)
	for _, a := range schema.Block.Attributes {
		switch {
		case a.WriteOnly:
			attributes[a.Name] = tftypes.NewValue(a.ValueType(), nil)
		case a.Computed && attributes[a.Name].IsNull() && !prior.IsNull():
			attributes[a.Name] = before[a.Name]
		}
	}
	return tftypes.NewValue(schema.ValueType(), attributes)
}

// CarryOut applies a plan and returns the state, or the errors.
func (tf *Terraform) CarryOut(name string, p Plan) (tftypes.Value, string) {
	tf.t.Helper()
	if p.Errors != "" {
		return tftypes.Value{}, p.Errors
	}
	schema := tf.schema.ResourceSchemas[name]
	answer, err := tf.server.ApplyResourceChange(tf.t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: name, PriorState: tf.pack(schema, p.prior),
		Config: tf.pack(schema, p.configuration), PlannedState: tf.pack(schema, p.Planned), PlannedPrivate: p.private})
	Must(tf.t, err)
	state := tf.unpack(schema, answer.NewState)
	problems := texts(answer.Diagnostics)
	if problems == "" && !state.IsFullyKnown() {
		tf.t.Fatalf("%s has unknown values after apply: %s", name, state)
	}
	return state, problems
}

// Apply creates a resource.
func (tf *Terraform) Apply(name string, configuration Object) tftypes.Value {
	tf.t.Helper()
	state, problems := tf.CarryOut(name, tf.Plan(name, tftypes.Value{}, configuration))
	if problems != "" {
		tf.t.Fatal(problems)
	}
	return state
}

// Update changes a resource in place.
func (tf *Terraform) Update(name string, prior tftypes.Value, configuration Object) tftypes.Value {
	tf.t.Helper()
	p := tf.Plan(name, prior, configuration)
	if len(p.Replace) > 0 {
		tf.t.Fatalf("%s is replaced because of %v", name, p.Replace)
	}
	state, problems := tf.CarryOut(name, p)
	if problems != "" {
		tf.t.Fatal(problems)
	}
	return state
}

// Destroy deletes a resource.
func (tf *Terraform) Destroy(name string, prior tftypes.Value) string {
	tf.t.Helper()
	schema := tf.schema.ResourceSchemas[name]
	null := tf.pack(schema, tftypes.NewValue(schema.ValueType(), nil))
	answer, err := tf.server.ApplyResourceChange(tf.t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: name,
		PriorState: tf.pack(schema, prior), Config: null, PlannedState: null})
	Must(tf.t, err)
	return texts(answer.Diagnostics)
}

// Refresh reads a resource; its state is null when it is gone.
func (tf *Terraform) Refresh(name string, state tftypes.Value) tftypes.Value {
	tf.t.Helper()
	schema := tf.schema.ResourceSchemas[name]
	answer, err := tf.server.ReadResource(tf.t.Context(), &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: tf.pack(schema, state)})
	Must(tf.t, err)
	tf.expectNone(answer.Diagnostics)
	return tf.unpack(schema, answer.NewState)
}

// Import takes over a resource that is there already.
func (tf *Terraform) Import(name, id string) (tftypes.Value, string) {
	tf.t.Helper()
	answer, err := tf.server.ImportResourceState(tf.t.Context(), &tfprotov6.ImportResourceStateRequest{TypeName: name, ID: id})
	Must(tf.t, err)
	if problems := texts(answer.Diagnostics); problems != "" {
		return tftypes.Value{}, problems
	}
	return tf.unpack(tf.schema.ResourceSchemas[name], answer.ImportedResources[0].State), ""
}

// ValidateData checks the configuration of a data source.
func (tf *Terraform) ValidateData(name string, configuration Object) string {
	tf.t.Helper()
	schema := tf.schema.DataSourceSchemas[name]
	answer, err := tf.server.ValidateDataResourceConfig(tf.t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: tf.dynamic(schema, configuration)})
	Must(tf.t, err)
	return texts(answer.Diagnostics)
}

// Data validates and reads a data source.
func (tf *Terraform) Data(name string, configuration Object) (tftypes.Value, string) {
	tf.t.Helper()
	if problems := tf.ValidateData(name, configuration); problems != "" {
		return tftypes.Value{}, problems
	}
	schema := tf.schema.DataSourceSchemas[name]
	answer, err := tf.server.ReadDataSource(tf.t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: tf.dynamic(schema, configuration)})
	Must(tf.t, err)
	if problems := texts(answer.Diagnostics); problems != "" {
		return tftypes.Value{}, problems
	}
	return tf.unpack(schema, answer.State), ""
}
