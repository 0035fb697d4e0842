package standintest

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"

	"lab/internal/standin"
)

// ExpectPinnedInterface wants a provider to serve whatever its interface says, no more and no less: only then does
// Terraform check every key and type.
func ExpectPinnedInterface(t *testing.T, name string, behaviour standin.Behaviour) {
	t.Helper()
	text, err := os.ReadFile(pinnedFile(t, name))
	Must(t, err)
	var document struct {
		Schemas map[string]map[string]any `json:"provider_schemas"`
	}
	Must(t, json.Unmarshal(text, &document))
	served := Start(t, name, behaviour, Object{}).schema
	for address, want := range document.Schemas {
		got := map[string]any{
			"provider":             schemaJSON(served.Provider),
			"resource_schemas":     schemasJSON(served.ResourceSchemas),
			"data_source_schemas":  schemasJSON(served.DataSourceSchemas),
			"ephemeral and others": len(served.EphemeralResourceSchemas) + len(served.Functions),
		}
		want["ephemeral and others"] = 0.0
		if normalized := roundTrip(t, got); !reflect.DeepEqual(normalized, map[string]any(want)) {
			gotText, _ := json.MarshalIndent(normalized, "", " ")
			wantText, _ := json.MarshalIndent(want, "", " ")
			t.Errorf("%s serves\n%s\nwant\n%s", address, gotText, wantText)
		}
	}
}

func roundTrip(t *testing.T, value any) (result map[string]any) {
	t.Helper()
	text, err := json.Marshal(value)
	Must(t, err)
	Must(t, json.Unmarshal(text, &result))
	return result
}

func schemasJSON(schemas map[string]*tfprotov6.Schema) Object {
	result := Object{}
	for name, schema := range schemas {
		result[name] = schemaJSON(schema)
	}
	return result
}

// schemaJSON writes a schema as `terraform providers schema -json` does, without its prose.
func schemaJSON(schema *tfprotov6.Schema) Object {
	block := Object{}
	if len(schema.Block.Attributes) > 0 {
		block["attributes"] = attributesJSON(schema.Block.Attributes)
	}
	if len(schema.Block.BlockTypes) > 0 {
		block["block_types"] = len(schema.Block.BlockTypes)
	}
	if schema.Block.Deprecated || schema.Block.DeprecationMessage != "" {
		block["deprecated"] = true
	}
	return Object{"version": schema.Version, "block": block}
}

func attributesJSON(attributes []*tfprotov6.SchemaAttribute) Object {
	result := Object{}
	for _, a := range attributes {
		attribute := Object{}
		for name, set := range map[string]bool{"required": a.Required, "optional": a.Optional, "computed": a.Computed,
			"sensitive": a.Sensitive, "write_only": a.WriteOnly, "deprecated": a.Deprecated || a.DeprecationMessage != ""} {
			if set {
				attribute[name] = true
			}
		}
		if a.NestedType != nil {
			mode := map[tfprotov6.SchemaObjectNestingMode]string{tfprotov6.SchemaObjectNestingModeSingle: "single",
				tfprotov6.SchemaObjectNestingModeList: "list", tfprotov6.SchemaObjectNestingModeSet: "set"}[a.NestedType.Nesting]
			attribute["nested_type"] = Object{"attributes": attributesJSON(a.NestedType.Attributes), "nesting_mode": mode}
		} else {
			attribute["type"] = a.Type
		}
		result[a.Name] = attribute
	}
	return result
}
