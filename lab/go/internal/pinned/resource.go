package pinned

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/resource/schema"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/booldefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/mapplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/numberdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/objectplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/planmodifier"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringdefault"
	"github.com/hashicorp/terraform-plugin-framework/resource/schema/stringplanmodifier"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// Trait is what a resource's attribute does in a plan, which a schema in JSON doesn't say.
type Trait struct {
	// Default is the value of an attribute left out: a string, bool or int.
	Default any
	// Keep plans the value in the state for as long as nothing else is known.
	Keep bool
	// Replace re-creates the resource when the value changes.
	Replace bool
	// Validators check a string.
	Validators []validator.String
}

// Traits are the traits of a resource by attribute; a nested attribute is written `parent.child`.
type Traits map[string]Trait

// Resource converts the schema of a resource.
func Resource(pinned Schema, traits Traits) schema.Schema {
	return schema.Schema{
		Version:            pinned.Version,
		DeprecationMessage: deprecation(pinned.Block.Deprecated),
		Attributes:         resourceAttributes(pinned.Block.Attributes, "", traits),
	}
}

func resourceAttributes(pinned map[string]Attribute, prefix string, traits Traits) map[string]schema.Attribute {
	attributes := make(map[string]schema.Attribute, len(pinned))
	for name, attribute := range pinned {
		attributes[name] = resourceAttribute(attribute, prefix+name, traits)
	}
	return attributes
}

func resourceAttribute(a Attribute, path string, traits Traits) schema.Attribute {
	if a.NestedType != nil {
		return nestedAttribute(a, path, traits)
	}
	trait := traits[path]
	switch t := typeOf(a.Type).(type) {
	case types.ListType:
		return schema.ListAttribute{ElementType: t.ElemType, Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, WriteOnly: a.WriteOnly, DeprecationMessage: deprecation(a.Deprecated)}
	case types.SetType:
		return schema.SetAttribute{ElementType: t.ElemType, Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, DeprecationMessage: deprecation(a.Deprecated)}
	case types.MapType:
		attribute := schema.MapAttribute{ElementType: t.ElemType, Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, WriteOnly: a.WriteOnly, DeprecationMessage: deprecation(a.Deprecated)}
		if trait.Replace {
			attribute.PlanModifiers = []planmodifier.Map{mapplanmodifier.RequiresReplace()}
		}
		return attribute
	default:
		switch t {
		case types.StringType:
			attribute := schema.StringAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
				Sensitive: a.Sensitive, WriteOnly: a.WriteOnly, DeprecationMessage: deprecation(a.Deprecated), Validators: trait.Validators}
			if trait.Keep {
				attribute.PlanModifiers = append(attribute.PlanModifiers, stringplanmodifier.UseStateForUnknown())
			}
			if trait.Replace {
				attribute.PlanModifiers = append(attribute.PlanModifiers, stringplanmodifier.RequiresReplace())
			}
			if value, ok := trait.Default.(string); ok {
				attribute.Default = stringdefault.StaticString(value)
			}
			return attribute
		case types.BoolType:
			attribute := schema.BoolAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
				Sensitive: a.Sensitive, WriteOnly: a.WriteOnly, DeprecationMessage: deprecation(a.Deprecated)}
			if value, ok := trait.Default.(bool); ok {
				attribute.Default = booldefault.StaticBool(value)
			}
			return attribute
		case types.NumberType:
			attribute := schema.NumberAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
				Sensitive: a.Sensitive, WriteOnly: a.WriteOnly, DeprecationMessage: deprecation(a.Deprecated)}
			if value, ok := trait.Default.(int); ok {
				attribute.Default = numberdefault.StaticBigFloat(number(int64(value)))
			}
			return attribute
		}
		panic(fmt.Sprintf("%s: type %s is not supported for resources", path, t))
	}
}

// nestedAttribute is one with attributes of its own.
func nestedAttribute(a Attribute, path string, traits Traits) schema.Attribute {
	nested := resourceAttributes(a.NestedType.Attributes, path+".", traits)
	switch a.NestedType.NestingMode {
	case "single":
		attribute := schema.SingleNestedAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, WriteOnly: a.WriteOnly, DeprecationMessage: deprecation(a.Deprecated), Attributes: nested}
		if traits[path].Keep {
			attribute.PlanModifiers = []planmodifier.Object{objectplanmodifier.UseStateForUnknown()}
		}
		return attribute
	case "list":
		return schema.ListNestedAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, WriteOnly: a.WriteOnly, DeprecationMessage: deprecation(a.Deprecated),
			NestedObject: schema.NestedAttributeObject{Attributes: nested}}
	case "set":
		return schema.SetNestedAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, DeprecationMessage: deprecation(a.Deprecated),
			NestedObject: schema.NestedAttributeObject{Attributes: nested}}
	}
	panic(fmt.Sprintf("%s: nesting mode %q is not supported", path, a.NestedType.NestingMode))
}
