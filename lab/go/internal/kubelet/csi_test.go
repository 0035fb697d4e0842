package kubelet

import "testing"

func TestHandle(t *testing.T) {
	for text, want := range map[string]handle{
		"proxmox/pve/local-lvm/vm-9999-pvc-1":      {"proxmox", "pve", "local-lvm", "vm-9999-pvc-1"},
		"proxmox//nas/9999/vm-9999-pvc-2.raw":      {"proxmox", "", "nas", "9999/vm-9999-pvc-2.raw"},
		"proxmox/pve/local/9999/vm-9999-pvc-3.raw": {"proxmox", "pve", "local", "9999/vm-9999-pvc-3.raw"},
	} {
		if got := handleOf(text); got != want || got.String() != text {
			t.Errorf("%s is %+v", text, got)
		}
	}
}

func TestInterface(t *testing.T) {
	disks := map[string]string{"scsi0": "local-lvm:vm-100-disk-0,size=32G", "scsi1": "local-lvm:vm-9999-pvc-1,backup=0"}
	if got := interfaceOf(disks, "local-lvm:vm-9999-pvc-1"); got != "scsi1" {
		t.Errorf("the volume is at %q", got)
	}
	if got := interfaceOf(disks, "local-lvm:vm-9999-pvc-10"); got != "" {
		t.Errorf("another volume is at %q", got)
	}
}
