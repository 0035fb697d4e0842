package talosctl

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/hardware"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"
)

// kinds are the resources that can be asked for, by the names that talosctl takes.
var kinds = map[string]struct{ namespace, kind string }{
	"machineconfig":     {config.NamespaceName, config.MachineConfigType},
	"machineconfigs":    {config.NamespaceName, config.MachineConfigType},
	"mc":                {config.NamespaceName, config.MachineConfigType},
	"extensions":        {runtime.NamespaceName, runtime.ExtensionStatusType},
	"extensionstatus":   {runtime.NamespaceName, runtime.ExtensionStatusType},
	"extensionstatuses": {runtime.NamespaceName, runtime.ExtensionStatusType},
	"pcidevice":         {hardware.NamespaceName, hardware.PCIDeviceType},
	"pcidevices":        {hardware.NamespaceName, hardware.PCIDeviceType},
	"volumestatus":      {block.NamespaceName, block.VolumeStatusType},
	"volumestatuses":    {block.NamespaceName, block.VolumeStatusType},
}

func (g *globals) get() *cobra.Command {
	var insecure bool
	var output string
	command := &cobra.Command{Use: "get <type> [<id>]", Short: "Get a specific resource or list of resources", Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, known := kinds[strings.ToLower(args[0])]
			if !known {
				return fmt.Errorf("the stand-in knows no resource %q, only machineconfig, extensions, pcidevices and volumestatuses", args[0])
			}
			return g.on(cmd.Context(), insecure, func(ctx context.Context, c *client.Client, node string) error {
				list, err := c.COSI.List(ctx, resource.NewMetadata(kind.namespace, kind.kind, "", resource.VersionUndefined))
				if err != nil {
					return err
				}
				for _, item := range list.Items {
					if len(args) > 1 && item.Metadata().ID() != args[1] {
						continue
					}
					if err := show(cmd.OutOrStdout(), output, node, item); err != nil {
						return err
					}
				}
				return nil
			})
		}}
	command.Flags().BoolVarP(&insecure, "insecure", "i", false, "get resources using the insecure (encrypted with no auth) maintenance service")
	command.Flags().StringVarP(&output, "output", "o", "table", "output mode (yaml, table)")
	return command
}

func show(out io.Writer, output, node string, item resource.Resource) error {
	if output != "yaml" {
		about := item.Metadata()
		more := ""
		if device, is := item.(*hardware.PCIDevice); is {
			spec := device.TypedSpec()
			more = fmt.Sprintf("   %s   %s   %s   %s", spec.Class, spec.Subclass, spec.Vendor, spec.Product)
		}
		_, err := fmt.Fprintf(out, "%s   %s   %s   %s   %s%s\n", node, about.Namespace(), about.Type(), about.ID(), about.Version(), more)
		return err
	}
	content, err := resource.MarshalYAML(item)
	if err != nil {
		return err
	}
	text, err := yaml.Marshal(content)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(out, "node: %s\n%s", node, text)
	return err
}

func (g *globals) upgradeKubernetes() *cobra.Command {
	var to string
	var timeout time.Duration
	command := &cobra.Command{Use: "upgrade-k8s", Short: "Upgrade Kubernetes control plane in the Talos cluster.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.onOne(cmd.Context(), func(ctx context.Context, c *client.Client) error {
				return upgradeKubernetes(ctx, c, cmd.OutOrStdout(), "v"+strings.TrimPrefix(to, "v"), timeout)
			})
		}}
	flags := command.Flags()
	flags.StringVar(&to, "to", "", "the Kubernetes control plane version to upgrade to")
	flags.DurationVar(&timeout, "timeout", 10*time.Minute, "how long the stand-in waits")
	for _, ignored := range []string{"from", "endpoint"} {
		flags.String(ignored, "", "has no meaning here")
	}
	flags.Bool("pre-pull-images", true, "has no meaning here")
	_ = command.MarkFlagRequired("to")
	return command
}

// upgradeKubernetes names the images of another version in the machine configurations of the cluster, part by part and node
// by node as the real one does: first those of the control plane, then the kubelet's, and waits for each kubelet. Then it
// updates what the manifests of the configuration made.
func upgradeKubernetes(ctx context.Context, c *client.Client, out io.Writer, version string, timeout time.Duration) error {
	all, err := nodes(ctx, c)
	if err != nil {
		return err
	}
	for _, part := range []struct{ name, patch string }{
		{"kube-apiserver", `cluster: {apiServer: {image: "registry.k8s.io/kube-apiserver:%s"}}`},
		{"kube-controller-manager", `cluster: {controllerManager: {image: "registry.k8s.io/kube-controller-manager:%s"}}`},
		{"kube-scheduler", `cluster: {scheduler: {image: "registry.k8s.io/kube-scheduler:%s"}}`},
	} {
		_, _ = fmt.Fprintf(out, "updating %q to version %q\n", part.name, version)
		for _, node := range all {
			if !node.controlPlane {
				continue
			}
			if err := patch(ctx, c, node, fmt.Sprintf(part.patch, version)); err != nil {
				return err
			}
		}
	}
	_, _ = fmt.Fprintf(out, "updating kubelet to version %q\n", version)
	for _, node := range all {
		if err := patch(ctx, c, node, fmt.Sprintf(`machine: {kubelet: {image: "ghcr.io/siderolabs/kubelet:%s"}}`, version)); err != nil {
			return err
		}
		if err := eventually(ctx, timeout, func(ctx context.Context) error {
			now, err := nodes(ctx, c)
			for _, each := range now {
				if each.name == node.name && each.kubelet != version {
					err = fmt.Errorf("the kubelet of %s is %s, not %s", each.name, each.kubelet, version)
				}
			}
			return err
		}); err != nil {
			return err
		}
	}
	return syncManifests(ctx, c, all, out)
}

func patch(ctx context.Context, c *client.Client, node kubernetesNode, text string) error {
	ctx = client.WithNode(ctx, node.address)
	current, err := safe.StateGetByID[*config.MachineConfig](ctx, c.COSI, config.ActiveID)
	if err != nil {
		return fmt.Errorf("error reading the machine configuration of %s: %w", node.name, err)
	}
	patches, err := configpatcher.LoadPatches([]string{text})
	if err != nil {
		return err
	}
	patched, err := configpatcher.Apply(configpatcher.WithConfig(current.Provider()), patches)
	if err != nil {
		return err
	}
	content, err := patched.Bytes()
	if err != nil {
		return err
	}
	request := &machine.ApplyConfigurationRequest{Data: content, Mode: machine.ApplyConfigurationRequest_NO_REBOOT}
	if _, err := c.ApplyConfiguration(ctx, request); err != nil {
		return fmt.Errorf("failed updating the machine configuration of %s: %w", node.name, err)
	}
	return nil
}
