package talosctl

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	machinetype "github.com/siderolabs/talos/pkg/machinery/config/machine"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"lab/internal/discovery"
	"lab/internal/node"
)

var built, _ = filepath.Abs("../../../.cache/bin")

var schematics = []string{strings.Repeat("a", 64), strings.Repeat("b", 64)}

// site is a node and the files to call it with.
type site struct {
	*testing.T
	node          *node.Node
	directory     string
	configuration []byte
	// input makes configurations of further nodes, which find each other in a directory.
	input     *generate.Input
	discovery discovery.Service
}

func (s site) run(args ...string) (string, error) {
	command := Command()
	var out bytes.Buffer
	command.SetOut(&out)
	if !slices.Contains(args, "--nodes") {
		args = append([]string{"--nodes", s.address()}, args...)
	}
	command.SetArgs(append([]string{"--talosconfig", filepath.Join(s.directory, "talosconfig")}, args...))
	err := command.ExecuteContext(s.Context())
	return out.String(), err
}

func (s site) must(args ...string) string {
	s.Helper()
	out, err := s.run(args...)
	if err != nil {
		s.Fatalf("talosctl %s: %v", strings.Join(args, " "), err)
	}
	return out
}

func (s site) address() string { return strings.Split(s.node.TalosAddress(), ":")[0] }

// in starts a node of a version that was configured for its contract.
func in(t *testing.T, version string) site {
	t.Helper()
	network := discovery.Service(t.TempDir())
	n := fresh(t, version, network)
	address := strings.Split(n.TalosAddress(), ":")[0]
	contract, err := config.ParseContractFromVersion(version)
	check(t, err)
	bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), contract)
	check(t, err)
	input, err := generate.NewInput("lab", "https://"+address+":6443", "1.34.1", generate.WithSecretsBundle(bundle), generate.WithVersionContract(contract),
		generate.WithInstallDisk("/dev/sda"), generate.WithInstallImage("factory.talos.dev/nocloud-installer/"+schematics[0]+":"+version), generate.WithEndpointList([]string{address}))
	check(t, err)
	provider, err := input.Config(machinetype.TypeControlPlane)
	check(t, err)
	text, err := provider.Bytes()
	check(t, err)
	s := site{t, n, t.TempDir(), text, input, network}
	talosconfig, err := input.Talosconfig()
	check(t, err)
	check(t, talosconfig.Save(filepath.Join(s.directory, "talosconfig")))
	return s
}

// fresh is a node in maintenance mode.
func fresh(t *testing.T, version string, network discovery.Service) *node.Node {
	t.Helper()
	var b [3]byte
	_, _ = rand.Read(b[:])
	address := fmt.Sprintf("127.%d.%d.%d", b[0]|1, b[1], b[2]|2)
	n, err := node.Start(node.Options{Talos: address + ":50000", Kubernetes: address + ":6443", Disk: "/dev/sda",
		System: node.System{Version: version, Schematic: schematics[0]}, Programs: built, Validators: built, Discovery: network,
		Directory: t.TempDir(), Hardware: node.Hardware{Cores: 2, Memory: 4096}})
	check(t, err)
	t.Cleanup(n.Close)
	return n
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (s site) apply(text []byte) error { return s.applyTo(s.node, text) }

func (s site) applyTo(n *node.Node, text []byte) error {
	address := strings.Split(n.TalosAddress(), ":")[0]
	c, err := client.New(s.Context(), client.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}), client.WithEndpoints(address))
	check(s.T, err)
	defer c.Close() //nolint:errcheck
	_, err = c.ApplyConfiguration(s.Context(), &machine.ApplyConfigurationRequest{Data: text})
	return err
}

func (s site) kubernetes() *kubernetes.Clientset {
	text, err := s.node.Kubeconfig()
	check(s.T, err)
	rest, err := clientcmd.RESTConfigFromKubeConfig(text)
	check(s.T, err)
	c, err := kubernetes.NewForConfig(rest)
	check(s.T, err)
	return c
}

func installer(schematic, version string) string {
	return "factory.talos.dev/nocloud-installer/" + schematic + ":" + version
}

func TestVersionTellsANodeInMaintenanceFromOneThatIsConfigured(t *testing.T) {
	s := in(t, "v1.12.11")
	if out := s.must("version", "--insecure", "--short"); !strings.Contains(out, "Tag:         v1.12.11") {
		t.Errorf("insecure: %s", out)
	}
	if out, err := s.run("version"); err == nil {
		t.Errorf("with certificates that the node does not know: %s", out)
	}
	check(t, s.apply(s.configuration))
	if out := s.must("version"); !strings.Contains(out, "Tag:         v1.12.11") {
		t.Errorf("configured: %s", out)
	}
	if out, err := s.run("version", "--insecure"); err == nil {
		t.Errorf("insecure, once configured: %s", out)
	}
}

func TestANodeRefusesTheConfigurationOfANewerTalos(t *testing.T) {
	s := in(t, "v1.11.6")
	newer := in(t, "v1.12.11")
	if err := s.apply(newer.configuration); err == nil || !strings.Contains(err.Error(), "unknown keys found during decoding") {
		t.Errorf("got %v", err)
	}
	check(t, newer.apply(newer.configuration))
}

func TestUpgrade(t *testing.T) {
	s := in(t, "v1.12.11")
	check(t, s.apply(s.configuration))
	s.must("bootstrap")
	s.must("health", "--wait-timeout", "60s")
	_, err := s.kubernetes().CoreV1().Namespaces().Create(t.Context(), namespace("kept"), metav1.CreateOptions{})
	check(t, err)

	t.Run("to the next minor keeps the configuration and etcd's data", func(t *testing.T) {
		s.must("upgrade", "--image", installer(schematics[0], "v1.13.9"), "--timeout", "30s")
		if state := s.node.State(); state.Version != "v1.13.9" || state.Stage != node.Bootstrapped {
			t.Errorf("%+v", state.System)
		}
		s.must("health", "--wait-timeout", "60s")
		_, err := s.kubernetes().CoreV1().Namespaces().Get(t.Context(), "kept", metav1.GetOptions{})
		check(t, err)
	})
	t.Run("of the schematic alone", func(t *testing.T) {
		s.must("upgrade", "--image", installer(schematics[1], "v1.13.9"), "--timeout", "30s")
		if state := s.node.State(); state.Schematic != schematics[1] {
			t.Errorf("%+v", state.System)
		}
	})
	t.Run("that the installer refuses or fails leaves the node as it is", func(t *testing.T) {
		if _, err := s.run("upgrade", "--image", "ghcr.io/siderolabs/talos:latest"); err == nil || !strings.Contains(err.Error(), "no installer image") {
			t.Errorf("got %v", err)
		}
		check(t, s.node.SetFaults([]*node.Rule{{Method: "install", Message: "no space left on device"}}))
		if _, err := s.run("upgrade", "--image", installer(schematics[1], "v1.14.1")); err == nil || !strings.Contains(err.Error(), "no space left on device") {
			t.Errorf("got %v", err)
		}
		if state := s.node.State(); state.Version != "v1.13.9" {
			t.Errorf("%+v", state.System)
		}
		check(t, s.node.SetFaults(nil))
	})
	t.Run("after which the node does not come back is given up", func(t *testing.T) {
		check(t, s.node.SetFaults([]*node.Rule{{Method: "boot", DelayMilliseconds: 3000, Times: 1}}))
		if _, err := s.run("upgrade", "--image", installer(schematics[1], "v1.14.1"), "--timeout", "1s"); err == nil {
			t.Error("it was not")
		}
		check(t, eventually(t.Context(), 20*time.Second, func(context.Context) error { _, err := s.run("version"); return err }))
		if state := s.node.State(); state.Version != "v1.14.1" {
			t.Errorf("%+v", state.System)
		}
		check(t, s.node.SetFaults(nil))
	})
	t.Run("of Kubernetes names its images in the configuration", func(t *testing.T) {
		s.must("health", "--wait-timeout", "60s")
		s.must("upgrade-k8s", "--to", "1.35.4", "--timeout", "30s")
	})
	t.Run("is undone by nothing but a snapshot", func(t *testing.T) {
		file := filepath.Join(s.directory, "etcd.snapshot")
		s.must("etcd", "snapshot", file)
		if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
			t.Fatalf("%v %v", info, err)
		}
		check(t, s.node.Wipe())
		check(t, s.apply(s.configuration))
		if _, err := s.run("bootstrap", "--recover-from", filepath.Join(s.directory, "nothing")); err == nil {
			t.Error("a file that isn't there was recovered from")
		}
		s.must("bootstrap", "--recover-from", file)
		s.must("health", "--wait-timeout", "60s")
		_, err := s.kubernetes().CoreV1().Namespaces().Get(t.Context(), "kept", metav1.GetOptions{})
		check(t, err)

		s.must("reset", "--graceful=false", "--reboot", "--system-labels-to-wipe=EPHEMERAL", "--timeout", "30s")
		if state := s.node.State(); state.Stage != node.Configured {
			t.Fatalf("without the partition of etcd: %+v", state)
		}
		s.must("bootstrap", "--recover-from", file)
		s.must("health", "--wait-timeout", "60s")
		_, err = s.kubernetes().CoreV1().Namespaces().Get(t.Context(), "kept", metav1.GetOptions{})
		check(t, err)
	})
	if out := s.must("get", "extensions", "-o", "yaml"); !strings.Contains(out, "version: "+schematics[1]) {
		t.Errorf("the schematic is not among the extensions: %s", out)
	}
	s.must("reset", "--graceful=false", "--reboot", "--timeout", "30s")
	s.must("version", "--insecure")
}

func namespace(name string) *corev1.Namespace {
	return &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name}}
}

const gateways = "gateways.gateway.networking.k8s.io"

// withManifests names manifests in the configuration.
func withManifests(text []byte, patch string) []byte {
	patches, err := configpatcher.LoadPatches([]string{patch})
	if err != nil {
		panic(err)
	}
	patched, err := configpatcher.Apply(configpatcher.WithBytes(text), patches)
	if err != nil {
		panic(err)
	}
	content, err := patched.Bytes()
	if err != nil {
		panic(err)
	}
	return content
}

// bundleOf is the release of the Gateway API that a definition is from.
func (s site) bundleOf(name string) string {
	text, err := s.node.Kubeconfig()
	check(s.T, err)
	rest, err := clientcmd.RESTConfigFromKubeConfig(text)
	check(s.T, err)
	c, err := dynamic.NewForConfig(rest)
	check(s.T, err)
	found, err := c.Resource(schema.GroupVersionResource{Group: "apiextensions.k8s.io", Version: "v1", Resource: "customresourcedefinitions"}).
		Get(s.Context(), name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "gone"
	}
	check(s.T, err)
	return found.GetAnnotations()["gateway.networking.k8s.io/bundle-version"]
}

func TestUpgradeOfKubernetesUpdatesManifestsAndPrunesThemFromTalos113On(t *testing.T) {
	const release = "https://github.com/kubernetes-sigs/gateway-api/releases/download/"
	bundle := func(version string) string {
		return "cluster: {extraManifests: [" + release + version + "/standard-install.yaml]}"
	}
	for version, afterRemoval := range map[string]string{"v1.12.11": "v1.4.1", "v1.13.9": "gone"} {
		t.Run(version, func(t *testing.T) {
			s := in(t, version)
			check(t, s.apply(withManifests(s.configuration, bundle("v1.3.0"))))
			s.must("bootstrap")
			s.must("health", "--wait-timeout", "60s")
			is := func(what, want string) {
				t.Helper()
				check(t, eventually(t.Context(), 30*time.Second, func(context.Context) error {
					if got := s.bundleOf(gateways); got != want {
						return fmt.Errorf("%s: the definition is %s, want %s", what, got, want)
					}
					return nil
				}))
			}
			is("at bootstrap", "v1.3.0")

			change := func(text []byte) {
				check(t, s.admin(func(ctx context.Context, c *client.Client) error {
					_, err := c.ApplyConfiguration(ctx, &machine.ApplyConfigurationRequest{Data: text})
					return err
				}))
			}
			change(withManifests(s.configuration, bundle("v1.4.1")))
			check(t, eventually(t.Context(), 30*time.Second, func(context.Context) error {
				if got := s.bundleOf("backendtlspolicies.gateway.networking.k8s.io"); got != "v1.4.1" {
					return fmt.Errorf("a new definition is %s", got)
				}
				return nil
			}))
			is("with another configuration, which updates nothing", "v1.3.0")
			s.must("upgrade-k8s", "--to", "1.34.1", "--timeout", "30s")
			is("upgraded", "v1.4.1")

			change(s.configuration)
			s.must("upgrade-k8s", "--to", "1.34.1", "--timeout", "30s")
			is("removed from the configuration and upgraded", afterRemoval)
		})
	}
}

// admin calls the node as its administrator.
func (s site) admin(do func(context.Context, *client.Client) error) error {
	g := &globals{talosconfig: filepath.Join(s.directory, "talosconfig"), nodes: []string{s.address()}}
	return g.onOne(s.Context(), do)
}
