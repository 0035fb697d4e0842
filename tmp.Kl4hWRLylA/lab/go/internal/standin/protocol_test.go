package standin

import (
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-framework/providerserver"
	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
	"github.com/hashicorp/terraform-plugin-go/tftypes"

	"lab/internal/pinned"
)

// terraform plays Terraform's part of the plugin protocol for one provider.
type terraform struct {
	t      *testing.T
	server tfprotov6.ProviderServer
	schema *tfprotov6.GetProviderSchemaResponse
}

// object is a configuration: attributes by name, in Go's types; unknown stands for a value that isn't known yet.
type object = map[string]any

type unknownValue struct{}

var unknown = unknownValue{}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func pinnedFile(t *testing.T, name string) string {
	t.Helper()
	files, err := filepath.Glob("../../../../schemas/" + name + "@*.json")
	must(t, err)
	if len(files) != 1 {
		t.Fatalf("found %v for %s", files, name)
	}
	return files[0]
}

// serving starts the stand-in of a provider with a configuration.
func serving(t *testing.T, name string, configuration object) *terraform {
	t.Helper()
	schema, err := pinned.Read(pinnedFile(t, name))
	must(t, err)
	implementation, err := New(schema)
	must(t, err)
	tf := &terraform{t: t, server: providerserver.NewProtocol6(implementation)()}
	tf.schema, err = tf.server.GetProviderSchema(t.Context(), &tfprotov6.GetProviderSchemaRequest{})
	must(t, err)
	tf.expectNone(tf.schema.Diagnostics)
	answer, err := tf.server.ConfigureProvider(t.Context(), &tfprotov6.ConfigureProviderRequest{
		TerraformVersion: "1.11.4", Config: tf.dynamic(tf.schema.Provider, configuration)})
	must(t, err)
	tf.expectNone(answer.Diagnostics)
	return tf
}

func (tf *terraform) expectNone(diagnostics []*tfprotov6.Diagnostic) {
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

func (tf *terraform) dynamic(schema *tfprotov6.Schema, value object) *tfprotov6.DynamicValue {
	tf.t.Helper()
	return tf.pack(schema, valueOf(schema.ValueType(), value))
}

func (tf *terraform) pack(schema *tfprotov6.Schema, value tftypes.Value) *tfprotov6.DynamicValue {
	tf.t.Helper()
	packed, err := tfprotov6.NewDynamicValue(schema.ValueType(), value)
	must(tf.t, err)
	return &packed
}

func (tf *terraform) unpack(schema *tfprotov6.Schema, value *tfprotov6.DynamicValue) tftypes.Value {
	tf.t.Helper()
	unpacked, err := value.Unmarshal(schema.ValueType())
	must(tf.t, err)
	return unpacked
}

// valueOf gives a value of Go the type that the schema asks for; what is missing is null.
func valueOf(kind tftypes.Type, value any) tftypes.Value {
	switch v := value.(type) {
	case nil:
		return tftypes.NewValue(kind, nil)
	case unknownValue:
		return tftypes.NewValue(kind, tftypes.UnknownValue)
	case tftypes.Value:
		return v
	case object:
		switch k := kind.(type) {
		case tftypes.Object:
			attributes := map[string]tftypes.Value{}
			for name, attributeType := range k.AttributeTypes {
				attributes[name] = valueOf(attributeType, v[name])
			}
			return tftypes.NewValue(kind, attributes)
		case tftypes.Map:
			elements := map[string]tftypes.Value{}
			for name, element := range v {
				elements[name] = valueOf(k.ElementType, element)
			}
			return tftypes.NewValue(kind, elements)
		}
	case []any:
		elements := []tftypes.Value{}
		for _, element := range v {
			elements = append(elements, valueOf(kind.(tftypes.List).ElementType, element))
		}
		return tftypes.NewValue(kind, elements)
	}
	return tftypes.NewValue(kind, value)
}

// attribute reads a string by its path; null is "".
func attribute(t *testing.T, value tftypes.Value, path ...string) (text string) {
	t.Helper()
	for _, step := range path {
		var attributes map[string]tftypes.Value
		must(t, value.As(&attributes))
		value = attributes[step]
	}
	if !value.IsKnown() {
		return "(known after apply)"
	}
	if value.IsNull() {
		return ""
	}
	must(t, value.As(&text))
	return text
}

// plan is what a provider intends.
type plan struct {
	configuration, prior, planned tftypes.Value
	private                       []byte
	replace                       []string
	errors                        string
}

func (p plan) changes() bool { return !p.planned.Equal(p.prior) }

// plan validates and plans a resource, as Terraform does: unset computed attributes have their prior value.
func (tf *terraform) plan(name string, prior tftypes.Value, configuration object) plan {
	tf.t.Helper()
	schema := tf.schema.ResourceSchemas[name]
	config := valueOf(schema.ValueType(), configuration)
	if prior.Type() == nil {
		prior = tftypes.NewValue(schema.ValueType(), nil)
	}
	p := plan{configuration: config, prior: prior}
	valid, err := tf.server.ValidateResourceConfig(tf.t.Context(), &tfprotov6.ValidateResourceConfigRequest{TypeName: name, Config: tf.pack(schema, config),
		ClientCapabilities: &tfprotov6.ValidateResourceConfigClientCapabilities{WriteOnlyAttributesAllowed: true}})
	must(tf.t, err)
	if p.errors = texts(valid.Diagnostics); p.errors != "" {
		return p
	}
	answer, err := tf.server.PlanResourceChange(tf.t.Context(), &tfprotov6.PlanResourceChangeRequest{TypeName: name,
		PriorState: tf.pack(schema, prior), Config: tf.pack(schema, config), ProposedNewState: tf.pack(schema, proposed(schema, prior, config))})
	must(tf.t, err)
	if p.errors = texts(answer.Diagnostics); p.errors != "" {
		return p
	}
	p.planned, p.private = tf.unpack(schema, answer.PlannedState), answer.PlannedPrivate
	for _, path := range answer.RequiresReplace {
		p.replace = append(p.replace, string(path.Steps()[0].(tftypes.AttributeName)))
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

// carryOut applies a plan and returns the state, or the errors.
func (tf *terraform) carryOut(name string, p plan) (tftypes.Value, string) {
	tf.t.Helper()
	if p.errors != "" {
		return tftypes.Value{}, p.errors
	}
	schema := tf.schema.ResourceSchemas[name]
	answer, err := tf.server.ApplyResourceChange(tf.t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: name, PriorState: tf.pack(schema, p.prior),
		Config: tf.pack(schema, p.configuration), PlannedState: tf.pack(schema, p.planned), PlannedPrivate: p.private})
	must(tf.t, err)
	state := tf.unpack(schema, answer.NewState)
	problems := texts(answer.Diagnostics)
	if problems == "" && !state.IsFullyKnown() {
		tf.t.Fatalf("%s has unknown values after apply: %s", name, state)
	}
	return state, problems
}

// apply creates a resource.
func (tf *terraform) apply(name string, configuration object) tftypes.Value {
	tf.t.Helper()
	state, problems := tf.carryOut(name, tf.plan(name, tftypes.Value{}, configuration))
	if problems != "" {
		tf.t.Fatal(problems)
	}
	return state
}

// update changes a resource in place.
func (tf *terraform) update(name string, prior tftypes.Value, configuration object) tftypes.Value {
	tf.t.Helper()
	p := tf.plan(name, prior, configuration)
	if len(p.replace) > 0 {
		tf.t.Fatalf("%s is replaced because of %v", name, p.replace)
	}
	state, problems := tf.carryOut(name, p)
	if problems != "" {
		tf.t.Fatal(problems)
	}
	return state
}

// destroy deletes a resource.
func (tf *terraform) destroy(name string, prior tftypes.Value) string {
	tf.t.Helper()
	schema := tf.schema.ResourceSchemas[name]
	null := tf.pack(schema, tftypes.NewValue(schema.ValueType(), nil))
	answer, err := tf.server.ApplyResourceChange(tf.t.Context(), &tfprotov6.ApplyResourceChangeRequest{TypeName: name,
		PriorState: tf.pack(schema, prior), Config: null, PlannedState: null})
	must(tf.t, err)
	return texts(answer.Diagnostics)
}

// refresh reads a resource; its state is null when it is gone.
func (tf *terraform) refresh(name string, state tftypes.Value) tftypes.Value {
	tf.t.Helper()
	schema := tf.schema.ResourceSchemas[name]
	answer, err := tf.server.ReadResource(tf.t.Context(), &tfprotov6.ReadResourceRequest{TypeName: name, CurrentState: tf.pack(schema, state)})
	must(tf.t, err)
	tf.expectNone(answer.Diagnostics)
	return tf.unpack(schema, answer.NewState)
}

// validateData checks the configuration of a data source.
func (tf *terraform) validateData(name string, configuration object) string {
	tf.t.Helper()
	schema := tf.schema.DataSourceSchemas[name]
	answer, err := tf.server.ValidateDataResourceConfig(tf.t.Context(), &tfprotov6.ValidateDataResourceConfigRequest{TypeName: name, Config: tf.dynamic(schema, configuration)})
	must(tf.t, err)
	return texts(answer.Diagnostics)
}

// data validates and reads a data source.
func (tf *terraform) data(name string, configuration object) (tftypes.Value, string) {
	tf.t.Helper()
	if problems := tf.validateData(name, configuration); problems != "" {
		return tftypes.Value{}, problems
	}
	schema := tf.schema.DataSourceSchemas[name]
	answer, err := tf.server.ReadDataSource(tf.t.Context(), &tfprotov6.ReadDataSourceRequest{TypeName: name, Config: tf.dynamic(schema, configuration)})
	must(tf.t, err)
	if problems := texts(answer.Diagnostics); problems != "" {
		return tftypes.Value{}, problems
	}
	return tf.unpack(schema, answer.State), ""
}

// part is a value's attribute, to be used in another configuration.
func part(t *testing.T, value tftypes.Value, name string) tftypes.Value {
	t.Helper()
	var attributes map[string]tftypes.Value
	must(t, value.As(&attributes))
	return attributes[name]
}

func expect(t *testing.T, what, got, want string) {
	t.Helper()
	if got != want {
		t.Errorf("%s is %q, want %q", what, got, want)
	}
}

func expectContains(t *testing.T, got, want string) {
	t.Helper()
	if !strings.Contains(got, want) {
		t.Errorf("got %q, want %q in it", got, want)
	}
}

func expectReplace(t *testing.T, p plan, want ...string) {
	t.Helper()
	slices.Sort(p.replace)
	if p.errors != "" || !slices.Equal(p.replace, want) {
		t.Errorf("replaced because of %v %s, want %v", p.replace, p.errors, want)
	}
}
