package talosctl

import (
	"context"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/spf13/cobra"
)

func (g *globals) reset() *cobra.Command {
	var graceful, reboot, wait bool
	var labels []string
	var timeout time.Duration
	command := &cobra.Command{Use: "reset", Short: "Reset a node", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client, node string) error {
			before, err := booted(ctx, c)
			if err != nil {
				return err
			}
			request := &machine.ResetRequest{Graceful: graceful, Reboot: reboot}
			for _, label := range labels {
				request.SystemPartitionsToWipe = append(request.SystemPartitionsToWipe, &machine.ResetPartitionSpec{Label: label, Wipe: true})
			}
			if err := c.ResetGeneric(ctx, request); err != nil || !wait || !reboot {
				return err
			}
			return eventually(ctx, timeout, func(ctx context.Context) error {
				// A node that lost its configuration knows this caller no more.
				if (&globals{nodes: []string{node}}).on(ctx, true, func(ctx context.Context, c *client.Client, _ string) error {
					_, err := c.Version(ctx)
					return err
				}) == nil {
					return nil
				}
				return rebooted(ctx, c, before)
			})
		})
	}}
	flags := command.Flags()
	flags.BoolVar(&graceful, "graceful", true, "if true, attempt to cordon/drain node and leave etcd (if applicable)")
	flags.BoolVar(&reboot, "reboot", false, "if true, reboot the node after resetting instead of shutting down")
	flags.StringSliceVar(&labels, "system-labels-to-wipe", nil, "if set, just wipe selected system disk partitions by label but keep other partitions intact")
	flags.BoolVar(&wait, "wait", true, "wait for the operation to complete, tracking its progress")
	flags.DurationVar(&timeout, "timeout", 30*time.Minute, "time to wait for the operation is complete if --debug or --wait is set")
	flags.Bool("debug", false, "has no meaning here")
	flags.String("wipe-mode", "all", "has no meaning here")
	return command
}
