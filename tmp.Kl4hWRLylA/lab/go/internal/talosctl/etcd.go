package talosctl

import (
	"context"
	"fmt"
	"io"
	"os"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/spf13/cobra"
)

func (g *globals) etcd() *cobra.Command {
	command := &cobra.Command{Use: "etcd", Short: "Manage etcd"}
	command.AddCommand(&cobra.Command{Use: "snapshot <path>", Short: "Stream snapshot of the etcd node to the path.", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client) error { return snapshot(ctx, c, cmd.OutOrStdout(), args[0]) })
		}})
	return command
}

// snapshot writes a file that is whole, or none.
func snapshot(ctx context.Context, c *client.Client, out io.Writer, path string) error {
	partial := path + ".part"
	file, err := os.OpenFile(partial, os.O_CREATE|os.O_WRONLY|os.O_TRUNC, 0o600)
	if err != nil {
		return err
	}
	defer os.Remove(partial) //nolint:errcheck
	defer file.Close()       //nolint:errcheck
	reader, err := c.EtcdSnapshot(ctx, &machine.EtcdSnapshotRequest{})
	if err != nil {
		return fmt.Errorf("error reading file: %w", err)
	}
	defer reader.Close() //nolint:errcheck
	size, err := io.Copy(file, reader)
	if err != nil {
		return fmt.Errorf("error reading: %w", err)
	}
	if err := file.Close(); err != nil {
		return err
	}
	if err := os.Rename(partial, path); err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "etcd snapshot saved to %q (%d bytes)\n", path, size)
	return err
}

func (g *globals) bootstrap() *cobra.Command {
	var recoverFrom string
	command := &cobra.Command{Use: "bootstrap", Short: "Bootstrap the etcd cluster on the specified node.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client) error {
				if recoverFrom != "" {
					file, err := os.Open(recoverFrom)
					if err != nil {
						return fmt.Errorf("error opening snapshot file: %w", err)
					}
					defer file.Close() //nolint:errcheck
					if _, err := c.EtcdRecover(ctx, file); err != nil {
						return fmt.Errorf("error uploading snapshot: %w", err)
					}
				}
				if err := c.Bootstrap(ctx, &machine.BootstrapRequest{RecoverEtcd: recoverFrom != ""}); err != nil {
					return fmt.Errorf("error executing bootstrap: %w", err)
				}
				return nil
			})
		}}
	command.Flags().StringVar(&recoverFrom, "recover-from", "", "recover etcd cluster from the snapshot")
	command.Flags().Bool("recover-skip-hash-check", false, "has no meaning here")
	return command
}
