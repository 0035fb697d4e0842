package node

import (
	"bytes"
	"crypto/tls"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"maps"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	coreconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/config"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"go.yaml.in/yaml/v4"
	corev1 "k8s.io/api/core/v1"

	"lab/internal/controlplane"
	"lab/internal/kubelet"
	"lab/internal/pki"
	"validate/check"
)

// configuration is a machine configuration that Talos accepts.
type configuration struct {
	provider  coreconfig.Provider
	documents []map[string]any
	hostname  string
}

// decode reads and checks a configuration as a node does; the error is the node's answer.
func decode(text []byte, system System, options Options) (*configuration, error) {
	if options.Validators != "" {
		if err := validate(text, system, options); err != nil {
			return nil, err
		}
	}
	provider, _, err := check.Configuration(text, options.Disk)
	if err != nil {
		return nil, err
	}
	documents, err := split(text)
	if err != nil {
		return nil, err
	}
	c := &configuration{provider: provider, documents: documents, hostname: "talos-lab"}
	if h := provider.NetworkHostnameConfig(); h != nil && h.Hostname() != "" {
		c.hostname = h.Hostname()
	}
	return c, nil
}

// validate asks the decoder of the minor that runs.
func validate(text []byte, system System, options Options) error {
	minor, err := system.minor()
	if err != nil {
		return err
	}
	command := exec.Command(filepath.Join(options.Validators, fmt.Sprintf("talos-validate-1.%d", minor)), "-disk", options.Disk)
	command.Stdin = bytes.NewReader(text)
	output, err := command.CombinedOutput()
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return errors.New(strings.TrimSpace(string(output)))
	}
	return err
}

func split(text []byte) (documents []map[string]any, err error) {
	for decoder := yaml.NewDecoder(bytes.NewReader(text)); ; {
		var document map[string]any
		err := decoder.Decode(&document)
		if errors.Is(err, io.EOF) {
			return documents, nil
		}
		if err != nil {
			return nil, err
		}
		documents = append(documents, document)
	}
}

// installable tells whether the disk that Talos is to be installed to is there. A disk selector was checked before.
func (c *configuration) installable(disk string) bool {
	wanted := c.provider.Machine().Install().Disk()
	return wanted == "" || wanted == disk
}

// identity is the Talos API's: a certificate of the machine's CA, for callers with a certificate of the same CA.
func (c *configuration) identity(address string) (*tls.Config, error) {
	return issued(c.provider.Machine().Security().IssuingCA(), tls.RequireAndVerifyClientCert, address)
}

// kubernetesIdentity is the Kubernetes API's: a certificate of the cluster's CA. Whoever shows none, or another cluster's,
// is told so in HTTP.
func (c *configuration) kubernetesIdentity(address string) (*tls.Config, error) {
	return issued(c.provider.Cluster().IssuingCA(), tls.RequestClientCert, address, c.certificateNames()...)
}

func (c *configuration) certificateNames() []string {
	cluster := c.provider.Cluster()
	domain := cluster.Network().DNSDomain()
	return append([]string{cluster.Endpoint().Hostname(), "kubernetes", "kubernetes.default", "kubernetes.default.svc",
		"kubernetes.default.svc." + domain}, cluster.CertSANs()...)
}

// endpoint is the cluster's, if that is an address of this machine, or else where this node's API really listens.
func (c *configuration) endpoint(here string) string {
	endpoint := c.provider.Cluster().Endpoint()
	if ip := net.ParseIP(endpoint.Hostname()); ip != nil && ip.IsLoopback() {
		return withPort(endpoint)
	}
	return here
}

// kubeconfig is the administrator's, for an address where the API listens.
func (c *configuration) kubeconfig(address string) ([]byte, error) {
	cluster := c.provider.Cluster()
	admin, err := pki.Client(cluster.IssuingCA(), cluster.AdminKubeconfig().CommonName(), cluster.AdminKubeconfig().CertOrganization())
	if err != nil {
		return nil, err
	}
	user := "admin@" + cluster.Name()
	type object = map[string]any
	return yaml.Marshal(object{
		"apiVersion": "v1", "kind": "Config", "current-context": user,
		"clusters": []object{{"name": cluster.Name(), "cluster": object{
			"server": "https://" + address, "certificate-authority-data": encode(cluster.IssuingCA().Crt)}}},
		"users": []object{{"name": user, "user": object{
			"client-certificate-data": encode(admin.Crt), "client-key-data": encode(admin.Key)}}},
		"contexts": []object{{"name": user, "context": object{
			"cluster": cluster.Name(), "namespace": "default", "user": user}}},
	})
}

func encode(pem []byte) string { return base64.StdEncoding.EncodeToString(pem) }

// controlPlane is what the configuration makes of Kubernetes on this node.
func (c *configuration) controlPlane(options Options) (controlplane.Settings, error) {
	address, _, err := net.SplitHostPort(options.Kubernetes)
	if err != nil {
		return controlplane.Settings{}, err
	}
	cluster := c.provider.Cluster()
	settings := controlplane.Settings{
		Name:                c.hostname,
		Programs:            options.Programs,
		Directory:           options.Directory,
		Address:             address,
		Endpoint:            cluster.Endpoint().String(),
		CertificateNames:    c.certificateNames(),
		ClusterAuthority:    cluster.IssuingCA(),
		AggregatorAuthority: cluster.AggregatorCA(),
		EtcdAuthority:       cluster.Etcd().CA(),
		ServiceAccountKey:   cluster.ServiceAccount().Key,
		SecretboxKey:        cluster.SecretboxEncryptionSecret(),
		AESCBCKey:           cluster.AESCBCEncryptionSecret(),
		PodSubnets:          cluster.Network().PodCIDRs(),
		ServiceSubnets:      cluster.Network().ServiceCIDRs(),
	}
	for _, plugin := range cluster.APIServer().AdmissionControl() {
		settings.Admission = append(settings.Admission, controlplane.AdmissionPlugin{Name: plugin.Name(), Configuration: plugin.Configuration()})
	}
	return settings, nil
}

// machine is what the node says of itself in Kubernetes.
func (c *configuration) machine(options Options) kubelet.Machine {
	address, _, _ := net.SplitHostPort(options.Kubernetes)
	machine := c.provider.Machine()
	labels := map[string]string{}
	if c.isControlPlane() {
		labels[constants.LabelNodeRoleControlPlane] = ""
	}
	maps.Copy(labels, machine.NodeLabels())
	taints := map[string]string{}
	maps.Copy(taints, machine.NodeTaints())
	if c.isControlPlane() && !c.provider.Cluster().ScheduleOnControlPlanes() {
		taints[constants.LabelNodeRoleControlPlane] = "NoSchedule"
	}
	image := machine.Kubelet().Image()
	described := kubelet.Machine{
		Name: c.hostname, Address: address, Version: image[strings.LastIndex(image, ":")+1:], System: "Talos (" + options.System.Version + "), simulated", Boot: fmt.Sprint(options.boot),
		ControlPlane: c.isControlPlane(), Labels: labels, Annotations: machine.NodeAnnotations(), Taints: taints,
		RegisterWithTaints: c.registerWithTaints(options.System, taints),
		Cores:              options.Hardware.Cores, Memory: options.Hardware.Memory,
	}
	described.Volumes = c.userVolumes(options.Hardware)
	described.Devices = options.Hardware.GPUs
	if c.loadsDriver() {
		described.GPUs = options.Hardware.GPUs
	}
	described.Cards = map[string]int{}
	for module, count := range options.Hardware.Cards {
		if c.loads(module) {
			described.Cards[module] = count
		}
	}
	return described
}

// registerWithTaints are those that the kubelet is configured to register with, and those that Talos adds to them: on a control
// plane its own, from 1.14 on all of the configuration.
//
// https://github.com/siderolabs/talos/blob/v1.13.9/internal/app/machined/pkg/controllers/k8s/kubelet_spec.go
func (c *configuration) registerWithTaints(system System, taints map[string]string) (all []corev1.Taint) {
	var given struct {
		RegisterWithTaints []corev1.Taint `json:"registerWithTaints"`
	}
	text, err := json.Marshal(c.provider.Machine().Kubelet().ExtraConfig())
	if err == nil {
		err = json.Unmarshal(text, &given)
	}
	if err != nil {
		log.Printf("the kubelet's configuration: %v", err)
	}
	all = given.RegisterWithTaints
	minor, _ := system.minor()
	for _, key := range slices.Sorted(maps.Keys(taints)) {
		isGiven := slices.ContainsFunc(all, func(t corev1.Taint) bool { return t.Key == key })
		if !isGiven && (minor >= 14 || key == constants.LabelNodeRoleControlPlane) {
			all = append(all, kubelet.Taint(key, taints[key]))
		}
	}
	return all
}

// loadsDriver tells whether the kernel is to load NVIDIA's driver.
func (c *configuration) loadsDriver() bool {
	return c.loads("nvidia")
}

// loads tells whether the kernel is to load a module.
func (c *configuration) loads(module string) bool {
	return slices.ContainsFunc(c.provider.Machine().Kernel().Modules(), func(m config.KernelModule) bool { return m.Name() == module })
}

// programs are those that Kubernetes needs on the node.
func programs(directory string) error {
	for _, name := range []string{"etcd", "etcdutl", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"} {
		if _, err := os.Stat(filepath.Join(directory, name)); err != nil {
			return fmt.Errorf("the node needs the program %s in %s: %w", name, directory, err)
		}
	}
	return nil
}
