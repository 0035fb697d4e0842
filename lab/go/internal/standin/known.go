package standin

import "github.com/hashicorp/terraform-plugin-framework/types"

// Known tells whether a text is given, and known already.
func Known(value types.String) bool { return !value.IsNull() && !value.IsUnknown() }

// KnownStrings returns the elements of a list of strings, and false when one of them isn't known yet.
func KnownStrings(list types.List) ([]string, bool) {
	if list.IsUnknown() {
		return nil, false
	}
	var texts []string
	for _, element := range list.Elements() {
		text, ok := element.(types.String)
		if !ok || !Known(text) {
			return nil, false
		}
		texts = append(texts, text.ValueString())
	}
	return texts, true
}
