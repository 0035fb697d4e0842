package talosctl

import (
	"context"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/spf13/cobra"
)

// reset makes a node a machine without a configuration. The simulated one answers when it is one.
func (g *globals) reset() *cobra.Command {
	var graceful, reboot bool
	command := &cobra.Command{Use: "reset", Short: "Reset a node", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client, _ string) error {
			return c.ResetGeneric(ctx, &machine.ResetRequest{Graceful: graceful, Reboot: reboot})
		})
	}}
	flags := command.Flags()
	flags.BoolVar(&graceful, "graceful", true, "if true, attempt to cordon/drain node and leave etcd (if applicable)")
	flags.BoolVar(&reboot, "reboot", false, "if true, reboot the node after resetting instead of shutting down")
	flags.Bool("wait", true, "has no meaning here")
	flags.Bool("debug", false, "has no meaning here")
	flags.Duration("timeout", 30*time.Minute, "has no meaning here")
	flags.String("wipe-mode", "all", "has no meaning here")
	flags.StringSlice("system-labels-to-wipe", nil, "has no meaning here")
	return command
}
