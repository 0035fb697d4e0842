// Package null behaves like the provider hashicorp/null.
package null

import "lab/internal/standin"

// Behaviour is that of the provider's resources.
var Behaviour = standin.Behaviour{
	Resources: standin.Resources{
		"null_resource": newNullResource,
	},
}
