package manifests

import (
	"embed"
	"fmt"
	"regexp"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

type object = map[string]any

// gatewayAPI are the definitions of some releases of the Gateway API.
//
//go:embed gateway-api/*.yaml
var gatewayAPI embed.FS

// bundle is the address of a release. It is not downloaded, so that nothing depends on whether the machine reaches it:
// definitions that take every object stand for it.
var bundle = regexp.MustCompile(`/gateway-api/releases/download/(v[0-9.]+)/standard-install[.]yaml$`)

// gatewayDefinitions are what is at an address, where that is a release of the Gateway API.
func gatewayDefinitions(url string) (definitions []*unstructured.Unstructured, is bool, err error) {
	found := bundle.FindStringSubmatch(url)
	if found == nil {
		return nil, false, nil
	}
	text, err := gatewayAPI.ReadFile("gateway-api/" + found[1] + ".yaml")
	if err != nil {
		return nil, true, fmt.Errorf("the lab has no definitions of %s", found[1])
	}
	definitions, err = decode(text)
	return definitions, true, err
}
