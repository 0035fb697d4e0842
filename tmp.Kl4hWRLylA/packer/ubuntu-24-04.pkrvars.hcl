template_name     = "ubuntu-24-04"
template_vm_id    = 9124
cloud_image_vm_id = 9024
ssh_username      = "ubuntu"
