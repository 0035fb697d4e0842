// Package check decides whether a Talos node accepts a machine configuration, with the Talos library it is built with.
package check

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"github.com/cosi-project/runtime/pkg/state"
	"github.com/cosi-project/runtime/pkg/state/impl/inmem"
	"github.com/cosi-project/runtime/pkg/state/impl/namespaced"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configloader"
	"github.com/siderolabs/talos/pkg/machinery/resources/block"
)

// virtualMachine is the runtime mode of a Talos that installs itself to a disk.
type virtualMachine struct{}

func (virtualMachine) String() string { return "metal" }

func (virtualMachine) RequiresInstall() bool { return true }

func (virtualMachine) InContainer() bool { return false }

// Configuration decodes a configuration strictly and checks it as the ApplyConfiguration call does: by itself, then against
// the node, which has one disk of 32 GiB at the given path and the Talos version of the library. The error is the node's answer;
// with a configuration that it takes, it answers with warnings, such as of deprecated fields.
func Configuration(text []byte, disk string) (provider config.Provider, warnings []string, err error) {
	provider, err = configloader.NewFromBytes(text)
	if err != nil {
		return nil, nil, err
	}
	if provider.Machine() == nil || provider.Cluster() == nil {
		return nil, nil, errors.New("the configuration has no machine or cluster section")
	}
	warnings, err = provider.Validate(virtualMachine{})
	if err != nil {
		return nil, nil, fmt.Errorf("configuration validation failed: %w", err)
	}
	ctx := context.Background()
	resources := state.WrapCore(namespaced.NewState(inmem.Build))
	if err := resources.Create(ctx, systemDisk(disk)); err != nil {
		return nil, nil, err
	}
	further, err := provider.RuntimeValidate(ctx, resources, virtualMachine{})
	if err != nil {
		return nil, nil, fmt.Errorf("runtime configuration validation failed: %w", err)
	}
	return provider, append(warnings, further...), nil
}

func systemDisk(path string) *block.Disk {
	disk := block.NewDisk(block.NamespaceName, filepath.Base(path))
	spec := disk.TypedSpec()
	spec.DevPath, spec.Size, spec.SectorSize, spec.IOSize = path, 32<<30, 512, 512
	spec.Transport, spec.SubSystem, spec.Model, spec.Rotational = "scsi", "/sys/class/block", "QEMU HARDDISK", true
	return disk
}
