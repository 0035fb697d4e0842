// Command terraform-provider-helm stands in for the provider hashicorp/helm where it cannot be downloaded.
package main

import (
	"lab/internal/standin"
	"lab/internal/standin/helm"
)

func main() { standin.Serve(helm.Behaviour) }
