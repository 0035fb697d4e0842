// Package pinned turns the output of `terraform providers schema -json`, as kept in the repository's schemas folder,
// into schemas of Terraform's plugin framework, so that a provider serves exactly that interface.
package pinned

import (
	"encoding/json"
	"fmt"
	"math/big"
	"os"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Provider is the pinned interface of one provider.
type Provider struct {
	// Address is the provider's source address, such as registry.terraform.io/hashicorp/null.
	Address string `json:"-"`
	// Version is the pinned release.
	Version     string            `json:"-"`
	Config      Schema            `json:"provider"`
	Resources   map[string]Schema `json:"resource_schemas"`
	DataSources map[string]Schema `json:"data_source_schemas"`
}

// Schema is the interface of the provider itself, of a resource or of a data source.
type Schema struct {
	Version int64 `json:"version"`
	Block   Block `json:"block"`
}

// Block is the body of a schema.
type Block struct {
	Attributes map[string]Attribute       `json:"attributes"`
	BlockTypes map[string]json.RawMessage `json:"block_types"`
	Deprecated bool                       `json:"deprecated"`
}

// Attribute is one argument or result.
type Attribute struct {
	Type       json.RawMessage `json:"type"`
	NestedType *NestedType     `json:"nested_type"`
	Required   bool            `json:"required"`
	Optional   bool            `json:"optional"`
	Computed   bool            `json:"computed"`
	Sensitive  bool            `json:"sensitive"`
	Deprecated bool            `json:"deprecated"`
	WriteOnly  bool            `json:"write_only"`
}

// NestedType is the type of an attribute whose value is an object or a collection of objects.
type NestedType struct {
	Attributes  map[string]Attribute `json:"attributes"`
	NestingMode string               `json:"nesting_mode"`
}

// Read loads a pinned interface from a file that describes exactly one provider.
func Read(file string) (*Provider, error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var document struct {
		Schemas  map[string]*Provider `json:"provider_schemas"`
		Versions map[string]string    `json:"provider_versions"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	if len(document.Schemas) != 1 {
		return nil, fmt.Errorf("%s describes %d providers; one file holds one provider", file, len(document.Schemas))
	}
	for address, provider := range document.Schemas {
		provider.Address, provider.Version = address, document.Versions[address]
		return provider, provider.check()
	}
	panic("unreachable")
}

// check refuses what the conversion would otherwise lose.
func (p *Provider) check() error {
	schemas := map[string]Schema{"provider": p.Config}
	for name, schema := range p.Resources {
		schemas[name] = schema
	}
	for name, schema := range p.DataSources {
		schemas["data."+name] = schema
	}
	for name, schema := range schemas {
		for block := range schema.Block.BlockTypes {
			return fmt.Errorf("%s %s: block %q: nested blocks are not supported, only attributes", p.Address, name, block)
		}
	}
	return nil
}

// typeOf reads a type in Terraform's JSON form: "string", ["list","string"], ["object",{"a":"string"}].
func typeOf(text json.RawMessage) attr.Type {
	var name string
	if json.Unmarshal(text, &name) == nil {
		switch name {
		case "string":
			return types.StringType
		case "bool":
			return types.BoolType
		case "number":
			return types.NumberType
		case "dynamic":
			return types.DynamicType
		}
	}
	var parts []json.RawMessage
	if json.Unmarshal(text, &parts) == nil && len(parts) == 2 && json.Unmarshal(parts[0], &name) == nil {
		switch name {
		case "list":
			return types.ListType{ElemType: typeOf(parts[1])}
		case "set":
			return types.SetType{ElemType: typeOf(parts[1])}
		case "map":
			return types.MapType{ElemType: typeOf(parts[1])}
		case "object":
			var fields map[string]json.RawMessage
			if json.Unmarshal(parts[1], &fields) == nil {
				object := types.ObjectType{AttrTypes: map[string]attr.Type{}}
				for field, fieldType := range fields {
					object.AttrTypes[field] = typeOf(fieldType)
				}
				return object
			}
		}
	}
	panic(fmt.Sprintf("unknown type %s in a pinned schema", text))
}

func number(value int64) *big.Float { return new(big.Float).SetInt64(value) }

// deprecation is the message Terraform shows; the pinned form keeps only that there is one.
func deprecation(deprecated bool) string {
	if deprecated {
		return "Deprecated."
	}
	return ""
}
