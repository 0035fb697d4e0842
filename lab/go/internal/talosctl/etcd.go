package talosctl

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/spf13/cobra"
)

func (g *globals) etcd() *cobra.Command {
	command := &cobra.Command{Use: "etcd", Short: "Manage etcd"}
	command.AddCommand(&cobra.Command{Use: "snapshot <path>", Short: "Stream snapshot of the etcd node to the path.", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			return g.onOne(cmd.Context(), func(ctx context.Context, c *client.Client) error { return snapshot(ctx, c, cmd.OutOrStdout(), args[0]) })
		}}, &cobra.Command{Use: "members", Short: "Get the list of etcd cluster members", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.table(cmd, "NODE\tID\tHOSTNAME\tPEER URLS\tCLIENT URLS\tLEARNER", func(ctx context.Context, c *client.Client, node string, table io.Writer) error {
				reply, err := c.EtcdMemberList(ctx, &machine.EtcdMemberListRequest{})
				if err != nil {
					return fmt.Errorf("error getting members: %w", err)
				}
				for _, m := range reply.Messages[0].Members {
					_, _ = fmt.Fprintf(table, "%s\t%016x\t%s\t%s\t%s\t%t\n", node, m.Id, m.Hostname, strings.Join(m.PeerUrls, ","), strings.Join(m.ClientUrls, ","), m.IsLearner)
				}
				return nil
			})
		}}, &cobra.Command{Use: "status", Short: "Get the status of etcd cluster member", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.table(cmd, "NODE\tMEMBER\tDB SIZE\tIN USE\tLEADER\tRAFT INDEX\tRAFT TERM\tRAFT APPLIED INDEX\tLEARNER\tERRORS", func(ctx context.Context, c *client.Client, node string, table io.Writer) error {
				reply, err := c.EtcdStatus(ctx)
				if err != nil {
					return fmt.Errorf("error getting status: %w", err)
				}
				is := reply.Messages[0].MemberStatus
				_, _ = fmt.Fprintf(table, "%s\t%016x\t%d B\t%d B\t%016x\t%d\t%d\t%d\t%t\t%s\n", node, is.MemberId, is.DbSize, is.DbSizeInUse, is.Leader,
					is.RaftIndex, is.RaftTerm, is.RaftAppliedIndex, is.IsLearner, strings.Join(is.Errors, ", "))
				return nil
			})
		}}, &cobra.Command{Use: "leave", Short: "Tell nodes to leave etcd cluster", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client, _ string) error {
				return c.EtcdLeaveCluster(ctx, &machine.EtcdLeaveClusterRequest{})
			})
		}}, &cobra.Command{Use: "remove-member <member ID>", Short: "Remove the node from etcd cluster", Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			id, err := strconv.ParseUint(args[0], 16, 64)
			if err != nil {
				return fmt.Errorf("error parsing member ID: %w", err)
			}
			return g.onOne(cmd.Context(), func(ctx context.Context, c *client.Client) error {
				return c.EtcdRemoveMemberByID(ctx, &machine.EtcdRemoveMemberByIDRequest{MemberId: id})
			})
		}}, &cobra.Command{Use: "forfeit-leadership", Short: "Tell node to forfeit etcd cluster leadership", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client, _ string) error {
				_, err := c.EtcdForfeitLeadership(ctx, &machine.EtcdForfeitLeadershipRequest{})
				return err
			})
		}})
	return command
}

// table prints what the nodes say in columns.
func (g *globals) table(cmd *cobra.Command, header string, rows func(context.Context, *client.Client, string, io.Writer) error) error {
	table := tabwriter.NewWriter(cmd.OutOrStdout(), 0, 0, 3, ' ', 0)
	_, _ = fmt.Fprintln(table, header)
	if err := g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client, node string) error { return rows(ctx, c, node, table) }); err != nil {
		return err
	}
	return table.Flush()
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
			return g.onOne(cmd.Context(), func(ctx context.Context, c *client.Client) error {
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
