package standintest

import (
	"slices"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

// Plan is what a provider intends.
type Plan struct {
	Planned tftypes.Value
	// Replace names the attributes that re-create the resource.
	Replace []string
	Errors  string

	configuration, prior tftypes.Value
	private              []byte
}

// Changes tells whether anything is to change.
func (p Plan) Changes() bool { return !p.Planned.Equal(p.prior) }

// ExpectReplace wants a resource to be re-created because of the attributes.
func ExpectReplace(t *testing.T, p Plan, want ...string) {
	t.Helper()
	slices.Sort(p.Replace)
	if p.Errors != "" || !slices.Equal(p.Replace, want) {
		t.Errorf("replaced because of %v %s, want %v", p.Replace, p.Errors, want)
	}
}
