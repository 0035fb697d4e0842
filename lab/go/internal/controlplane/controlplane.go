package controlplane

import (
	"context"
	"crypto/tls"
	"fmt"
	"maps"
	"net"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"k8s.io/client-go/rest"

	"lab/internal/pki"
	"lab/internal/process"
)

// ControlPlane is a running control plane.
type ControlPlane struct {
	settings Settings
	admin    *rest.Config

	mu        sync.Mutex
	stopped   bool
	processes []*process.Process
}

// Start runs etcd and the API server on what earlier ones left in the directory. They take some seconds to become ready.
// Where etcd joined others, its peers are asked to give it a vote, without which the API server can do nothing.
func Start(ctx context.Context, settings Settings, peers func() []string) (*ControlPlane, error) {
	if err := settings.write(); err != nil {
		return nil, err
	}
	admin, err := pki.Client(settings.ClusterAuthority, "talos", "system:masters")
	if err != nil {
		return nil, err
	}
	c := &ControlPlane{settings: settings, admin: &rest.Config{
		Host: settings.url(apiServerPort),
		// The node is alone with its API server.
		QPS:            -1,
		WarningHandler: rest.NoWarnings{},
		TLSClientConfig: rest.TLSClientConfig{
			CAData: settings.ClusterAuthority.Crt, CertData: admin.Crt, KeyData: admin.Key},
	}}
	if _, err := c.run("etcd", settings.etcd()); err != nil {
		return nil, err
	}
	err = settings.promoted(ctx, peers)
	if err == nil {
		_, err = c.run("kube-apiserver", settings.apiServer())
	}
	if err != nil {
		c.Stop()
		return nil, err
	}
	return c, nil
}

// Listening returns once the API server takes connections, ready or not.
func (c *ControlPlane) Listening(ctx context.Context) error {
	return until(ctx, func() bool {
		conn, err := net.Dial("tcp", c.Address())
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// Ready returns once the API server is ready. From then on the control plane stands for election as the one of its cluster
// that runs the controller manager, and the one that runs the scheduler.
func (c *ControlPlane) Ready(ctx context.Context) error {
	client, err := rest.HTTPClientFor(c.admin)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	if err := until(ctx, func() bool {
		reply, err := client.Get(c.admin.Host + "/readyz")
		if err != nil {
			return false
		}
		defer reply.Body.Close() //nolint:errcheck
		return reply.StatusCode == http.StatusOK
	}); err != nil {
		return err
	}
	for program, flags := range map[string]map[string]string{
		"kube-controller-manager": c.settings.controllerManager(),
		"kube-scheduler":          c.settings.scheduler(),
	} {
		if err := c.lead(ctx, program, func() (*process.Process, error) { return c.run(program, flags) }); err != nil {
			return err
		}
	}
	return nil
}

// Stop ends all programs at once. etcd's data stay.
func (c *ControlPlane) Stop() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.stopped = true
	for _, p := range c.processes {
		p.Stop()
	}
	c.processes = nil
}

// Admin is the way into the API for the node itself.
func (c *ControlPlane) Admin() *rest.Config { return rest.CopyConfig(c.admin) }

// Kubeconfig is a file with the way into the API for the node's kubelet.
func (c *ControlPlane) Kubeconfig() string { return c.settings.path("kubelet.kubeconfig") }

// Address is where the API server listens, host:port.
func (c *ControlPlane) Address() string { return net.JoinHostPort(c.settings.Address, apiServerPort) }

// FrontProxy is the identity of a proxy that the API server believes when it names a user in the headers X-Remote-User and
// X-Remote-Group.
func (c *ControlPlane) FrontProxy() (*tls.Config, error) {
	pair, err := tls.LoadX509KeyPair(c.settings.path("front-proxy-client.crt"), c.settings.path("front-proxy-client.key"))
	if err != nil {
		return nil, err
	}
	return &tls.Config{Certificates: []tls.Certificate{pair}, RootCAs: pki.Pool(c.settings.ClusterAuthority)}, nil
}

func (c *ControlPlane) run(name string, flags map[string]string) (*process.Process, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.stopped {
		return nil, fmt.Errorf("%s is not started: the control plane was stopped", name)
	}
	var args []string
	for _, flag := range slices.Sorted(maps.Keys(flags)) {
		args = append(args, "--"+flag+"="+flags[flag])
	}
	p, err := process.Start(c.settings.program(name), args, c.settings.LogFile(name))
	if err != nil {
		return nil, err
	}
	c.processes = append(c.processes, p)
	return p, nil
}

func until(ctx context.Context, done func() bool) error {
	for !done() {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
	return nil
}

func (s Settings) etcd() map[string]string {
	client, peer := s.url(etcdPort), s.url(etcdPeerPort)
	members, state := s.Name+"="+peer, "new"
	if s.Members != "" {
		members, state = s.Members, "existing"
	}
	return map[string]string{
		"name":                        s.Name,
		"data-dir":                    s.data(),
		"listen-client-urls":          client,
		"advertise-client-urls":       client,
		"listen-peer-urls":            peer,
		"initial-advertise-peer-urls": peer,
		"initial-cluster":             members,
		"initial-cluster-state":       state,
		"cert-file":                   s.path("etcd.crt"),
		"key-file":                    s.path("etcd.key"),
		"trusted-ca-file":             s.path("etcd-ca.crt"),
		"client-cert-auth":            "true",
		"peer-cert-file":              s.path("etcd.crt"),
		"peer-key-file":               s.path("etcd.key"),
		"peer-trusted-ca-file":        s.path("etcd-ca.crt"),
		"peer-client-cert-auth":       "true",
		"log-level":                   "warn",
		// A power cut of the simulated node is none of the machine that it runs on.
		"unsafe-no-fsync": "true",
	}
}

// apiServer has the flags that Talos gives it, as far as they mean something on one machine without containers.
func (s Settings) apiServer() map[string]string {
	return map[string]string{
		"bind-address":      s.Address,
		"secure-port":       apiServerPort,
		"advertise-address": s.Address,
		// An address of the loopback network can't be an endpoint of the service "kubernetes".
		"endpoint-reconciler-type": "none",
		"etcd-servers":             s.url(etcdPort),
		"etcd-cafile":              s.path("etcd-ca.crt"),
		"etcd-certfile":            s.path("etcd-client.crt"),
		"etcd-keyfile":             s.path("etcd-client.key"),
		"tls-cert-file":            s.path("apiserver.crt"),
		"tls-private-key-file":     s.path("apiserver.key"),
		"client-ca-file":           s.path("cluster-ca.crt"),
		"anonymous-auth":           "false",

		"requestheader-client-ca-file":       s.path("aggregator-ca.crt"),
		"requestheader-allowed-names":        frontProxyName,
		"requestheader-username-headers":     "X-Remote-User",
		"requestheader-group-headers":        "X-Remote-Group",
		"requestheader-extra-headers-prefix": "X-Remote-Extra-",
		"proxy-client-cert-file":             s.path("front-proxy-client.crt"),
		"proxy-client-key-file":              s.path("front-proxy-client.key"),

		"service-account-issuer":           s.Endpoint,
		"api-audiences":                    s.Endpoint,
		"service-account-key-file":         s.path("service-account.key"),
		"service-account-signing-key-file": s.path("service-account.key"),
		"service-cluster-ip-range":         strings.Join(s.ServiceSubnets, ","),

		"authorization-mode":            "Node,RBAC",
		"enable-admission-plugins":      "NodeRestriction",
		"admission-control-config-file": s.path("admission.json"),
		"encryption-provider-config":    s.path("encryption.json"),
		"enable-bootstrap-token-auth":   "true",
		"allow-privileged":              "true",
		"profiling":                     "false",
	}
}

func (s Settings) controllerManager() map[string]string {
	return map[string]string{
		"kubeconfig":  s.path("controller-manager.kubeconfig"),
		"secure-port": "0",
		// Whoever is not elected does not run one at all.
		"leader-elect":                     "false",
		"controllers":                      "*,tokencleaner",
		"allocate-node-cidrs":              "true",
		"cluster-cidr":                     strings.Join(s.PodSubnets, ","),
		"service-cluster-ip-range":         strings.Join(s.ServiceSubnets, ","),
		"cluster-signing-cert-file":        s.path("cluster-ca.crt"),
		"cluster-signing-key-file":         s.path("cluster-ca.key"),
		"root-ca-file":                     s.path("cluster-ca.crt"),
		"service-account-private-key-file": s.path("service-account.key"),
		"use-service-account-credentials":  "true",
		"configure-cloud-routes":           "false",
		"profiling":                        "false",
	}
}

func (s Settings) scheduler() map[string]string {
	return map[string]string{
		"kubeconfig":   s.path("scheduler.kubeconfig"),
		"secure-port":  "0",
		"leader-elect": "false",
		"profiling":    "false",
	}
}
