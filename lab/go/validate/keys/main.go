// Command keys prints the keys that Talos's decoder knows, of the machine configuration and of the document kinds named as
// arguments, as the types of the library it is built with have them.
package main

import (
	"encoding/json"
	"log"
	"os"
	"reflect"
	"strings"

	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/config/types/v1alpha1"
)

// node is what may be at a place of a document: keys, items, or values of any key. A leaf has none of them.
type node struct {
	Keys   map[string]*node `json:"keys,omitempty"`
	Items  *node            `json:"items,omitempty"`
	Values *node            `json:"values,omitempty"`
}

func main() {
	documents := map[string]*node{"": nodeOf(reflect.TypeFor[v1alpha1.Config]())}
	for _, kind := range os.Args[1:] {
		provider, err := configloader.NewFromBytes([]byte("apiVersion: v1alpha1\nkind: " + kind + "\n"))
		if err != nil {
			continue
		}
		documents[kind] = nodeOf(reflect.TypeOf(provider.Documents()[0]))
	}
	if err := json.NewEncoder(os.Stdout).Encode(documents); err != nil {
		log.Fatal(err)
	}
}

func nodeOf(t reflect.Type) *node {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.Struct:
		keys := map[string]*node{}
		addKeys(t, keys)
		if len(keys) == 0 {
			return &node{}
		}
		return &node{Keys: keys}
	case reflect.Slice:
		if t.Elem().Kind() == reflect.Uint8 {
			return &node{}
		}
		return &node{Items: nodeOf(t.Elem())}
	case reflect.Map:
		return &node{Values: nodeOf(t.Elem())}
	default:
		return &node{}
	}
}

func addKeys(t reflect.Type, keys map[string]*node) {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	// An inline map takes any key.
	if t.Kind() != reflect.Struct {
		return
	}
	for i := range t.NumField() {
		field := t.Field(i)
		name, options, _ := strings.Cut(field.Tag.Get("yaml"), ",")
		switch {
		case strings.Contains(options, "inline"):
			addKeys(field.Type, keys)
		case name != "" && name != "-":
			keys[name] = nodeOf(field.Type)
		}
	}
}
