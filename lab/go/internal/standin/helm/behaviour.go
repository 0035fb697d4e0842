// Package helm behaves like the provider hashicorp/helm, with Helm's own library.
package helm

import "lab/internal/standin"

// Behaviour is that of the provider's resources and data sources.
var Behaviour = standin.Behaviour{
	Resources: standin.Resources{
		"helm_release": newReleaseResource,
	},
	DataSources: standin.DataSources{
		"helm_template": newTemplateDataSource,
	},
}
