// Command terraform-provider-local stands in for the provider hashicorp/local where it cannot be downloaded.
package main

import (
	"lab/internal/standin"
	"lab/internal/standin/local"
)

func main() { standin.Serve(local.Behaviour) }
