package talosctl

import (
	"context"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/spf13/cobra"
)

// kubeconfig writes the administrator's kubeconfig over a file, for its owner alone; nothing is merged.
func (g *globals) kubeconfig() *cobra.Command {
	var force bool
	command := &cobra.Command{Use: "kubeconfig [local-path]", Short: "Download the admin kubeconfig from the node", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.onOne(cmd.Context(), func(ctx context.Context, c *client.Client) error {
				content, err := c.Kubeconfig(ctx)
				if err != nil {
					return err
				}
				return os.WriteFile(args[0], content, 0o600)
			})
		}}
	command.Flags().BoolVarP(&force, "force", "f", false, "force overwrite of kubeconfig if already present")
	return command
}
