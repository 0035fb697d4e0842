package node

import (
	"context"
	"crypto/subtle"
	"crypto/tls"
	stdx509 "crypto/x509"
	"errors"
	"net"
	"time"

	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/machinery/api/security"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"

	"lab/internal/pki"
)

// trustPort is where control planes give workers, which have no authority's key, the certificate of their Talos API.
const trustPort = "50001"

const (
	tokenKey       = "token"
	timeToTrust    = 5 * time.Second
	pauseForTrust  = 250 * time.Millisecond
	validityOfCert = 24 * time.Hour
)

// trustAPI is Talos's trustd.
type trustAPI struct {
	security.UnimplementedSecurityServiceServer
	current *configuration
}

// startTrust serves for whoever has the machines' token.
func startTrust(c *configuration, host string) (*grpc.Server, error) {
	ca := c.provider.Machine().Security().IssuingCA()
	identity, err := issued(ca, tls.NoClientCert, net.JoinHostPort(host, trustPort))
	if err != nil {
		return nil, err
	}
	listener, err := net.Listen("tcp", net.JoinHostPort(host, trustPort))
	if err != nil {
		return nil, err
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(identity)))
	security.RegisterSecurityServiceServer(server, &trustAPI{current: c})
	go server.Serve(listener) //nolint:errcheck
	return server, nil
}

// Certificate signs the request of whoever knows the machines' token.
func (a *trustAPI) Certificate(ctx context.Context, req *security.CertificateRequest) (*security.CertificateResponse, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	given := append(md.Get(tokenKey), "")[0]
	machine := a.current.provider.Machine().Security()
	if subtle.ConstantTimeCompare([]byte(given), []byte(machine.Token())) != 1 {
		return nil, status.Error(codes.Unauthenticated, "token does not match")
	}
	ca := machine.IssuingCA()
	signed, err := x509.NewCertificateFromCSRBytes(ca.Crt, ca.Key, req.Csr, x509.NotAfter(time.Now().Add(validityOfCert)),
		x509.KeyUsage(stdx509.KeyUsageDigitalSignature), x509.ExtKeyUsage([]stdx509.ExtKeyUsage{stdx509.ExtKeyUsageServerAuth}))
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &security.CertificateResponse{Ca: ca.Crt, Crt: signed.X509CertificatePEM}, nil
}

// enroll asks the control planes for the certificate of a worker's Talos API until one answers; nobody reaches that API before.
func (n *Node) enroll(ctx context.Context, c *configuration) {
	for {
		identity, err := c.enrolled(ctx, n.options)
		if err == nil {
			n.mu.Lock()
			defer n.mu.Unlock()
			if ctx.Err() == nil {
				n.identity = identity
			}
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(pauseForTrust):
		}
	}
}

// enrolled is a worker's identity, signed by the first control plane that answers.
func (c *configuration) enrolled(ctx context.Context, options Options) (*tls.Config, error) {
	ctx, stop := context.WithTimeout(ctx, timeToTrust)
	defer stop()
	host, _, err := net.SplitHostPort(options.Talos)
	if err != nil {
		return nil, err
	}
	machine := c.provider.Machine().Security()
	csr, pair, err := x509.NewEd25519CSRAndIdentity(x509.IPAddresses([]net.IP{net.ParseIP(host)}))
	if err != nil {
		return nil, err
	}
	authority := &pki.Pair{Crt: machine.IssuingCA().Crt}
	trusted := credentials.NewTLS(&tls.Config{RootCAs: pki.Pool(authority), MinVersion: tls.VersionTLS12})
	var problems error
	for _, address := range append(c.controlPlanes(options), c.provider.Cluster().Endpoint().Hostname()) {
		if pair.Crt, err = sign(metadata.AppendToOutgoingContext(ctx, tokenKey, machine.Token()), net.JoinHostPort(address, trustPort), trusted,
			csr.X509CertificateRequestPEM); err == nil {
			return served(pair, authority, tls.RequireAndVerifyClientCert)
		}
		problems = errors.Join(problems, err)
	}
	return nil, problems
}

func sign(ctx context.Context, address string, trusted credentials.TransportCredentials, csr []byte) ([]byte, error) {
	conn, err := grpc.NewClient(address, grpc.WithTransportCredentials(trusted))
	if err != nil {
		return nil, err
	}
	defer conn.Close() //nolint:errcheck
	reply, err := security.NewSecurityServiceClient(conn).Certificate(ctx, &security.CertificateRequest{Csr: csr})
	return reply.GetCrt(), err
}
