package node

import (
	"encoding/json"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"sync"

	"k8s.io/client-go/rest"

	"lab/internal/kubelet"
	"lab/internal/kubeprism"
)

// worker is the part in a cluster of a node without a control plane.
type worker struct {
	options Options
	prism   *kubeprism.LoadBalancer
	admin   *rest.Config
	kubelet *kubelet.Kubelet

	mu      sync.Mutex
	current *configuration
	faults  faults
}

// startWorker lets the node take part in its cluster, as soon as that answers.
func startWorker(options Options, d disk, active faults) (*worker, error) {
	options.System = d.system
	host, _, err := net.SplitHostPort(options.Kubernetes)
	if err != nil {
		return nil, err
	}
	w := &worker{options: options, current: d.current, faults: active}
	here := net.JoinHostPort(host, kubeprism.Port)
	w.admin = d.current.bootstrapAccess(here)
	kubeconfig := filepath.Join(options.Directory, "kubelet.kubeconfig")
	if err := writeKubeconfig(kubeconfig, w.admin); err != nil {
		return nil, err
	}
	if w.prism, err = kubeprism.Start(here, w.upstreams); err != nil {
		return nil, err
	}
	log := filepath.Join(options.Directory, "logs", "kubelet.log")
	if err = os.MkdirAll(filepath.Dir(log), 0o700); err == nil {
		w.kubelet, err = kubelet.Start(kubelet.Settings{
			Kwok: filepath.Join(options.Programs, "kwok"), Directory: options.Directory, Kubeconfig: kubeconfig, Admin: w.admin, Log: log,
		}, w.machine(), active.pods)
	}
	if err != nil {
		w.prism.Close()
		return nil, err
	}
	return w, nil
}

// upstreams are where the Kubernetes API may answer: the control planes that the node has heard of, and the endpoint of the
// configuration, which is the only one without KubePrism.
func (w *worker) upstreams() []string {
	w.mu.Lock()
	current := w.current
	w.mu.Unlock()
	var all []string
	if current.provider.Machine().Features().KubePrism().Enabled() {
		for _, address := range current.controlPlanes(w.options) {
			all = append(all, net.JoinHostPort(address, kubernetesPort))
		}
	}
	return append(all, withPort(current.provider.Cluster().Endpoint()))
}

func (w *worker) Stop() {
	w.kubelet.Stop()
	w.prism.Close()
}

func (w *worker) update(c *configuration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	before := w.current.bootstrapAccess("")
	after := c.bootstrapAccess("")
	if w.current.hostname != c.hostname || before.BearerToken != after.BearerToken || string(before.CAData) != string(after.CAData) {
		return false
	}
	w.current = c
	w.kubelet.Update(w.machine())
	return true
}

func (w *worker) setFaults(active faults) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = active
	w.kubelet.SetFaults(active.pods)
	w.kubelet.Update(w.machine())
	return nil
}

func (w *worker) machine() kubelet.Machine { return w.faults.machine(w.current, w.options) }

func (w *worker) listening() bool      { return false }
func (w *worker) virtualIPs() []string { return []string{} }
func (w *worker) access() *rest.Config { return rest.CopyConfig(w.admin) }

// bootstrapAccess is how a kubelet comes in first: with the bootstrap token. The simulated one stays with it.
func (c *configuration) bootstrapAccess(address string) *rest.Config {
	cluster := c.provider.Cluster()
	return &rest.Config{
		Host: "https://" + address, QPS: -1, WarningHandler: rest.NoWarnings{},
		BearerToken: cluster.Token().ID() + "." + cluster.Token().Secret(),
		// The address is the node's own, whoever answers behind it.
		TLSClientConfig: rest.TLSClientConfig{ServerName: "localhost", CAData: cluster.IssuingCA().Crt},
	}
}

func writeKubeconfig(file string, access *rest.Config) error {
	type object = map[string]any
	text, err := json.Marshal(object{"apiVersion": "v1", "kind": "Config", "current-context": "node",
		"clusters": []object{{"name": "node", "cluster": object{"server": access.Host,
			"tls-server-name": access.ServerName, "certificate-authority-data": access.CAData}}},
		"users":    []object{{"name": "node", "user": object{"token": access.BearerToken}}},
		"contexts": []object{{"name": "node", "context": object{"cluster": "node", "user": "node"}}}})
	if err != nil {
		return err
	}
	return os.WriteFile(file, text, 0o600)
}

// withPort is the host and port of a URL over https.
func withPort(endpoint *url.URL) string {
	if endpoint.Port() != "" {
		return endpoint.Host
	}
	return net.JoinHostPort(endpoint.Hostname(), "443")
}
