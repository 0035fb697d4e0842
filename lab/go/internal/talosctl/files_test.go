package talosctl

import (
	"strings"
	"testing"

	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"

	"lab/internal/node"
)

func TestDeviceAndDriver(t *testing.T) {
	s := in(t, "v1.13.9")
	patches, err := configpatcher.LoadPatches([]string{"machine: {kernel: {modules: [{name: nvidia}]}}"})
	check(t, err)
	patched, err := configpatcher.Apply(configpatcher.WithBytes(s.configuration), patches)
	check(t, err)
	text, err := patched.Bytes()
	check(t, err)
	check(t, s.apply(text))
	const file = "/proc/driver/nvidia/version"
	tells := func(devices, loaded bool, kernel string) {
		t.Helper()
		if out := s.must("get", "pcidevices"); !strings.Contains(out, "Host bridge") || strings.Contains(out, "NVIDIA") != devices {
			t.Errorf("the devices are %s", out)
		}
		if out, err := s.run("read", file); (err == nil) != loaded || loaded && !strings.HasPrefix(out, "NVRM version: ") {
			t.Errorf("the driver is %q, %v", out, err)
		}
		if out := s.must("dmesg"); !strings.Contains(out, kernel) {
			t.Errorf("the kernel says %s", out)
		}
	}
	tells(false, false, "NVRM: No NVIDIA GPU found.")
	s.node.PowerOff()
	check(t, s.node.PowerOn(node.Hardware{Cores: 2, Memory: 4096, GPUs: 1}))
	tells(true, true, "NVRM: loading NVIDIA")
	check(t, s.node.SetFaults([]*node.Rule{{Method: "driver", Message: "NVRM: not supported"}}))
	tells(true, false, "NVRM: not supported")
	if out, err := s.run("read", "/etc/hosts"); err == nil {
		t.Errorf("there is %s", out)
	}
}
