package node

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/client"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	machinetype "github.com/siderolabs/talos/pkg/machinery/config/machine"
	"go.yaml.in/yaml/v4"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// cluster is a generated configuration and the way to a node that has it.
type cluster struct {
	configuration []byte
	talosConfig   *clientconfig.Config
}

// shared are the secrets of most tests: making an RSA key of 4096 bits takes its time.
var shared = sync.OnceValues(func() (*secrets.Bundle, error) {
	return secrets.NewBundle(secrets.NewFixedClock(time.Now()), config.TalosVersionCurrent)
})

// generated makes a control plane configuration with the given patches.
func generated(t *testing.T, patches ...string) cluster {
	t.Helper()
	bundle, err := shared()
	must(t, err)
	return generatedWith(t, bundle, patches...)
}

func generatedWith(t *testing.T, bundle *secrets.Bundle, patches ...string) cluster {
	t.Helper()
	input, err := generate.NewInput("lab", "https://10.0.0.1:6443", "1.35.4", generate.WithSecretsBundle(bundle),
		generate.WithInstallDisk("/dev/sda"), generate.WithInstallImage("factory.talos.dev/nocloud-installer/x:v1.13.9"))
	must(t, err)
	provider, err := input.Config(machinetype.TypeControlPlane)
	must(t, err)
	loaded, err := configpatcher.LoadPatches(patches)
	must(t, err)
	patched, err := configpatcher.Apply(configpatcher.WithConfig(provider), loaded)
	must(t, err)
	text, err := patched.Bytes()
	must(t, err)
	talosConfig, err := input.Talosconfig()
	must(t, err)
	return cluster{text, talosConfig}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func started(t *testing.T, change ...func(*Options)) *Node {
	t.Helper()
	options := Options{Talos: "127.0.0.1:0", Kubernetes: "127.0.0.1:0", Disk: "/dev/sda"}
	for _, c := range change {
		c(&options)
	}
	n, err := Start(options)
	must(t, err)
	t.Cleanup(n.Close)
	return n
}

// insecure is a client without a certificate, as anybody has before the first configuration.
func insecure(t *testing.T, n *Node) *client.Client {
	return connected(t, n, client.WithTLSConfig(&tls.Config{InsecureSkipVerify: true}))
}

func (c cluster) admin(t *testing.T, n *Node) *client.Client {
	return connected(t, n, client.WithConfig(c.talosConfig))
}

func connected(t *testing.T, n *Node, identity client.OptionFunc) *client.Client {
	t.Helper()
	c, err := client.New(t.Context(), client.WithEndpoints(n.TalosAddress()), identity)
	must(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func apply(t *testing.T, c *client.Client, configuration []byte) error {
	t.Helper()
	_, err := c.ApplyConfiguration(t.Context(), &machine.ApplyConfigurationRequest{Data: configuration, Mode: machine.ApplyConfigurationRequest_AUTO})
	return err
}

// bootstrapped is a node that has been configured and bootstrapped.
func bootstrapped(t *testing.T, patches ...string) (*Node, cluster) {
	t.Helper()
	n, c := started(t), generated(t, patches...)
	must(t, apply(t, insecure(t, n), c.configuration))
	must(t, c.admin(t, n).Bootstrap(t.Context(), &machine.BootstrapRequest{}))
	return n, c
}

func expectCode(t *testing.T, err error, want codes.Code) {
	t.Helper()
	if got := status.Code(err); got != want {
		t.Errorf("got %v (%v), want %v", got, err, want)
	}
}

func TestMaintenanceModeTakesAConfigurationFromAnybodyAndNothingElse(t *testing.T) {
	n := started(t)
	anybody := insecure(t, n)
	_, err := anybody.Disks(t.Context())
	expectCode(t, err, codes.OK)
	expectCode(t, anybody.Bootstrap(t.Context(), &machine.BootstrapRequest{}), codes.Unimplemented)
	_, err = anybody.Kubeconfig(t.Context())
	expectCode(t, err, codes.Unimplemented)
	expectCode(t, apply(t, anybody, generated(t).configuration), codes.OK)
}

func TestAConfiguredNodeKnowsOnlyItsOwnAdministrators(t *testing.T) {
	foreign, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), config.TalosVersionCurrent)
	must(t, err)
	n, ours, others := started(t), generated(t), generatedWith(t, foreign)
	early := insecure(t, n)
	must(t, apply(t, early, ours.configuration))

	_, err = ours.admin(t, n).Disks(t.Context())
	expectCode(t, err, codes.OK)
	_, err = insecure(t, n).Disks(t.Context())
	expectCode(t, err, codes.Unavailable)
	_, err = others.admin(t, n).Disks(t.Context())
	expectCode(t, err, codes.Unavailable)
	// A connection from before the configuration is no way around it.
	_, err = early.Disks(t.Context())
	expectCode(t, err, codes.Unauthenticated)
}

func TestConfigurationsThatTalosRefuses(t *testing.T) {
	good := string(generated(t).configuration)
	for name, test := range map[string]struct{ configuration, message string }{
		"a key that Talos doesn't know": {
			strings.Replace(good, "\n    network:\n        dnsDomain", "\n    network:\n        proxy:\n            disabled: true\n        dnsDomain", 1),
			"unknown keys found during decoding:"},
		"a Kubernetes version that is too new": {
			strings.ReplaceAll(good, "v1.35.4", "v1.99.0"), "too new to be used with Talos"},
		"no installation disk": {
			strings.Replace(good, "disk: /dev/sda", "disk: \"\"", 1), "install"},
		"not a configuration": {"hello", "expected a YAML document"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.configuration == good {
				t.Fatal("the configuration was not changed")
			}
			n := started(t)
			err := apply(t, insecure(t, n), []byte(test.configuration))
			expectCode(t, err, codes.InvalidArgument)
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %v, want %q in it", err, test.message)
			}
			if state := n.State(); state.Stage != Maintenance || len(state.Applied) != 0 {
				t.Errorf("the node took it over: %+v", state)
			}
		})
	}
}

func TestAMissingInstallDiskLeavesTheNodeInMaintenance(t *testing.T) {
	n, c := started(t, func(o *Options) { o.Disk = "/dev/vda" }), generated(t)
	must(t, apply(t, insecure(t, n), c.configuration))
	if got := n.State().Stage; got != Maintenance {
		t.Errorf("stage %s, want %s", got, Maintenance)
	}
	expectCode(t, insecure(t, n).Bootstrap(t.Context(), &machine.BootstrapRequest{}), codes.Unimplemented)
}

func TestAnotherValidatorMayRefuse(t *testing.T) {
	script := filepath.Join(t.TempDir(), "validator")
	must(t, os.WriteFile(script, []byte("#!/bin/sh\ngrep -q nothing-has-this || { echo \"not on $2\"; exit 1; }\n"), 0o755))
	n := started(t, func(o *Options) { o.Validator = script })
	err := apply(t, insecure(t, n), generated(t).configuration)
	expectCode(t, err, codes.InvalidArgument)
	if err == nil || !strings.Contains(err.Error(), "not on /dev/sda") {
		t.Errorf("got %v, want the validator's words", err)
	}
}

func TestApplyingAgainUpdates(t *testing.T) {
	n, c := bootstrapped(t)
	patches, err := configpatcher.LoadPatches([]string{"cluster: {allowSchedulingOnControlPlanes: true}"})
	must(t, err)
	changed, err := configpatcher.Apply(configpatcher.WithBytes(c.configuration), patches)
	must(t, err)
	text, err := changed.Bytes()
	must(t, err)
	if got := len(n.taints()); got != 1 {
		t.Fatalf("%d taints before, want the control plane's", got)
	}
	must(t, apply(t, c.admin(t, n), text))
	if got := len(n.taints()); got != 0 {
		t.Errorf("%d taints after scheduling was allowed, want none", got)
	}
	if state := n.State(); state.Stage != Bootstrapped || len(state.Applied) != 2 {
		t.Errorf("stage %s with %d configurations", state.Stage, len(state.Applied))
	}
}

func (n *Node) taints() []any {
	return n.State().Node["spec"].(map[string]any)["taints"].([]any)
}

func TestADryRunChangesNothing(t *testing.T) {
	n := started(t)
	answer, err := insecure(t, n).ApplyConfiguration(t.Context(), &machine.ApplyConfigurationRequest{Data: generated(t).configuration, DryRun: true})
	must(t, err)
	if got := answer.Messages[0].Mode; got != machine.ApplyConfigurationRequest_REBOOT {
		t.Errorf("mode %v, want a reboot: the node installs itself", got)
	}
	if got := n.State().Stage; got != Maintenance {
		t.Errorf("stage %s, want %s", got, Maintenance)
	}
}

func TestBootstrapHappensOnce(t *testing.T) {
	n, c := bootstrapped(t)
	expectCode(t, c.admin(t, n).Bootstrap(t.Context(), &machine.BootstrapRequest{}), codes.AlreadyExists)
	if got := n.State().Bootstraps; got != 1 {
		t.Errorf("%d bootstraps, want 1", got)
	}
}

func TestResetWipes(t *testing.T) {
	n, c := bootstrapped(t)
	must(t, c.admin(t, n).ResetGeneric(t.Context(), &machine.ResetRequest{}))
	if state := n.State(); state.Stage != Maintenance || state.Kubernetes || len(state.Applied) != 0 {
		t.Errorf("after the reset: %+v", state)
	}
	must(t, apply(t, insecure(t, n), generated(t).configuration))
}

func TestTheDecodedConfigurationCanBeInspected(t *testing.T) {
	n := started(t)
	must(t, apply(t, insecure(t, n), generated(t, "cluster: {network: {cni: {name: none}}}").configuration))
	applied := n.State().Applied[0]
	cni := applied.Documents[0]["cluster"].(map[string]any)["network"].(map[string]any)["cni"].(map[string]any)
	if applied.Mode != "AUTO" || cni["name"] != "none" {
		t.Errorf("mode %s, cni %v", applied.Mode, cni)
	}
}

// kubectl is a client with the credentials of the node's kubeconfig.
func kubectl(t *testing.T, n *Node, c cluster) (server string, admin *http.Client) {
	t.Helper()
	text, err := c.admin(t, n).Kubeconfig(t.Context())
	must(t, err)
	var file struct {
		Clusters []struct {
			Cluster map[string]string
		}
		Users []struct {
			User map[string]string
		}
	}
	must(t, yaml.Unmarshal(text, &file))
	decode := func(text string) []byte {
		pem, err := base64.StdEncoding.DecodeString(text)
		must(t, err)
		return pem
	}
	user, where := file.Users[0].User, file.Clusters[0].Cluster
	identity, err := tls.X509KeyPair(decode(user["client-certificate-data"]), decode(user["client-key-data"]))
	must(t, err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(decode(where["certificate-authority-data"]))
	return where["server"], httpsClient(t, &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{identity}})
}

func httpsClient(t *testing.T, config *tls.Config) *http.Client {
	transport := &http.Transport{TLSClientConfig: config}
	t.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport, Timeout: 10 * time.Second}
}

func request(t *testing.T, c *http.Client, method, url, contentType, body string) (int, string) {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	must(t, err)
	r.Header.Set("Content-Type", contentType)
	reply, err := c.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer reply.Body.Close() //nolint:errcheck
	text, err := io.ReadAll(reply.Body)
	must(t, err)
	return reply.StatusCode, string(text)
}

func TestTheKubernetesAPIListensAfterBootstrap(t *testing.T) {
	// Not 127.0.0.1, so that the certificates have to name the address.
	n, c := started(t, func(o *Options) { o.Talos, o.Kubernetes = "127.0.0.7:0", "127.0.0.7:0" }), generated(t)
	must(t, apply(t, insecure(t, n), c.configuration))
	server, admin := kubectl(t, n, c)
	if status, text := request(t, admin, "GET", server+"/readyz", "", ""); status != 0 || !strings.Contains(text, "refused") {
		t.Errorf("before: %d %s, want a refused connection", status, text)
	}
	must(t, c.admin(t, n).Bootstrap(t.Context(), &machine.BootstrapRequest{}))
	if status, text := request(t, admin, "GET", server+"/readyz", "", ""); status != 200 || text != "ok" {
		t.Errorf("after: %d %s", status, text)
	}
}

func TestOnlyTheAdministratorUsesTheKubernetesAPI(t *testing.T) {
	n, _ := bootstrapped(t)
	anybody := httpsClient(t, &tls.Config{InsecureSkipVerify: true})
	if status, _ := request(t, anybody, "GET", "https://"+n.KubernetesAddress()+"/readyz", "", ""); status != 401 {
		t.Errorf("status %d, want 401", status)
	}
}

func TestPatchesRemoveTheTaint(t *testing.T) {
	for contentType, patch := range map[string]string{
		"application/strategic-merge-patch+json": `{"spec":{"taints":null}}`,
		"application/merge-patch+json":           `{"spec":{"taints":[]}}`,
		"application/json-patch+json":            `[{"op":"remove","path":"/spec/taints"}]`,
	} {
		t.Run(contentType, func(t *testing.T) {
			n, c := bootstrapped(t, "cluster: {network: {cni: {name: none}}}")
			name := n.State().Node["metadata"].(map[string]any)["name"].(string)
			server, admin := kubectl(t, n, c)
			if len(n.taints()) != 1 {
				t.Fatal("the node has no taint to remove")
			}
			if status, text := request(t, admin, "PATCH", server+nodesPath+"/"+name, contentType, patch); status != 200 {
				t.Fatalf("%d %s", status, text)
			}
			if taints, _ := n.State().Node["spec"].(map[string]any)["taints"].([]any); len(taints) != 0 {
				t.Errorf("taints %v are left", taints)
			}
		})
	}
}

func TestANodeWithoutNetworkPluginIsNotReady(t *testing.T) {
	for cni, want := range map[string]string{"none": "False", "flannel": "True"} {
		n, _ := bootstrapped(t, "cluster: {network: {cni: {name: "+cni+"}}}")
		conditions := n.State().Node["status"].(map[string]any)["conditions"].([]any)
		if got := conditions[0].(map[string]any)["status"]; got != want {
			t.Errorf("cni %s: Ready is %s, want %s", cni, got, want)
		}
	}
}

func TestFaultsCountCalls(t *testing.T) {
	n := started(t)
	must(t, n.SetFaults([]*Rule{{Method: "Disks", After: 1, Times: 2, Code: "Unavailable", Message: "not now"}}))
	c := insecure(t, n)
	for call, want := range []codes.Code{codes.OK, codes.Unavailable, codes.Unavailable, codes.OK} {
		_, err := c.Disks(t.Context())
		if got := status.Code(err); got != want {
			t.Errorf("call %d: %v, want %v", call+1, got, want)
		}
	}
}

func TestAFaultCutsTheConnection(t *testing.T) {
	n := started(t)
	must(t, n.SetFaults([]*Rule{{Method: "ApplyConfiguration", Drop: true, Times: 1}}))
	err := apply(t, insecure(t, n), generated(t).configuration)
	expectCode(t, err, codes.Unavailable)
	if err != nil && strings.Contains(err.Error(), "connection dropped") {
		t.Errorf("the node answered: %v", err)
	}
	expectCode(t, apply(t, insecure(t, n), generated(t).configuration), codes.OK)
}

func TestAFaultDelays(t *testing.T) {
	n := started(t)
	must(t, n.SetFaults([]*Rule{{Method: "Disks", DelayMilliseconds: 60_000}}))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	_, err := insecure(t, n).Disks(ctx)
	expectCode(t, err, codes.DeadlineExceeded)
}

func TestFaultsOfTheKubernetesAPI(t *testing.T) {
	n, c := bootstrapped(t)
	server, admin := kubectl(t, n, c)
	must(t, n.SetFaults([]*Rule{{Method: "GET /readyz", Status: 500, Message: "etcd failed"}}))
	if status, text := request(t, admin, "GET", server+"/readyz", "", ""); status != 500 || !strings.Contains(text, "etcd failed") {
		t.Errorf("%d %s", status, text)
	}
	must(t, n.SetFaults([]*Rule{{Method: "listen"}}))
	if status, text := request(t, admin, "GET", server+"/readyz", "", ""); status != 0 {
		t.Errorf("%d %s, want no answer", status, text)
	}
	must(t, n.SetFaults(nil))
	if status, text := request(t, admin, "GET", server+"/readyz", "", ""); status != 200 {
		t.Errorf("%d %s", status, text)
	}
}

func TestControl(t *testing.T) {
	n := started(t)
	server := httptest.NewServer(n.Control())
	defer server.Close()
	for _, body := range []string{`[{"method":"Disks","cods":"OK"}]`, `[{"method":"Disks","code":"Nonsense"}]`, `[{}]`} {
		if status, text := request(t, server.Client(), "PUT", server.URL+"/faults", "", body); status != 400 {
			t.Errorf("%s: %d %s, want 400", body, status, text)
		}
	}
	if status, text := request(t, server.Client(), "PUT", server.URL+"/faults", "", `[{"method":"Disks","code":"Internal"}]`); status != 200 {
		t.Fatalf("%d %s", status, text)
	}
	_, err := insecure(t, n).Disks(t.Context())
	expectCode(t, err, codes.Internal)
	must(t, apply(t, insecure(t, n), generated(t).configuration))
	_, text := request(t, server.Client(), "GET", server.URL+"/state", "", "")
	var state State
	must(t, json.NewDecoder(bytes.NewBufferString(text)).Decode(&state))
	if len(state.Calls) != 2 || state.Calls[0].Code != "Internal" || state.Calls[1].Method != "ApplyConfiguration" || state.Stage != Configured {
		t.Errorf("got %+v", state)
	}
	if status, _ := request(t, server.Client(), "POST", server.URL+"/wipe", "", ""); status != 200 || n.State().Stage != Maintenance {
		t.Errorf("wipe: %d, stage %s", status, n.State().Stage)
	}
}
