package standin

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tfprotov6"
)

// Whatever a provider's interface says must be served, no more and no less: only then does Terraform check every key and type.
func TestServesThePinnedInterface(t *testing.T) {
	for _, name := range []string{"helm", "local", "null", "talos"} {
		t.Run(name, func(t *testing.T) {
			text, err := os.ReadFile(pinnedFile(t, name))
			must(t, err)
			var document struct {
				Schemas map[string]map[string]any `json:"provider_schemas"`
			}
			must(t, json.Unmarshal(text, &document))
			served := serving(t, name, object{}).schema
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
		})
	}
}

func roundTrip(t *testing.T, value any) (result map[string]any) {
	t.Helper()
	text, err := json.Marshal(value)
	must(t, err)
	must(t, json.Unmarshal(text, &result))
	return result
}

func schemasJSON(schemas map[string]*tfprotov6.Schema) object {
	result := object{}
	for name, schema := range schemas {
		result[name] = schemaJSON(schema)
	}
	return result
}

// schemaJSON writes a schema as `terraform providers schema -json` does, without its prose.
func schemaJSON(schema *tfprotov6.Schema) object {
	block := object{}
	if len(schema.Block.Attributes) > 0 {
		block["attributes"] = attributesJSON(schema.Block.Attributes)
	}
	if len(schema.Block.BlockTypes) > 0 {
		block["block_types"] = len(schema.Block.BlockTypes)
	}
	if schema.Block.Deprecated || schema.Block.DeprecationMessage != "" {
		block["deprecated"] = true
	}
	return object{"version": schema.Version, "block": block}
}

func attributesJSON(attributes []*tfprotov6.SchemaAttribute) object {
	result := object{}
	for _, a := range attributes {
		attribute := object{}
		for name, set := range map[string]bool{"required": a.Required, "optional": a.Optional, "computed": a.Computed,
			"sensitive": a.Sensitive, "write_only": a.WriteOnly, "deprecated": a.Deprecated || a.DeprecationMessage != ""} {
			if set {
				attribute[name] = true
			}
		}
		if a.NestedType != nil {
			mode := map[tfprotov6.SchemaObjectNestingMode]string{tfprotov6.SchemaObjectNestingModeSingle: "single",
				tfprotov6.SchemaObjectNestingModeList: "list", tfprotov6.SchemaObjectNestingModeSet: "set"}[a.NestedType.Nesting]
			attribute["nested_type"] = object{"attributes": attributesJSON(a.NestedType.Attributes), "nesting_mode": mode}
		} else {
			attribute["type"] = a.Type
		}
		result[a.Name] = attribute
	}
	return result
}
