package controlplane

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

const partOfSnapshot = 64 << 10

// Snapshot passes on etcd's data piece by piece.
func (s Settings) Snapshot(ctx context.Context, send func([]byte) error) error {
	client, err := s.Etcd()
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck
	snapshot, err := client.Snapshot(ctx)
	if err != nil {
		return err
	}
	defer snapshot.Close() //nolint:errcheck
	for part := make([]byte, partOfSnapshot); ; {
		n, err := snapshot.Read(part)
		if n > 0 {
			if err := send(part[:n]); err != nil {
				return err
			}
		}
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// Recover makes etcd's data those of a snapshot.
func (s Settings) Recover(snapshot string) error {
	if err := s.Forget(); err != nil {
		return err
	}
	peer := s.url(etcdPeerPort)
	output, err := exec.Command(s.program("etcdutl"), "snapshot", "restore", snapshot, "--data-dir="+s.data(), "--name="+s.Name,
		"--initial-cluster="+s.Name+"="+peer, "--initial-advertise-peer-urls="+peer).CombinedOutput()
	if err != nil {
		return fmt.Errorf("etcd snapshot: %w: %s", err, strings.TrimSpace(string(output)))
	}
	return nil
}

// Forget removes etcd's data.
func (s Settings) Forget() error { return os.RemoveAll(s.data()) }

func (s Settings) data() string { return filepath.Join(s.Directory, "etcd") }
