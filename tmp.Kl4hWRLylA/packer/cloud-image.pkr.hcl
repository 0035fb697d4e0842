source "proxmox-clone" "cloud-image" {
  proxmox_url              = var.proxmox_url
  username                 = var.proxmox_username
  token                    = var.proxmox_token
  insecure_skip_tls_verify = var.proxmox_insecure_skip_tls_verify
  node                     = var.node
  task_timeout             = "10m" # A full clone on a slow disk outlasts the plugin's 60 seconds.

  clone_vm_id = var.cloud_image_vm_id
  full_clone  = true

  vm_id                = var.template_vm_id
  vm_name              = var.template_name
  template_name        = var.template_name
  template_description = "Golden image ${var.template_name}, built by Packer from VM ${var.cloud_image_vm_id}"
  tags                 = "packer;template"

  # The plugin writes its own defaults over what the source has (kvm64, 512 MB, lsi, os other), so everything is stated.
  # Disks are the exception: they come with the clone, and a `disks` block would add another one.
  os              = "l26"
  bios            = "ovmf"
  machine         = "q35" # GPUs are passed through as PCIe devices, which i440fx does not have.
  cpu_type        = "host"
  sockets         = 1
  cores           = 2
  memory          = 2048
  numa            = false
  onboot          = false
  qemu_agent      = true
  scsi_controller = "virtio-scsi-pci"
  boot            = "order=scsi0"
  serials         = ["socket"]

  # Cloud images write their console to the serial port.
  vga {
    type = "serial0"
  }

  network_adapters {
    model  = "virtio"
    bridge = var.bridge
  }

  # Stock cloud images have no guest agent to tell Packer an address from DHCP, so the address is given.
  ipconfig {
    ip      = var.build_address
    gateway = var.build_gateway
  }

  ssh_host     = split("/", var.build_address)[0]
  ssh_username = var.ssh_username
  ssh_timeout  = "10m"

  # The plugin removes the build's cloud-init drive with all it held; clones need an empty one for their own settings.
  cloud_init              = true
  cloud_init_storage_pool = var.storage
}

build {
  sources = ["source.proxmox-clone.cloud-image"]

  provisioner "shell" {
    # Each script sees the work of those before it; generalize.sh comes last, because what runs after it leaves traces.
    scripts = [
      "${path.root}/scripts/wait-for-cloud-init.sh",
      "${path.root}/scripts/install-guest-agent.sh",
      "${path.root}/scripts/clean-apt.sh",
      "${path.root}/scripts/generalize.sh",
    ]
    env             = { DEBIAN_FRONTEND = "noninteractive" }
    execute_command = "sudo -n env {{ .Vars }} {{ .Path }}"
    skip_clean      = true # generalize.sh has emptied the temporary directory.
  }

  post-processor "manifest" {
    output = "${path.root}/manifest.json"
    custom_data = {
      template_name = var.template_name
      node          = var.node
    }
  }
}
