package standin

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
	clientconfig "github.com/siderolabs/talos/pkg/machinery/client/config"

	"lab/internal/node"
	"validate/check"
)

// made are the secrets of most tests: an RSA key of 4096 bits takes its time.
var made tftypes.Value

func secretsOf(tf *terraform) tftypes.Value {
	if made.Type() == nil {
		made = tf.apply("talos_machine_secrets", object{"talos_version": "v1.13.9"})
	}
	return made
}

// controlPlane is the configuration of a control plane with the secrets of the given state.
func controlPlane(t *testing.T, secrets tftypes.Value, patches ...any) object {
	t.Helper()
	return object{
		"cluster_name": "lab", "cluster_endpoint": "https://10.0.0.1:6443", "machine_type": "controlplane",
		"machine_secrets": part(t, secrets, "machine_secrets"), "talos_version": "v1.13.9", "kubernetes_version": "v1.35.4",
		"config_patches": append([]any{"machine: {install: {disk: /dev/sda, image: factory.talos.dev/nocloud-installer/x:v1.13.9}}"}, patches...),
	}
}

func TestMachineConfigurationIsGeneratedAndPatched(t *testing.T) {
	tf := serving(t, "talos", object{})
	secrets := secretsOf(tf)
	state, problems := tf.data("talos_machine_configuration", controlPlane(t, secrets, "cluster: {network: {cni: {name: none}}, proxy: {disabled: true}}"))
	expect(t, "the errors", problems, "")
	configuration, err := check.Configuration([]byte(attribute(t, state, "machine_configuration")), "/dev/sda")
	must(t, err)
	cluster := configuration.Cluster()
	expect(t, "the CNI", cluster.Network().CNI().Name(), "none")
	expect(t, "the endpoint", cluster.Endpoint().String(), "https://10.0.0.1:6443")
	expect(t, "the cluster's id", cluster.ID(), attribute(t, secrets, "machine_secrets", "cluster", "id"))
	expect(t, "the machine's CA", encode(configuration.Machine().Security().IssuingCA().Key), attribute(t, secrets, "machine_secrets", "certs", "os", "key"))
	expect(t, "the kubelet", configuration.Machine().Kubelet().Image(), "ghcr.io/siderolabs/kubelet:v1.35.4")
	if cluster.Proxy().Enabled() {
		t.Error("kube-proxy is on")
	}
}

func TestMachineConfigurationRefusals(t *testing.T) {
	tf := serving(t, "talos", object{})
	secrets := secretsOf(tf)
	with := func(key string, value any) object {
		configuration := controlPlane(t, secrets)
		configuration[key] = value
		return configuration
	}
	for name, test := range map[string]struct {
		configuration object
		message       string
	}{
		"an unknown key":        {controlPlane(t, secrets, "cluster: {network: {proxy: {disabled: true}}}"), "unknown keys found during decoding:\ncluster:\n    network:\n        proxy:"},
		"an unknown kind":       {controlPlane(t, secrets, "apiVersion: v1alpha1\nkind: NoSuchConfig\n"), "not registered"},
		"an endpoint over http": {with("cluster_endpoint", "http://10.0.0.1:6443"), "cluster_endpoint is invalid"},
		"a machine type":        {with("machine_type", "master"), "machine_type"},
		"a version":             {with("talos_version", "newest"), "Invalid version"},
	} {
		t.Run(name, func(t *testing.T) {
			_, problems := tf.data("talos_machine_configuration", test.configuration)
			expectContains(t, problems, test.message)
		})
	}
}

func TestUnknownPatchesAreNotJudged(t *testing.T) {
	tf := serving(t, "talos", object{})
	secrets := secretsOf(tf)
	expect(t, "the errors", tf.validateData("talos_machine_configuration", controlPlane(t, secrets, unknown)), "")
}

func TestSecretsStayWhenTheVersionChanges(t *testing.T) {
	tf := serving(t, "talos", object{})
	state := tf.apply("talos_machine_secrets", object{"talos_version": "v1.12.0"})
	if tf.plan("talos_machine_secrets", state, object{"talos_version": "v1.12.0"}).changes() {
		t.Error("nothing changed, and it is planned to change")
	}
	updated := tf.update("talos_machine_secrets", state, object{"talos_version": "v1.13.9"})
	expect(t, "the version", attribute(t, updated, "talos_version"), "v1.13.9")
	expect(t, "the cluster's id", attribute(t, updated, "machine_secrets", "cluster", "id"), attribute(t, state, "machine_secrets", "cluster", "id"))
}

func TestALowerVersionReplacesTheSecrets(t *testing.T) {
	tf := serving(t, "talos", object{})
	state := secretsOf(tf)
	for version, replaced := range map[string]bool{"v1.13.8": true, "v1.13": true, "1.12.4": true, "1.13.9": false, "v1.13.10": false} {
		p := tf.plan("talos_machine_secrets", state, object{"talos_version": version})
		if got := len(p.replace) > 0; got != replaced {
			t.Errorf("from v1.13.9 to %s: replaced is %v, want %v", version, got, replaced)
		}
	}
}

func TestTalosconfig(t *testing.T) {
	tf := serving(t, "talos", object{})
	secrets := secretsOf(tf)
	state, problems := tf.data("talos_client_configuration", object{"cluster_name": "lab", "nodes": []any{"10.0.0.1"},
		"endpoints": []any{"10.0.0.2"}, "client_configuration": part(t, secrets, "client_configuration")})
	expect(t, "the errors", problems, "")
	config, err := clientconfig.FromString(attribute(t, state, "talos_config"))
	must(t, err)
	context := config.Contexts["lab"]
	expect(t, "the nodes and endpoints", strings.Join(append(context.Nodes, context.Endpoints...), " "), "10.0.0.1 10.0.0.2")
	expect(t, "the CA", context.CA, attribute(t, secrets, "client_configuration", "ca_certificate"))
}

// site is a stand-in, a node and what both need to come together.
type site struct {
	*terraform
	node                   *node.Node
	secrets, configuration tftypes.Value
}

func newSite(t *testing.T) *site {
	t.Helper()
	simulated, err := node.Start(node.Options{Talos: "127.0.0.1:0", Kubernetes: "127.0.0.1:0", Disk: "/dev/sda", System: node.System{Version: "v1.13.9"}})
	must(t, err)
	t.Cleanup(simulated.Close)
	s := &site{terraform: serving(t, "talos", object{}), node: simulated}
	s.secrets = secretsOf(s.terraform)
	configuration, problems := s.data("talos_machine_configuration", controlPlane(t, s.secrets))
	expect(t, "the errors", problems, "")
	s.configuration = part(t, configuration, "machine_configuration")
	return s
}

// with is the way to the node, and more attributes.
func (s *site) with(more object) object {
	configuration := object{"node": "127.0.0.1", "endpoint": s.node.TalosAddress(),
		"client_configuration": part(s.t, s.secrets, "client_configuration")}
	for key, value := range more {
		configuration[key] = value
	}
	return configuration
}

func (s *site) faults(rules ...*node.Rule) {
	s.t.Helper()
	must(s.t, s.node.SetFaults(rules))
}

const apply, bootstrap, kubeconfig = "talos_machine_configuration_apply", "talos_machine_bootstrap", "talos_cluster_kubeconfig"

func TestANodeBecomesACluster(t *testing.T) {
	s := newSite(t)
	applied := s.apply(apply, s.with(object{"machine_configuration_input": s.configuration}))
	expect(t, "apply_mode", attribute(t, applied, "resolved_apply_mode"), "auto")
	bootstrapped := s.apply(bootstrap, s.with(nil))
	state := s.apply(kubeconfig, s.with(nil))
	expect(t, "the host", attribute(t, state, "kubernetes_client_configuration", "host"), "https://"+s.node.KubernetesAddress())
	expect(t, "the CA", attribute(t, state, "kubernetes_client_configuration", "ca_certificate"), attribute(t, s.secrets, "machine_secrets", "certs", "k8s", "cert"))
	expectContains(t, attribute(t, state, "kubeconfig_raw"), "current-context: admin@lab")

	for name, prior := range map[string]tftypes.Value{bootstrap: bootstrapped, kubeconfig: state} {
		if s.plan(name, prior, s.with(nil)).changes() {
			t.Errorf("nothing changed, and %s is planned to change", name)
		}
	}
	if s.plan(apply, applied, s.with(object{"machine_configuration_input": s.configuration})).changes() {
		t.Errorf("nothing changed, and %s is planned to change", apply)
	}
	s.update(apply, applied, s.with(object{"machine_configuration_input": s.configuration,
		"config_patches": []any{"machine: {sysctls: {vm.max_map_count: \"1\"}}"}}))
	for _, call := range s.node.State().Calls[2:] {
		if !call.Authenticated || call.Node != "127.0.0.1" {
			t.Errorf("%+v came without certificate or node", call)
		}
	}
	if got := len(s.node.State().Applied); got != 2 {
		t.Errorf("%d configurations were applied, want 2", got)
	}
}

func TestTheEndpointIsTheNodeByDefault(t *testing.T) {
	s := newSite(t)
	configuration := s.with(nil)
	delete(configuration, "endpoint")
	p := s.plan(bootstrap, tftypes.Value{}, configuration)
	expect(t, "the endpoint", attribute(t, p.planned, "endpoint"), "127.0.0.1")
}

func TestARefusedConfigurationIsNotRetried(t *testing.T) {
	s := newSite(t)
	s.faults(&node.Rule{Method: "ApplyConfiguration", Code: "InvalidArgument", Message: "no such disk"})
	_, problems := s.carryOut(apply, s.plan(apply, tftypes.Value{}, s.with(object{"machine_configuration_input": s.configuration,
		"timeouts": object{"create": "2s"}})))
	expectContains(t, problems, "no such disk")
	if got := len(s.node.State().Calls); got != 2 {
		t.Errorf("%d calls, want a probe and one attempt", got)
	}
}

func TestOtherFailuresAreRetriedUntilTheTimeout(t *testing.T) {
	s := newSite(t)
	s.faults(&node.Rule{Method: "ApplyConfiguration", Code: "Unavailable", Message: "not yet", Times: 1})
	s.apply(apply, s.with(object{"machine_configuration_input": s.configuration}))
	s.faults(&node.Rule{Method: "Bootstrap", Code: "AlreadyExists", Message: "etcd data directory is not empty"})
	_, problems := s.carryOut(bootstrap, s.plan(bootstrap, tftypes.Value{}, s.with(object{"timeouts": object{"create": "1s"}})))
	expectContains(t, problems, "etcd data directory is not empty")
	attempts := 0
	for _, call := range s.node.State().Calls {
		if call.Method == "Bootstrap" {
			attempts++
		}
	}
	if attempts < 2 {
		t.Errorf("%d attempts, want several", attempts)
	}
}

// The time is over with the call still under way; which of its two clocks the provider's loop hears first is chance.
func TestACallThatHangsIsGivenUp(t *testing.T) {
	s := newSite(t)
	s.faults(&node.Rule{Method: "ApplyConfiguration", DelayMilliseconds: 5_000})
	_, problems := s.carryOut(apply, s.plan(apply, tftypes.Value{}, s.with(object{"machine_configuration_input": s.configuration,
		"timeouts": object{"create": "1s"}})))
	if problems != "Error applying configuration: timeout while waiting for state to become 'success' (timeout: 1s)" &&
		problems != "Error applying configuration: context deadline exceeded" {
		t.Error(problems)
	}
}

func TestWriteOnlyInputsStayOutOfTheState(t *testing.T) {
	s := newSite(t)
	configuration := s.with(object{"machine_configuration_input_wo": s.configuration, "client_configuration_wo": part(t, s.secrets, "client_configuration")})
	delete(configuration, "client_configuration")
	state := s.apply(apply, configuration)
	for _, name := range []string{"machine_configuration", "machine_configuration_input_wo"} {
		expect(t, name, attribute(t, state, name), "")
	}
	if len(attribute(t, state, "machine_configuration_hash")) != 64 {
		t.Error("there is no hash of the configuration")
	}
}

// Provider 0.11 plans the old hash while the input is unknown; Terraform then refuses the final plan as inconsistent. A
// stand-in that is milder than the provider would let a stack pass that fails for real.
func TestAnUnknownInputKeepsTheOldHash(t *testing.T) {
	s := newSite(t)
	state := s.apply(apply, s.with(object{"machine_configuration_input": s.configuration}))
	p := s.plan(apply, state, s.with(object{"machine_configuration_input": unknown}))
	expect(t, "the planned hash", attribute(t, p.planned, "machine_configuration_hash"), attribute(t, state, "machine_configuration_hash"))
	expect(t, "the planned configuration", attribute(t, p.planned, "machine_configuration"), attribute(t, state, "machine_configuration"))
	first := s.plan(apply, tftypes.Value{}, s.with(object{"machine_configuration_input": unknown}))
	expect(t, "the first hash", attribute(t, first.planned, "machine_configuration_hash"), "(known after apply)")
}

func TestDestroyResetsOnRequest(t *testing.T) {
	for _, reset := range []bool{false, true} {
		s := newSite(t)
		state := s.apply(apply, s.with(object{"machine_configuration_input": s.configuration, "on_destroy": object{"reset": reset}}))
		expect(t, "the errors", s.destroy(apply, state), "")
		want := node.Configured
		if reset {
			want = node.Maintenance
		}
		if got := s.node.State().Stage; got != want {
			t.Errorf("reset %v: stage %s, want %s", reset, got, want)
		}
	}
}

func TestExactlyOneOfEachKindOfInput(t *testing.T) {
	s := newSite(t)
	both := s.with(object{"machine_configuration_input": "a", "machine_configuration_input_wo": "b"})
	expectContains(t, s.plan(apply, tftypes.Value{}, both).errors, "machine_configuration_input")
	none := s.with(nil)
	delete(none, "client_configuration")
	expectContains(t, s.plan(bootstrap, tftypes.Value{}, none).errors, "client_configuration")
}

func TestSchematic(t *testing.T) {
	var body string
	factory := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, _ := io.ReadAll(r.Body)
		body = string(text)
		if strings.Contains(body, "refuse") {
			http.Error(w, "unknown extension", http.StatusBadRequest)
			return
		}
		w.WriteHeader(http.StatusCreated)
		_, _ = io.WriteString(w, `{"id":"376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba"}`)
	}))
	defer factory.Close()
	tf := serving(t, "talos", object{"image_factory_url": factory.URL})
	state := tf.apply("talos_image_factory_schematic", object{"schematic": "customization: {systemExtensions: {officialExtensions: [siderolabs/qemu-guest-agent]}}"})
	expect(t, "the id", attribute(t, state, "id"), "376567988ad370138ad8b2698212367b8edcb69b5fd68c80be1f2ec7d603b4ba")
	expectContains(t, body, "siderolabs/qemu-guest-agent")
	_, problems := tf.carryOut("talos_image_factory_schematic", tf.plan("talos_image_factory_schematic", tftypes.Value{}, object{"schematic": "refuse: me"}))
	expectContains(t, problems, "unknown extension")
}

func TestImageURLs(t *testing.T) {
	tf := serving(t, "talos", object{})
	state, problems := tf.data("talos_image_factory_urls", object{"talos_version": "1.13.9", "schematic_id": "abc", "platform": "nocloud"})
	expect(t, "the errors", problems, "")
	expect(t, "the installer", attribute(t, state, "urls", "installer"), "factory.talos.dev/nocloud-installer/abc:v1.13.9")
	expect(t, "the image", attribute(t, state, "urls", "disk_image"), "https://factory.talos.dev/image/abc/v1.13.9/nocloud-amd64.raw.xz")
	_, problems = tf.data("talos_image_factory_urls", object{"talos_version": "1.13.9", "schematic_id": "abc", "platform": "proxmox"})
	expectContains(t, problems, `"proxmox" is not a platform`)
}

func TestUnsupportedDataSourcesSaySo(t *testing.T) {
	tf := serving(t, "talos", object{})
	_, problems := tf.data("talos_image_factory_versions", object{})
	expectContains(t, problems, "Not part of the stand-in")
}
