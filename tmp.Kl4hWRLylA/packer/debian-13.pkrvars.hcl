template_name     = "debian-13"
template_vm_id    = 9113
cloud_image_vm_id = 9013
ssh_username      = "debian"
