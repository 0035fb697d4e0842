package pinned

import (
	"fmt"

	"github.com/hashicorp/terraform-plugin-framework/datasource/schema"
	"github.com/hashicorp/terraform-plugin-framework/types"
)

// DataSource converts the schema of a data source.
func DataSource(pinned Schema) schema.Schema {
	return schema.Schema{
		DeprecationMessage: deprecation(pinned.Block.Deprecated),
		Attributes:         dataSourceAttributes(pinned.Block.Attributes),
	}
}

func dataSourceAttributes(pinned map[string]Attribute) map[string]schema.Attribute {
	attributes := make(map[string]schema.Attribute, len(pinned))
	for name, attribute := range pinned {
		attributes[name] = dataSourceAttribute(attribute)
	}
	return attributes
}

func dataSourceAttribute(a Attribute) schema.Attribute {
	message := deprecation(a.Deprecated)
	if a.NestedType != nil {
		nested := dataSourceAttributes(a.NestedType.Attributes)
		switch a.NestedType.NestingMode {
		case "single":
			return schema.SingleNestedAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
				Sensitive: a.Sensitive, DeprecationMessage: message, Attributes: nested}
		case "list":
			return schema.ListNestedAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
				Sensitive: a.Sensitive, DeprecationMessage: message, NestedObject: schema.NestedAttributeObject{Attributes: nested}}
		case "set":
			return schema.SetNestedAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
				Sensitive: a.Sensitive, DeprecationMessage: message, NestedObject: schema.NestedAttributeObject{Attributes: nested}}
		}
		panic(fmt.Sprintf("nesting mode %q is not supported", a.NestedType.NestingMode))
	}
	switch t := typeOf(a.Type).(type) {
	case types.ListType:
		return schema.ListAttribute{ElementType: t.ElemType, Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, DeprecationMessage: message}
	case types.SetType:
		return schema.SetAttribute{ElementType: t.ElemType, Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, DeprecationMessage: message}
	case types.MapType:
		return schema.MapAttribute{ElementType: t.ElemType, Required: a.Required, Optional: a.Optional, Computed: a.Computed,
			Sensitive: a.Sensitive, DeprecationMessage: message}
	default:
		switch t {
		case types.StringType:
			return schema.StringAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
				Sensitive: a.Sensitive, DeprecationMessage: message}
		case types.BoolType:
			return schema.BoolAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
				Sensitive: a.Sensitive, DeprecationMessage: message}
		case types.NumberType:
			return schema.NumberAttribute{Required: a.Required, Optional: a.Optional, Computed: a.Computed,
				Sensitive: a.Sensitive, DeprecationMessage: message}
		}
		panic(fmt.Sprintf("type %s is not supported for data sources", t))
	}
}
