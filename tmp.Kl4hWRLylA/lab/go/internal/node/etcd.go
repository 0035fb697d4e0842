package node

import (
	"errors"
	"io"
	"os"
	"path/filepath"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// snapshotFile is where an uploaded snapshot waits for the bootstrap that recovers from it.
const snapshotFile = "etcd.snapshot"

// EtcdSnapshot sends etcd's data, as etcd itself writes them down.
func (a *talosAPI) EtcdSnapshot(_ *machine.EtcdSnapshotRequest, stream machine.MachineService_EtcdSnapshotServer) error {
	a.node.mu.Lock()
	running := a.node.kubernetes
	a.node.mu.Unlock()
	if running == nil {
		return status.Error(codes.FailedPrecondition, "etcd is not running")
	}
	err := running.settings.Snapshot(stream.Context(), func(part []byte) error { return stream.Send(&common.Data{Bytes: part}) })
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	return nil
}

// EtcdRecover takes a snapshot, which the next bootstrap may recover from.
func (a *talosAPI) EtcdRecover(stream machine.MachineService_EtcdRecoverServer) error {
	file, err := os.Create(filepath.Join(a.node.options.Directory, snapshotFile))
	if err != nil {
		return err
	}
	defer file.Close() //nolint:errcheck
	for {
		part, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return stream.SendAndClose(&machine.EtcdRecoverResponse{Messages: []*machine.EtcdRecover{{}}})
		}
		if err != nil {
			return err
		}
		if _, err := file.Write(part.Bytes); err != nil {
			return err
		}
	}
}
