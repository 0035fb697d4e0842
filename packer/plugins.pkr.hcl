packer {
  # 1.11 was the first to accept plugins in the layout that `packer init` and the tests install.
  required_version = ">= 1.11.0"

  required_plugins {
    proxmox = {
      # Exact, as Packer has no lock file: `packer init` compares the download with the checksums of this release.
      # 1.2.2 dropped cpu_type silently: https://github.com/hashicorp/packer-plugin-proxmox/releases/tag/v1.2.3
      version = "1.2.4"
      source  = "github.com/hashicorp/proxmox"
    }
  }
}
