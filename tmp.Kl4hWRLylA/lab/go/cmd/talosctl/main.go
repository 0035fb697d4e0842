// Command talosctl stands in for Talos's own, which can't be built as a Go module, with the same command line for what an
// upgrade, a snapshot and a recovery need.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"lab/internal/talosctl"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := talosctl.Command().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
