package standin

import (
	"context"
	"log"
	"os"
	"path/filepath"

	"github.com/hashicorp/terraform-plugin-framework/provider"
	"github.com/hashicorp/terraform-plugin-framework/providerserver"

	"lab/internal/pinned"
)

// Serve is the main function of a provider: it serves the interface that lies beside the executable in schema.json.
func Serve(behaviour Behaviour) {
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
	implementation, err := New(schema, behaviour)
	if err != nil {
		log.Fatal(err)
	}
	err = providerserver.Serve(context.Background(), func() provider.Provider { return implementation },
		providerserver.ServeOpts{Address: schema.Address})
	if err != nil {
		log.Fatal(err)
	}
}
