package controlplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"go.etcd.io/etcd/api/v3/etcdserverpb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"

	"lab/internal/pki"
)

// Snapshot passes on etcd's data piece by piece.
func (s Settings) Snapshot(ctx context.Context, send func([]byte) error) error {
	identity, err := tls.LoadX509KeyPair(s.path("etcd-client.crt"), s.path("etcd-client.key"))
	if err != nil {
		return err
	}
	conn, err := grpc.NewClient(net.JoinHostPort(s.Address, etcdPort), grpc.WithTransportCredentials(credentials.NewTLS(
		&tls.Config{Certificates: []tls.Certificate{identity}, RootCAs: pki.Pool(s.EtcdAuthority)})))
	if err != nil {
		return err
	}
	defer conn.Close() //nolint:errcheck
	stream, err := etcdserverpb.NewMaintenanceClient(conn).Snapshot(ctx, &etcdserverpb.SnapshotRequest{})
	if err != nil {
		return err
	}
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := send(part.Blob); err != nil {
			return err
		}
	}
}

// Recover makes etcd's data those of a snapshot.
func (s Settings) Recover(snapshot string) error {
	data := filepath.Join(s.Directory, "etcd")
	if err := os.RemoveAll(data); err != nil {
		return err
	}
	peer := s.url(etcdPeerPort)
	output, err := exec.Command(s.program("etcdutl"), "snapshot", "restore", snapshot, "--data-dir="+data, "--name=talos",
		"--initial-cluster=talos="+peer, "--initial-advertise-peer-urls="+peer).CombinedOutput()
	if err != nil {
		return fmt.Errorf("etcd snapshot: %w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}
