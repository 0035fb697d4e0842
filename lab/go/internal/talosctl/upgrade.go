package talosctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/spf13/cobra"
	"google.golang.org/grpc/codes"
	"google.golang.org/protobuf/types/known/emptypb"
)

func (g *globals) version() *cobra.Command {
	var insecure, short, clientOnly bool
	command := &cobra.Command{Use: "version", Short: "Prints the version", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		out := cmd.OutOrStdout()
		_, _ = fmt.Fprintf(out, "Client:\n\tTag:         %s\n", standIn())
		if clientOnly {
			return nil
		}
		_, _ = fmt.Fprintln(out, "Server:")
		return g.on(cmd.Context(), insecure, func(ctx context.Context, c *client.Client, node string) error {
			reply, err := c.Version(ctx)
			if err != nil {
				return fmt.Errorf("error getting version: %w", err)
			}
			for _, message := range reply.Messages {
				_, _ = fmt.Fprintf(out, "\tNODE:        %s\n\tTag:         %s\n", node, message.Version.Tag)
				if !short {
					_, _ = fmt.Fprintf(out, "\tSHA:         %s\n\tOS/Arch:     %s/%s\n", message.Version.Sha, message.Version.Os, message.Version.Arch)
				}
			}
			return nil
		})
	}}
	command.Flags().BoolVarP(&insecure, "insecure", "i", false, "use Talos maintenance mode API")
	command.Flags().BoolVar(&short, "short", false, "Print the short version")
	command.Flags().BoolVar(&clientOnly, "client", false, "Print client version only")
	return command
}

func (g *globals) upgrade() *cobra.Command {
	var image string
	var wait, drains bool
	var timeout, timeToDrain time.Duration
	command := &cobra.Command{Use: "upgrade", Short: "Upgrade Talos on the target node", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client, node string) error {
			before, err := booted(ctx, c)
			if err != nil {
				return err
			}
			undo := func(context.Context) error { return nil }
			err = install(ctx, c, image, cmd.OutOrStdout())
			if client.StatusCode(err) == codes.Unimplemented {
				// Such a node drains itself.
				_, err = c.UpgradeWithOptions(ctx, client.WithUpgradeImage(image)) //nolint:staticcheck // Talos up to 1.12 has no other
			} else if err == nil {
				if drains {
					undo, err = g.drain(ctx, c, node, timeToDrain)
				}
				if err == nil {
					err = c.Reboot(ctx)
				}
			}
			if err != nil {
				return fmt.Errorf("error during upgrade: %w", err)
			}
			if !wait {
				return nil
			}
			if err := restarted(ctx, c, before, timeout); err != nil {
				return err
			}
			return eventually(ctx, timeout, undo)
		})
	}}
	flags := command.Flags()
	flags.StringVarP(&image, "image", "i", "", "the container image to use for performing the install")
	flags.BoolVar(&wait, "wait", true, "wait for the operation to complete, tracking its progress")
	flags.DurationVar(&timeout, "timeout", 30*time.Minute, "time to wait for the operation is complete if --debug or --wait is set")
	flags.BoolVar(&drains, "drain", true, "drain the Kubernetes node before rebooting (cordon + evict pods)")
	flags.DurationVar(&timeToDrain, "drain-timeout", 5*time.Minute, "timeout for draining the Kubernetes node")
	for _, ignored := range []string{"preserve", "stage", "force", "debug", "legacy"} {
		flags.Bool(ignored, false, "has no meaning here")
	}
	_ = command.MarkFlagRequired("image")
	return command
}

// install has the installer of Talos ≥ 1.13 run, and passes on what it says.
func install(ctx context.Context, c *client.Client, image string, out io.Writer) error {
	stream, err := c.LifecycleClient.Upgrade(ctx, &machine.LifecycleServiceUpgradeRequest{Source: &machine.InstallArtifactsSource{ImageName: image}})
	if err != nil {
		return err
	}
	for last := ""; ; {
		reply, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		switch said := reply.GetProgress().GetResponse().(type) {
		case *machine.LifecycleServiceInstallProgress_Message:
			last = said.Message
			_, _ = fmt.Fprintln(out, last)
		case *machine.LifecycleServiceInstallProgress_ExitCode:
			if said.ExitCode != 0 {
				return fmt.Errorf("upgrade failed with exit code %d: %s", said.ExitCode, last)
			}
		}
	}
}

func (g *globals) reboot() *cobra.Command {
	var wait bool
	var timeout time.Duration
	command := &cobra.Command{Use: "reboot", Short: "Reboot a node", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client, _ string) error {
			before, err := booted(ctx, c)
			if err == nil {
				err = c.Reboot(ctx)
			}
			if err != nil || !wait {
				return err
			}
			return restarted(ctx, c, before, timeout)
		})
	}}
	command.Flags().BoolVar(&wait, "wait", true, "wait for the operation to complete, tracking its progress")
	command.Flags().DurationVar(&timeout, "timeout", 30*time.Minute, "time to wait for the operation is complete if --debug or --wait is set")
	return command
}

// booted is when the machine was booted last.
func booted(ctx context.Context, c *client.Client) (uint64, error) {
	reply, err := c.MachineClient.SystemStat(ctx, &emptypb.Empty{})
	if err != nil {
		return 0, err
	}
	return reply.Messages[0].BootTime, nil
}

func restarted(ctx context.Context, c *client.Client, before uint64, timeout time.Duration) error {
	return eventually(ctx, timeout, func(ctx context.Context) error { return rebooted(ctx, c, before) })
}

// rebooted tells why the machine is not known to have been booted since.
func rebooted(ctx context.Context, c *client.Client, before uint64) error {
	now, err := booted(ctx, c)
	if err == nil && now == before {
		err = errors.New("the node has not rebooted")
	}
	return err
}
