package helm

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/hashicorp/terraform-plugin-framework/attr"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/strvals"
	"sigs.k8s.io/yaml"

	"lab/internal/standin"
)

// chartValues are the values of a chart.
type chartValues = map[string]any

// valueSources are the attributes that give values, in the order in which later ones win.
type valueSources struct {
	documents                 types.List
	set, lists, secret, wrote []attr.Value
}

func (s valueSources) merge() (chartValues, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	merged := chartValues{}
	for _, element := range s.documents.Elements() {
		text, document := textOf(element), chartValues{}
		if err := yaml.Unmarshal([]byte(text), &document); err != nil {
			diagnostics.AddError("Error unmarshaling values", fmt.Sprintf("---> %v %s", err, text))
			return nil, diagnostics
		}
		merged = chartutil.MergeTables(document, merged)
	}
	for _, one := range s.set {
		diagnostics.Append(setValue(merged, one)...)
	}
	for _, one := range s.lists {
		fields := one.(types.Object).Attributes()
		texts, _ := standin.KnownStrings(fields["value"].(types.List))
		name, list := textOf(fields["name"]), strings.Join(texts, ",")
		if err := strvals.ParseInto(fmt.Sprintf("%s={%s}", name, list), merged); err != nil {
			diagnostics.AddError("Error parsing list value", fmt.Sprintf("Failed parsing key %q with value %s: %s", name, list, err))
		}
	}
	for _, one := range append(s.secret, s.wrote...) {
		diagnostics.Append(setValue(merged, one)...)
	}
	return merged, diagnostics
}

// setValue carries out one element of set, set_sensitive or set_wo.
func setValue(merged chartValues, element attr.Value) (diagnostics diag.Diagnostics) {
	fields := element.(types.Object).Attributes()
	name, value := textOf(fields["name"]), textOf(fields["value"])
	var err error
	switch textOf(fields["type"]) {
	case "literal":
		var document any
		if err = yaml.Unmarshal([]byte(name+": "+value), &document); err == nil {
			merged[name] = document
			if table, ok := document.(chartValues); ok {
				merged[name] = table[name]
			}
		}
	case "string":
		err = strvals.ParseIntoString(name+"="+value, merged)
	default:
		err = strvals.ParseInto(name+"="+value, merged)
	}
	if err != nil {
		diagnostics.AddError("Failed parsing value", fmt.Sprintf("Failed parsing key %q with value %s: %s", name, value, err))
	}
	return diagnostics
}

// cloaked writes values in JSON, with what set_sensitive gave hidden.
func cloaked(values chartValues, secret []attr.Value) (string, error) {
	if values == nil {
		return "{}", nil
	}
	text, err := json.Marshal(values)
	if err != nil || len(secret) == 0 {
		return string(text), err
	}
	var shown chartValues
	if err := json.Unmarshal(text, &shown); err != nil {
		return "", err
	}
	for _, one := range secret {
		hide(shown, strings.Split(textOf(one.(types.Object).Attributes()["name"]), "."))
	}
	text, err = json.Marshal(shown)
	return string(text), err
}

func hide(values chartValues, path []string) {
	if len(path) == 1 {
		values[path[0]] = "(sensitive value)"
	} else if inner, ok := values[path[0]].(chartValues); ok {
		hide(inner, path[1:])
	}
}
