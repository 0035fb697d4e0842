# Where to build: the same for every image. Give these in the environment or in site.auto.pkrvars.hcl.

variable "proxmox_url" {
  description = "Address of the Proxmox API, for example \"https://pve.example:8006/api2/json\". Default: PROXMOX_URL."
  type        = string
  default     = env("PROXMOX_URL")

  validation {
    condition     = can(regex("^https://[^/]+/api2/json$", var.proxmox_url))
    error_message = "The proxmox_url must be the whole address of the API, with https, which the token needs, such as \"https://pve.example:8006/api2/json\"; set it or PROXMOX_URL."
  }
}

variable "proxmox_username" {
  description = "Id of the API token, for example \"packer@pve!images\". Default: PROXMOX_USERNAME."
  type        = string
  default     = env("PROXMOX_USERNAME")

  validation {
    condition     = can(regex("^[^@!]+@[^@!]+![^@!]+$", var.proxmox_username))
    error_message = "The proxmox_username must be a token id, user@realm!token, such as \"packer@pve!images\"; set it or PROXMOX_USERNAME."
  }
}

variable "proxmox_token" {
  description = "Secret of the API token, the UUID that Proxmox showed once. Default: PROXMOX_TOKEN."
  type        = string
  default     = env("PROXMOX_TOKEN")
  sensitive   = true # The plugin masks passwords in its log, but not tokens.

  validation {
    condition     = can(regex("^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", var.proxmox_token))
    error_message = "The proxmox_token must be the token's secret alone, a UUID without the token id; set PROXMOX_TOKEN."
  }
}

variable "proxmox_insecure_skip_tls_verify" {
  description = "Accept a certificate that cannot be verified, such as the self-signed one of a new Proxmox host."
  type        = bool
  default     = false

  validation {
    condition     = var.proxmox_insecure_skip_tls_verify != null
    error_message = "The proxmox_insecure_skip_tls_verify must be true or false."
  }
}

variable "node" {
  description = "Proxmox node that holds the imported cloud image; the template is made there."
  type        = string
  default     = "pve"

  validation {
    condition     = can(regex("^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$", var.node))
    error_message = "The node must be the name of a Proxmox node as its web page lists it, such as \"pve\"."
  }
}

variable "bridge" {
  description = "Network bridge of the build VM; the machine that runs Packer must reach it."
  type        = string
  default     = "vmbr0"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_.-]{0,14}$", var.bridge))
    error_message = "The bridge must be the name of a network interface on the node, at most 15 characters, such as \"vmbr0\"."
  }
}

variable "storage" {
  description = "Storage for the template's cloud-init drive. Its disk stays on the storage of the imported image."
  type        = string
  default     = "local-lvm"

  validation {
    condition     = can(regex("^[A-Za-z][A-Za-z0-9_.-]*[A-Za-z0-9]$", var.storage))
    error_message = "The storage must be the name of a Proxmox storage with content type \"Disk image\", such as \"local-lvm\"."
  }
}

variable "build_address" {
  description = "Free IPv4 address with prefix length for the build VM, for example \"192.168.1.250/24\"."
  type        = string

  validation {
    condition     = can(cidrnetmask(var.build_address)) && can(regex("/([1-9]|[12][0-9]|3[0-2])$", var.build_address))
    error_message = "The build_address must be an IPv4 address with its prefix length, such as \"192.168.1.250/24\"."
  }
}

variable "build_gateway" {
  description = "IPv4 address of the build VM's router, through which it reaches the package mirror."
  type        = string

  validation {
    condition     = can(cidrnetmask("${var.build_gateway}/32"))
    error_message = "The build_gateway must be an IPv4 address, such as \"192.168.1.1\"."
  }
}

# What to build: one file per image, debian-13.pkrvars.hcl and its like.

variable "cloud_image_vm_id" {
  description = "VM id of the imported cloud image, the source of the clone."
  type        = number

  validation {
    condition     = var.cloud_image_vm_id >= 100 && var.cloud_image_vm_id <= 999999999 && floor(var.cloud_image_vm_id) == var.cloud_image_vm_id
    error_message = "The cloud_image_vm_id must be a whole number from 100 to 999999999."
  }
}

variable "template_vm_id" {
  description = "VM id of the template. A new build of the image takes the place of the old one with `packer build -force`."
  type        = number

  validation {
    condition     = var.template_vm_id >= 100 && var.template_vm_id <= 999999999 && floor(var.template_vm_id) == var.template_vm_id
    error_message = "The template_vm_id must be a whole number from 100 to 999999999."
  }
}

variable "template_name" {
  description = "Name of the template, by which ProxmoxGpuVm can clone it."
  type        = string

  validation {
    condition     = can(regex("^[a-zA-Z0-9]([a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?$", var.template_name))
    error_message = "The template_name must be a host name: letters, digits and inner hyphens, at most 63, such as \"debian-13\"."
  }
}

variable "ssh_username" {
  description = "User that the cloud image creates at first boot, \"debian\" or \"ubuntu\". Packer builds as this user, and it remains in the template without keys."
  type        = string

  validation {
    condition     = can(regex("^[a-z_][a-z0-9_-]{0,31}$", var.ssh_username)) && var.ssh_username != "root"
    error_message = "The ssh_username must be the cloud image's own user, such as \"debian\" or \"ubuntu\"; root cannot log in to a cloud image."
  }
}
