// Package talos behaves like the provider siderolabs/talos, with Talos's own library.
package talos

import "lab/internal/standin"

// Behaviour is that of the provider's resources and data sources.
var Behaviour = standin.Behaviour{
	Resources: standin.Resources{
		"talos_cluster_kubeconfig":          newKubeconfigResource,
		"talos_image_factory_schematic":     newSchematicResource,
		"talos_machine_bootstrap":           newBootstrapResource,
		"talos_machine_configuration_apply": newApplyResource,
		"talos_machine_secrets":             newSecretsResource,
	},
	DataSources: standin.DataSources{
		"talos_client_configuration":  newClientConfigurationDataSource,
		"talos_image_factory_urls":    newURLsDataSource,
		"talos_machine_configuration": newMachineConfigurationDataSource,
	},
}
