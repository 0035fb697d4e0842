package node

import (
	"log"

	"github.com/siderolabs/talos/pkg/machinery/api/resource/definitions/block"
	"github.com/siderolabs/talos/pkg/machinery/cel/celenv"
	resources "github.com/siderolabs/talos/pkg/machinery/resources/block"
)

// spec is the disk as Talos finds it. Linux names a SCSI disk of QEMU after its bus and number in Proxmox.
func (d Disk) spec() *block.DiskSpec {
	return &block.DiskSpec{Transport: "virtio", Symlinks: []string{"/dev/disk/by-id/scsi-0QEMU_QEMU_HARDDISK_drive-" + d.Interface}}
}

// systemDisk is the one that the machine boots from.
var systemDisk = Disk{Interface: "scsi0"}

// userVolumes are the user volumes of the configuration, each with the directory of its disk; without a disk it is empty.
func (c *configuration) userVolumes(h Hardware) map[string]string {
	volumes := map[string]string{}
	for _, volume := range c.provider.UserVolumeConfigs() {
		selector, given := volume.Provisioning().DiskSelector().Get()
		volumes[volume.Name()] = ""
		for _, disk := range append([]Disk{systemDisk}, h.Disks...) {
			if !given {
				break
			}
			matches, err := selector.EvalBool(celenv.DiskLocator(), map[string]any{"disk": disk.spec(), "system_disk": disk == systemDisk})
			if err != nil {
				log.Printf("the disk of the user volume %s: %v", volume.Name(), err)
			}
			if matches {
				volumes[volume.Name()] = disk.Directory
				break
			}
		}
	}
	return volumes
}

// volumeStatus is what Talos says of a user volume.
func volumeStatus(name, directory string) *resources.VolumeStatus {
	status := resources.NewVolumeStatus(resources.NamespaceName, "u-"+name)
	status.TypedSpec().Phase = resources.VolumePhaseReady
	if directory == "" {
		fail(status, "no disks matched selector for volume")
	}
	return status
}

func fail(status *resources.VolumeStatus, why string) {
	status.TypedSpec().Phase = resources.VolumePhaseFailed
	status.TypedSpec().ErrorMessage = why
}
