// Command terraform-provider-talos stands in for the provider siderolabs/talos where it cannot be downloaded.
package main

import (
	"lab/internal/standin"
	"lab/internal/standin/talos"
)

func main() { standin.Serve(talos.Behaviour) }
