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

// Serve is the main function of a provider: it serves the interface in the file that is its argument.
func Serve(behaviour Behaviour) {
	log.SetFlags(0)
	log.SetPrefix("stand-in provider: ")
	if len(os.Args) != 2 {
		log.Fatalf("usage: %s <schema>", filepath.Base(os.Args[0]))
	}
	schema, err := pinned.Read(os.Args[1])
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
