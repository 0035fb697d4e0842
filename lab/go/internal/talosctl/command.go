// Package talosctl is a stand-in for Talos's command line, made with Talos's own client.
package talosctl

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/client"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/version"
	"github.com/spf13/cobra"
)

// globals are the flags that every command takes.
type globals struct {
	talosconfig, context string
	nodes, endpoints     []string
}

// Command is talosctl as far as it goes.
func Command() *cobra.Command {
	g := &globals{}
	root := &cobra.Command{
		Use:   "talosctl",
		Short: "A stand-in for talosctl: it does what the lab needs, the way the real one does",
		// Errors are printed once, by the program.
		SilenceErrors: true,
		SilenceUsage:  true,
	}
	flags := root.PersistentFlags()
	flags.StringVar(&g.talosconfig, "talosconfig", "", "The path to the Talos configuration file")
	flags.StringVar(&g.context, "context", "", "Context to be used in command")
	flags.StringSliceVarP(&g.nodes, "nodes", "n", nil, "target the specified nodes")
	flags.StringSliceVarP(&g.endpoints, "endpoints", "e", nil, "override default endpoints in Talos configuration")
	root.AddCommand(
		g.version(), g.upgrade(), g.upgradeKubernetes(), g.etcd(), g.bootstrap(), g.health(),
		g.kubeconfig(), g.get(), g.read(), g.dmesg(), g.reboot(), g.reset(),
	)
	return root
}

func standIn() string { return version.Tag + " (a stand-in of the lab)" }

// on calls the nodes that are named, one after the other.
func (g *globals) on(ctx context.Context, insecure bool, do func(ctx context.Context, c *client.Client, node string) error) error {
	if insecure {
		if len(g.nodes) != 1 {
			return errors.New("insecure mode requires one node to be set with the `--nodes` flag")
		}
		return with(ctx, g.nodes[0], do, client.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}), client.WithEndpoints(g.nodes[0]))
	}
	config, err := clientconfig.Open(g.talosconfig)
	if err != nil {
		return err
	}
	options := []client.OptionFunc{client.WithConfig(config)}
	name := config.Context
	if g.context != "" {
		name = g.context
		options = append(options, client.WithContextName(name))
	}
	if len(g.endpoints) > 0 {
		options = append(options, client.WithEndpoints(g.endpoints...))
	}
	nodes := g.nodes
	if current := config.Contexts[name]; len(nodes) == 0 && current != nil {
		nodes = current.Nodes
	}
	if len(nodes) == 0 {
		return errors.New("nodes are not set for the command: please use `--nodes` flag or configuration file to set the nodes to run the command against")
	}
	for _, node := range nodes {
		if err := with(client.WithNode(ctx, node), node, do, options...); err != nil {
			return err
		}
	}
	return nil
}

func with(ctx context.Context, node string, do func(context.Context, *client.Client, string) error, options ...client.OptionFunc) error {
	c, err := client.New(ctx, options...)
	if err != nil {
		return err
	}
	defer c.Close() //nolint:errcheck
	return do(ctx, c, node)
}

// onOne calls the node that is named, for what is asked of one alone.
func (g *globals) onOne(ctx context.Context, do func(context.Context, *client.Client) error) error {
	if len(g.nodes) > 1 {
		return fmt.Errorf("command is not supported with multiple nodes: %s", strings.Join(g.nodes, ", "))
	}
	return g.on(ctx, false, func(ctx context.Context, c *client.Client, _ string) error { return do(ctx, c) })
}

// eventually repeats something that fails while a machine restarts.
func eventually(ctx context.Context, timeout time.Duration, do func(context.Context) error) error {
	ctx, stop := context.WithTimeout(ctx, timeout)
	defer stop()
	for {
		attempt, end := context.WithTimeout(ctx, 10*time.Second)
		err := do(attempt)
		end()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(ctx.Err(), err)
		case <-time.After(500 * time.Millisecond):
		}
	}
}
