package node

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/blang/semver/v4"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/compatibility"
)

// System is the Talos that a machine runs: what was in the image it booted first, and what it was upgraded to since.
type System struct {
	// Version such as v1.13.9.
	Version string `json:"version"`
	// Schematic is the Image Factory's id for the extensions in it; empty when the image is not the factory's.
	Schematic string `json:"schematic,omitempty"`
}

var (
	installerImage = regexp.MustCompile(`^[^/]+/(?:.*/)?[a-z-]*installer[a-z-]*(?:/([0-9a-f]{64}))?:(v\d+\.\d+\.\d+\S*)$`)
	supported      = semver.MustParseRange(">=1.11.0 <1.15.0")
)

// installed reads what an installer image installs.
func installed(image string) (System, error) {
	found := installerImage.FindStringSubmatch(image)
	if found == nil {
		return System{}, fmt.Errorf("%q is no installer image with a schematic and a version", image)
	}
	system := System{Version: found[2], Schematic: found[1]}
	_, err := system.minor()
	return system, err
}

// minor is the n of Talos 1.n.
func (s System) minor() (int, error) {
	version, err := semver.ParseTolerant(s.Version)
	if err != nil {
		return 0, fmt.Errorf("Talos %q: %w", s.Version, err)
	}
	if !supported(version) {
		return 0, fmt.Errorf("Talos %s is not simulated: 1.11 to 1.14 are", s.Version)
	}
	return int(version.Minor), nil
}

// upgradeableFrom tells why the installer of a system refuses a machine that runs another one.
func (s System) upgradeableFrom(host System) error {
	wanted, err := compatibility.ParseTalosVersion(&machine.VersionInfo{Tag: s.Version})
	if err != nil {
		return err
	}
	current, err := compatibility.ParseTalosVersion(&machine.VersionInfo{Tag: host.Version})
	if err != nil {
		return err
	}
	err = wanted.UpgradeableFrom(current)
	if err == nil || !strings.Contains(err.Error(), "not supported") {
		return err
	}
	// Newer than the library: an installer takes the three minors before its own.
	to, _ := s.minor()
	from, _ := host.minor()
	if from < to-3 {
		return fmt.Errorf("host version %s is too old to upgrade to Talos %s", host.Version, s.Version)
	}
	return nil
}
