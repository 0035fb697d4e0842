package node

import (
	"crypto/tls"
	"net"

	"github.com/siderolabs/crypto/x509"

	"lab/internal/pki"
)

// selfSigned is the identity of a node in maintenance mode: nobody's certificate, for anybody.
func selfSigned(address string) (*tls.Config, error) {
	ca, err := x509.NewSelfSignedCertificateAuthority(x509.ECDSA(true), x509.Organization("talos"))
	if err != nil {
		return nil, err
	}
	return issued(x509.NewCertificateAndKeyFromCertificateAuthority(ca), tls.NoClientCert, address)
}

// issued is a server's identity from a CA, which the server's clients have to come from as well.
func issued(ca *pki.Pair, clients tls.ClientAuthType, address string, names ...string) (*tls.Config, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	pair, err := pki.Server(ca, append(names, host)...)
	if err != nil {
		return nil, err
	}
	return served(pair, ca, clients)
}

// served is a server's identity with a certificate that there is.
func served(pair, ca *pki.Pair, clients tls.ClientAuthType) (*tls.Config, error) {
	certificate, err := pki.TLS(pair)
	if err != nil {
		return nil, err
	}
	return &tls.Config{
		Certificates: []tls.Certificate{certificate},
		ClientAuth:   clients,
		ClientCAs:    pki.Pool(ca),
		MinVersion:   tls.VersionTLS12,
		NextProtos:   []string{"h2", "http/1.1"},
	}, nil
}
