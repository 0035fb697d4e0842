package standin

import (
	"github.com/hashicorp/terraform-plugin-framework-validators/resourcevalidator"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
)

// ExactlyOneOf wants one of the attributes, and no more, in the configuration of a resource.
func ExactlyOneOf(attributes ...string) resource.ConfigValidator {
	var expressions []path.Expression
	for _, attribute := range attributes {
		expressions = append(expressions, path.MatchRoot(attribute))
	}
	return resourcevalidator.ExactlyOneOf(expressions...)
}
