package node

import (
	"bytes"
	"context"
	"crypto/tls"
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
	return generatedFor(t, machinetype.TypeControlPlane, "https://10.0.0.1:6443", bundle, patches...)
}

// generatedFor makes the configuration of a machine of a cluster at an endpoint.
func generatedFor(t *testing.T, kind machinetype.Type, endpoint string, bundle *secrets.Bundle, patches ...string) cluster {
	t.Helper()
	input, err := generate.NewInput("lab", endpoint, "1.35.4", generate.WithSecretsBundle(bundle),
		generate.WithInstallDisk("/dev/sda"), generate.WithInstallImage("factory.talos.dev/nocloud-installer/x:v1.13.9"))
	must(t, err)
	provider, err := input.Config(kind)
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
	options := Options{Talos: "127.0.0.1:0", Kubernetes: "127.0.0.1:0", Disk: "/dev/sda", System: System{Version: "v1.13.9"}}
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
	script := filepath.Join(t.TempDir(), "talos-validate-1.13")
	must(t, os.WriteFile(script, []byte("#!/bin/sh\ngrep -q nothing-has-this || { echo \"not on $2\"; exit 1; }\n"), 0o755))
	n := started(t, func(o *Options) { o.Validators = filepath.Dir(script) })
	err := apply(t, insecure(t, n), generated(t).configuration)
	expectCode(t, err, codes.InvalidArgument)
	if err == nil || !strings.Contains(err.Error(), "not on /dev/sda") {
		t.Errorf("got %v, want the validator's words", err)
	}
}

func TestApplyingAgainUpdates(t *testing.T) {
	n, c := bootstrapped(t)
	must(t, apply(t, c.admin(t, n), generated(t, "machine: {sysctls: {vm.max_map_count: '262144'}}").configuration))
	if state := n.State(); state.Stage != Bootstrapped || len(state.Applied) != 2 {
		t.Errorf("stage %s with %d configurations", state.Stage, len(state.Applied))
	}
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
