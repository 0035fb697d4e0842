// Command terraform-provider-standin serves the pinned interface of a Terraform provider that cannot be downloaded, with
// enough of its behaviour to apply the project's stacks. It stands in for the provider whose interface lies beside the
// executable in schema.json.
package main

import (
	"context"
	"log"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"lab/internal/pinned"
	"lab/internal/standin"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("stand-in provider: ")
	executable, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	schema, err := pinned.Read(filepath.Join(filepath.Dir(executable), "schema.json"))
	if err != nil {
		log.Fatal(err)
	}
	implementation, err := standin.New(schema)
	if err != nil {
		log.Fatal(err)
	}
	err = providerserver.Serve(context.Background(), func() provider.Provider { return implementation },
		providerserver.ServeOpts{Address: schema.Address})
	if err != nil {
		log.Fatal(err)
	}
}
