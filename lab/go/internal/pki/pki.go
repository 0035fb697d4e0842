// Package pki issues the certificates of a simulated node from the authorities of its machine configuration.
package pki

import (
	"crypto/tls"
	stdx509 "crypto/x509"
	"errors"
	"net"
	"time"

	"github.com/siderolabs/crypto/x509"
)

const validity = 365 * 24 * time.Hour

// Pair is a certificate with its key, both PEM.
type Pair = x509.PEMEncodedCertificateAndKey

// Server issues a certificate for a server that is reached by the given names and addresses, and by localhost.
func Server(ca *Pair, names ...string) (*Pair, error) {
	return issue(ca, withNames(names), usage(stdx509.ExtKeyUsageServerAuth), x509.CommonName("talos-lab"))
}

// Peer issues a certificate for a member of an etcd cluster, which is its peers' server and client.
func Peer(ca *Pair, names ...string) (*Pair, error) {
	return issue(ca, withNames(names), usage(stdx509.ExtKeyUsageServerAuth, stdx509.ExtKeyUsageClientAuth), x509.CommonName("talos-lab"))
}

// Client issues a certificate for a user; Kubernetes reads the groups from the organizations.
func Client(ca *Pair, name string, groups ...string) (*Pair, error) {
	return issue(ca, usage(stdx509.ExtKeyUsageClientAuth), x509.CommonName(name), x509.Organization(groups...))
}

// TLS is an identity for a connection.
func TLS(pair *Pair) (tls.Certificate, error) { return tls.X509KeyPair(pair.Crt, pair.Key) }

// Pool holds the authorities that a connection trusts.
func Pool(authorities ...*Pair) *stdx509.CertPool {
	pool := stdx509.NewCertPool()
	for _, ca := range authorities {
		pool.AppendCertsFromPEM(ca.Crt)
	}
	return pool
}

func issue(ca *Pair, options ...x509.Option) (*Pair, error) {
	if ca == nil || len(ca.Key) == 0 {
		return nil, errors.New("the configuration of a control plane has a CA without a key")
	}
	authority, err := x509.NewCertificateAuthorityFromCertificateAndKey(ca)
	if err != nil {
		return nil, err
	}
	options = append(options, x509.NotAfter(time.Now().Add(validity)), x509.KeyUsage(stdx509.KeyUsageDigitalSignature|stdx509.KeyUsageKeyEncipherment))
	keyPair, err := x509.NewKeyPair(authority, options...)
	if err != nil {
		return nil, err
	}
	return x509.NewCertificateAndKeyFromKeyPair(keyPair), nil
}

func usage(usages ...stdx509.ExtKeyUsage) x509.Option { return x509.ExtKeyUsage(usages) }

func withNames(names []string) x509.Option {
	ips, dnsNames := []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"}
	for _, name := range names {
		if ip := net.ParseIP(name); ip != nil {
			ips = append(ips, ip)
		} else {
			dnsNames = append(dnsNames, name)
		}
	}
	return func(o *x509.Options) { o.IPAddresses, o.DNSNames = ips, dnsNames }
}
