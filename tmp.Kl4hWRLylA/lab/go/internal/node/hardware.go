package node

// Hardware is what the VM has, as far as Talos and Kubernetes notice.
type Hardware struct {
	Cores int `json:"cores"`
	// Memory in MiB.
	Memory int `json:"memory"`
	// GPUs is how many of NVIDIA's GPUs are passed through.
	GPUs int `json:"gpus"`
}
