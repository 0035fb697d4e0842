// Package controlplane runs a real control plane of Kubernetes for a simulated node: etcd, kube-apiserver,
// kube-controller-manager and kube-scheduler, with the authorities, keys and settings of a machine configuration.
package controlplane

import (
	"net"
	"path/filepath"

	"lab/internal/pki"
)

// Ports of the node's address. What is reached from outside is the node's to serve.
const (
	apiServerPort  = "6444"
	etcdPort       = "2379"
	etcdPeerPort   = "2380"
	frontProxyName = "front-proxy-client"
)

// Settings are what a control plane is made of.
type Settings struct {
	// Programs is the directory of etcd, kube-apiserver, kube-controller-manager and kube-scheduler.
	Programs string
	// Directory keeps etcd's data, which survive a restart, and what the programs read and write.
	Directory string
	// Name is the node's, and its member's of etcd.
	Name string
	// Address is the IP address of the node.
	Address string
	// Members are the members of the etcd that this one joined, as etcd's flag initial-cluster has them; empty where this
	// one began.
	Members string
	// Endpoint is the URL of the cluster's API, which is the issuer of service account tokens too.
	Endpoint string
	// CertificateNames are further names and addresses under which the API is reached.
	CertificateNames []string

	ClusterAuthority    *pki.Pair
	AggregatorAuthority *pki.Pair
	EtcdAuthority       *pki.Pair
	// ServiceAccountKey is the PEM of the private key that signs service account tokens.
	ServiceAccountKey []byte
	// SecretboxKey and AESCBCKey encrypt Secrets in etcd, in base64; empty ones are not used.
	SecretboxKey, AESCBCKey string

	PodSubnets, ServiceSubnets []string
	// Admission configures admission plugins, such as PodSecurity.
	Admission []AdmissionPlugin
}

// AdmissionPlugin is the configuration of one admission plugin.
type AdmissionPlugin struct {
	Name          string         `json:"name"`
	Configuration map[string]any `json:"configuration"`
}

func (s Settings) program(name string) string { return filepath.Join(s.Programs, name) }

// path is a file that the programs read.
func (s Settings) path(name string) string { return filepath.Join(s.Directory, "kubernetes", name) }

// LogFile is where a program's output is kept.
func (s Settings) LogFile(program string) string {
	return filepath.Join(s.Directory, "logs", program+".log")
}

func (s Settings) url(port string) string { return "https://" + net.JoinHostPort(s.Address, port) }
