package talosctl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/cosi-project/runtime/pkg/resource"
	"github.com/cosi-project/runtime/pkg/safe"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/hardware"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
	"github.com/spf13/cobra"
	"go.yaml.in/yaml/v4"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
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
}

func (g *globals) get() *cobra.Command {
	var insecure bool
	var output string
	command := &cobra.Command{Use: "get <type> [<id>]", Short: "Get a specific resource or list of resources", Args: cobra.RangeArgs(1, 2),
		RunE: func(cmd *cobra.Command, args []string) error {
			kind, known := kinds[strings.ToLower(args[0])]
			if !known {
				return fmt.Errorf("the stand-in knows no resource %q, only machineconfig, extensions and pcidevices", args[0])
			}
			return g.on(cmd.Context(), insecure, func(ctx context.Context, c *client.Client) error {
				list, err := c.COSI.List(ctx, resource.NewMetadata(kind.namespace, kind.kind, "", resource.VersionUndefined))
				if err != nil {
					return err
				}
				for _, item := range list.Items {
					if len(args) > 1 && item.Metadata().ID() != args[1] {
						continue
					}
					if err := g.print(cmd.OutOrStdout(), output, item); err != nil {
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

func (g *globals) print(out io.Writer, output string, item resource.Resource) error {
	if output != "yaml" {
		about := item.Metadata()
		more := ""
		if device, is := item.(*hardware.PCIDevice); is {
			spec := device.TypedSpec()
			more = fmt.Sprintf("   %s   %s   %s   %s", spec.Class, spec.Subclass, spec.Vendor, spec.Product)
		}
		_, err := fmt.Fprintf(out, "%s   %s   %s   %s   %s%s\n", g.nodes[0], about.Namespace(), about.Type(), about.ID(), about.Version(), more)
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
	_, err = fmt.Fprintf(out, "node: %s\n%s", g.nodes[0], text)
	return err
}

func (g *globals) health() *cobra.Command {
	var timeout time.Duration
	command := &cobra.Command{Use: "health", Short: "Check cluster health", Args: cobra.NoArgs, RunE: func(cmd *cobra.Command, _ []string) error {
		return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client) error {
			return eventually(ctx, timeout, func(ctx context.Context) error { _, err := nodes(ctx, c); return err })
		})
	}}
	command.Flags().DurationVar(&timeout, "wait-timeout", 20*time.Minute, "timeout to wait for the cluster to be ready")
	return command
}

// nodes are the kubelet versions of a cluster whose API is ready, by node.
func nodes(ctx context.Context, c *client.Client) (map[string]string, error) {
	kubeconfig, err := c.Kubeconfig(ctx)
	if err != nil {
		return nil, err
	}
	rest, err := clientcmd.RESTConfigFromKubeConfig(kubeconfig)
	if err != nil {
		return nil, err
	}
	api, err := kubernetes.NewForConfig(rest)
	if err != nil {
		return nil, err
	}
	if err := api.RESTClient().Get().AbsPath("/readyz").Do(ctx).Error(); err != nil {
		return nil, err
	}
	list, err := api.CoreV1().Nodes().List(ctx, metav1.ListOptions{})
	if err == nil && len(list.Items) == 0 {
		err = errors.New("no node has registered")
	}
	if err != nil {
		return nil, err
	}
	versions := map[string]string{}
	for _, node := range list.Items {
		versions[node.Name] = node.Status.NodeInfo.KubeletVersion
	}
	return versions, nil
}

func (g *globals) upgradeKubernetes() *cobra.Command {
	var to string
	var timeout time.Duration
	command := &cobra.Command{Use: "upgrade-k8s", Short: "Upgrade Kubernetes control plane in the Talos cluster.", Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return g.on(cmd.Context(), false, func(ctx context.Context, c *client.Client) error {
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

// upgradeKubernetes names the images of another version in the machine configuration, as the real one does, and waits until
// the kubelet is of that version.
func upgradeKubernetes(ctx context.Context, c *client.Client, out io.Writer, version string, timeout time.Duration) error {
	current, err := safe.StateGetByID[*config.MachineConfig](ctx, c.COSI, config.ActiveID)
	if err != nil {
		return fmt.Errorf("error reading the machine configuration: %w", err)
	}
	patches, err := configpatcher.LoadPatches([]string{fmt.Sprintf(`
machine: {kubelet: {image: "ghcr.io/siderolabs/kubelet:%[1]s"}}
cluster:
  apiServer: {image: "registry.k8s.io/kube-apiserver:%[1]s"}
  controllerManager: {image: "registry.k8s.io/kube-controller-manager:%[1]s"}
  scheduler: {image: "registry.k8s.io/kube-scheduler:%[1]s"}
`, version)})
	if err != nil {
		return err
	}
	patched, err := configpatcher.Apply(configpatcher.WithConfig(current.Provider()), patches)
	if err != nil {
		return err
	}
	text, err := patched.Bytes()
	if err != nil {
		return err
	}
	_, _ = fmt.Fprintf(out, "upgrading Kubernetes to %s\n", version)
	if _, err := c.ApplyConfiguration(ctx, &machine.ApplyConfigurationRequest{Data: text, Mode: machine.ApplyConfigurationRequest_NO_REBOOT}); err != nil {
		return fmt.Errorf("failed updating the machine configuration: %w", err)
	}
	return eventually(ctx, timeout, func(ctx context.Context) error {
		versions, err := nodes(ctx, c)
		for name, is := range versions {
			if is != version {
				err = fmt.Errorf("the kubelet of %s is %s, not %s", name, is, version)
			}
		}
		return err
	})
}
