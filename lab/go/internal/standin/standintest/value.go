package standintest

import (
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Object is a configuration: attributes by name, in Go's types.
type Object = map[string]any

type unknownValue struct{}

// Unknown stands for a value that isn't known yet.
var Unknown = unknownValue{}

// valueOf gives a value of Go the type that the schema asks for; what is missing is null.
func valueOf(kind tftypes.Type, value any) tftypes.Value {
	switch v := value.(type) {
	case nil:
		return tftypes.NewValue(kind, nil)
	case unknownValue:
		return tftypes.NewValue(kind, tftypes.UnknownValue)
	case tftypes.Value:
		return v
	case Object:
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

// Attribute reads a string by its path; null is "".
func Attribute(t *testing.T, value tftypes.Value, path ...string) (text string) {
	t.Helper()
	for _, step := range path {
		var attributes map[string]tftypes.Value
		Must(t, value.As(&attributes))
		value = attributes[step]
	}
	if !value.IsKnown() {
		return "(known after apply)"
	}
	if value.IsNull() {
		return ""
	}
	Must(t, value.As(&text))
	return text
}

// Part is a value's attribute, to be used in another configuration.
func Part(t *testing.T, value tftypes.Value, name string) tftypes.Value {
	t.Helper()
	var attributes map[string]tftypes.Value
	Must(t, value.As(&attributes))
	return attributes[name]
}
