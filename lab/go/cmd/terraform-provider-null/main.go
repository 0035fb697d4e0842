// Command terraform-provider-null stands in for the provider hashicorp/null where it cannot be downloaded.
package main

import (
	"lab/internal/standin"
	"lab/internal/standin/null"
)

func main() { standin.Serve(null.Behaviour) }
