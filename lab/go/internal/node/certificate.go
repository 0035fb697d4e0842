package node

import (
	"crypto/tls"
	stdx509 "crypto/x509"
	"encoding/base64"
	"errors"
	"net"
	"time"

	"github.com/siderolabs/crypto/x509"
)

const validity = 365 * 24 * time.Hour

// selfSigned is the identity of a node in maintenance mode: nobody's certificate, for anybody.
func selfSigned(address string) (*tls.Config, error) {
	ca, err := x509.NewSelfSignedCertificateAuthority(x509.ECDSA(true), x509.Organization("talos"))
	if err != nil {
		return nil, err
	}
	return issued(x509.NewCertificateAndKeyFromCertificateAuthority(ca), tls.NoClientCert, address)
}

// issued is a server's identity from a CA, which the server's clients have to come from as well.
func issued(ca *pair, clients tls.ClientAuthType, address string, names ...string) (*tls.Config, error) {
	if ca == nil || len(ca.Key) == 0 {
		return nil, errors.New("the configuration has a CA without a key: only control plane nodes are simulated")
	}
	authority, err := x509.NewCertificateAuthorityFromCertificateAndKey(ca)
	if err != nil {
		return nil, err
	}
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	ips, dnsNames := []net.IP{net.IPv4(127, 0, 0, 1)}, []string{"localhost"}
	for _, name := range append(names, host) {
		if ip := net.ParseIP(name); ip != nil {
			ips = append(ips, ip)
		} else {
			dnsNames = append(dnsNames, name)
		}
	}
	keyPair, err := x509.NewKeyPair(authority, x509.IPAddresses(ips), x509.DNSNames(dnsNames), x509.CommonName("talos-lab"),
		x509.NotAfter(time.Now().Add(validity)), x509.KeyUsage(stdx509.KeyUsageDigitalSignature),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth}))
	if err != nil {
		return nil, err
	}
	trusted := stdx509.NewCertPool()
	trusted.AppendCertsFromPEM(ca.Crt)
	return &tls.Config{
		Certificates: []tls.Certificate{*keyPair.Certificate},
		ClientAuth:   clients,
		ClientCAs:    trusted,
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}, nil
}

func clientCertificate(ca *pair, name, group string) (*pair, error) {
	authority, err := x509.NewCertificateAuthorityFromCertificateAndKey(ca)
	if err != nil {
		return nil, err
	}
	keyPair, err := x509.NewKeyPair(authority, x509.CommonName(name), x509.Organization(group),
		x509.NotAfter(time.Now().Add(validity)), x509.KeyUsage(stdx509.KeyUsageDigitalSignature),
		x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageClientAuth}))
	if err != nil {
		return nil, err
	}
	return x509.NewCertificateAndKeyFromKeyPair(keyPair), nil
}

func encode(pem []byte) string { return base64.StdEncoding.EncodeToString(pem) }
