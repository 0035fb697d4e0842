package talosctl

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/spf13/cobra"
)

func (g *globals) read() *cobra.Command {
	return &cobra.Command{Use: "read <path>", Short: "Read a file on the machine", Args: cobra.ExactArgs(1), RunE: func(cmd *cobra.Command, args []string) error {
		return g.onOne(cmd.Context(), func(ctx context.Context, c *client.Client) error {
			content, err := c.Read(ctx, args[0])
			if err != nil {
				return fmt.Errorf("error reading file: %w", err)
			}
			defer content.Close() //nolint:errcheck
			_, err = io.Copy(cmd.OutOrStdout(), content)
			return err
		})
	}}
}

func (g *globals) dmesg() *cobra.Command {
	return &cobra.Command{Use: "dmesg", Short: "Retrieve kernel logs", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client, node string) error {
			stream, err := c.Dmesg(ctx, false, false)
			if err != nil {
				return fmt.Errorf("error getting dmesg: %w", err)
			}
			for {
				line, err := stream.Recv()
				if errors.Is(err, io.EOF) {
					return nil
				}
				if err != nil {
					return err
				}
				_, _ = fmt.Fprintf(cmd.OutOrStdout(), "%s: %s", node, line.Bytes)
			}
		})
	}}
}
