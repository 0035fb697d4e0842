// Package local behaves like the provider hashicorp/local.
package local

import "lab/internal/standin"

// Behaviour is that of the provider's resources.
var Behaviour = standin.Behaviour{
	Resources: standin.Resources{
		"local_file":           newFileResource,
		"local_sensitive_file": newFileResource,
	},
}
