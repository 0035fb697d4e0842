package check

import (
	"strings"
	"testing"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
)

// generated is a control plane configuration in the form that every Talos from 1.11 on takes.
func generated(t *testing.T, patches ...string) string {
	t.Helper()
	input, err := generate.NewInput("lab", "https://10.0.0.1:6443", "1.34.1", generate.WithVersionContract(config.TalosVersion1_11))
	must(t, err)
	provider, err := input.Config(machine.TypeControlPlane)
	must(t, err)
	loaded, err := configpatcher.LoadPatches(append([]string{
		"machine: {install: {disk: /dev/sda, image: factory.talos.dev/nocloud-installer/x:v1.11.6}}"}, patches...))
	must(t, err)
	output, err := configpatcher.Apply(configpatcher.WithConfig(provider), loaded)
	must(t, err)
	text, err := output.Bytes()
	must(t, err)
	return string(text)
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAccepts(t *testing.T) {
	_, _, err := Configuration([]byte(generated(t, "cluster: {network: {cni: {name: none}}, proxy: {disabled: true}}")), "/dev/sda")
	must(t, err)
}

func TestRefuses(t *testing.T) {
	good := generated(t)
	for name, test := range map[string]struct{ configuration, message string }{
		"unknown keys": {
			strings.Replace(good, "\n    network:\n        dnsDomain", "\n    network:\n        proxy:\n            disabled: true\n        dnsDomain", 1),
			"unknown keys found during decoding:"},
		"unknown kinds": {
			good + "---\napiVersion: v1alpha1\nkind: NoSuchConfig\n", "not registered"},
		"a Kubernetes version that is too new": {
			strings.ReplaceAll(good, "v1.34.1", "v1.99.0"), "kubelet image is not valid: version of Kubernetes 1.99.0 is too new"},
		"an endpoint without a host": {
			strings.Replace(good, "https://10.0.0.1:6443", "https://", 1), "endpoint"},
		"a disk selector that matches no disk": {
			strings.Replace(good, "disk: /dev/sda", "diskSelector:\n            size: '>= 1TB'", 1), "no disks matched"},
		"half a configuration": {
			good[:strings.Index(good, "\ncluster:")+1], "cluster instructions are required"},
		"nothing but another kind": {
			"apiVersion: v1alpha1\nkind: WatchdogTimerConfig\ndevice: /dev/watchdog0\n", "no machine or cluster section"},
	} {
		t.Run(name, func(t *testing.T) {
			if test.configuration == good {
				t.Fatal("the configuration was not changed")
			}
			_, _, err := Configuration([]byte(test.configuration), "/dev/sda")
			if err == nil || !strings.Contains(err.Error(), test.message) {
				t.Errorf("got %v, want %q in it", err, test.message)
			}
		})
	}
}

func TestADiskSelectorFindsTheDisk(t *testing.T) {
	text := strings.Replace(generated(t), "disk: /dev/sda", "diskSelector:\n            size: '>= 10GB'", 1)
	_, _, err := Configuration([]byte(text), "/dev/sda")
	must(t, err)
}
