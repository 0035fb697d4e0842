package node

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"

	"lab/internal/controlplane"
)

// snapshotFile is where an uploaded snapshot waits for the bootstrap that recovers from it.
const snapshotFile = "etcd.snapshot"

const (
	timeForEtcd = 10 * time.Second
	timeToLeave = time.Minute
)

// etcd is the one of this node, for what a caller asks of it.
func (n *Node) etcd(what string) (controlplane.Settings, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if !n.disk.current.isControlPlane() {
		return controlplane.Settings{}, errWorker(what)
	}
	running, _ := n.kubernetes.(*kubernetes)
	if running == nil {
		return controlplane.Settings{}, status.Error(codes.FailedPrecondition, "etcd is not running")
	}
	return running.settings, nil
}

// withEtcd does what a caller asks of this node's etcd.
func (n *Node) withEtcd(ctx context.Context, what string, do func(context.Context, *clientv3.Client) error) error {
	settings, err := n.etcd(what)
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, timeForEtcd)
	defer stop()
	client, err := settings.Etcd()
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck
	return do(ctx, client)
}

// EtcdSnapshot sends etcd's data, as etcd itself writes them down.
func (a *talosAPI) EtcdSnapshot(_ *machine.EtcdSnapshotRequest, stream machine.MachineService_EtcdSnapshotServer) error {
	settings, err := a.node.etcd("etcd snapshot")
	if err != nil {
		return err
	}
	err = settings.Snapshot(stream.Context(), func(part []byte) error { return stream.Send(&common.Data{Bytes: part}) })
	if err != nil {
		return status.Error(codes.Unavailable, err.Error())
	}
	return nil
}

// EtcdMemberList lists etcd's members, as etcd knows them.
func (a *talosAPI) EtcdMemberList(ctx context.Context, _ *machine.EtcdMemberListRequest) (*machine.EtcdMemberListResponse, error) {
	members := &machine.EtcdMembers{}
	err := a.node.withEtcd(ctx, "member list", func(ctx context.Context, client *clientv3.Client) error {
		known, err := client.MemberList(ctx)
		if err != nil {
			return err
		}
		for _, m := range known.Members {
			members.Members = append(members.Members, &machine.EtcdMember{Id: m.ID, Hostname: m.Name, PeerUrls: m.PeerURLs, ClientUrls: m.ClientURLs, IsLearner: m.IsLearner})
			members.LegacyMembers = append(members.LegacyMembers, m.Name)
		}
		return nil
	})
	return &machine.EtcdMemberListResponse{Messages: []*machine.EtcdMembers{members}}, err
}

// EtcdStatus tells how this node's member of etcd is.
func (a *talosAPI) EtcdStatus(ctx context.Context, _ *emptypb.Empty) (*machine.EtcdStatusResponse, error) {
	answer := &machine.EtcdStatus{}
	err := a.node.withEtcd(ctx, "etcd status", func(ctx context.Context, client *clientv3.Client) error {
		is, err := client.Status(ctx, client.Endpoints()[0])
		if err == nil {
			answer.MemberStatus = &machine.EtcdMemberStatus{MemberId: is.Header.MemberId, Leader: is.Leader, IsLearner: is.IsLearner, Errors: is.Errors,
				DbSize: is.DbSize, DbSizeInUse: is.DbSizeInUse, RaftIndex: is.RaftIndex, RaftTerm: is.RaftTerm, RaftAppliedIndex: is.RaftAppliedIndex}
		}
		return err
	})
	return &machine.EtcdStatusResponse{Messages: []*machine.EtcdStatus{answer}}, err
}

// EtcdForfeitLeadership hands the leadership of etcd to another member, if it is this node's.
func (a *talosAPI) EtcdForfeitLeadership(ctx context.Context, _ *machine.EtcdForfeitLeadershipRequest) (*machine.EtcdForfeitLeadershipResponse, error) {
	answer := &machine.EtcdForfeitLeadership{}
	err := a.node.withEtcd(ctx, "etcd forfeit leadership", func(ctx context.Context, client *clientv3.Client) error {
		is, err := client.Status(ctx, client.Endpoints()[0])
		if err != nil || is.Leader != is.Header.MemberId {
			return err
		}
		known, err := client.MemberList(ctx)
		if err != nil {
			return err
		}
		for _, m := range known.Members {
			if m.ID == is.Header.MemberId || m.IsLearner {
				continue
			}
			if _, err = client.MoveLeader(ctx, m.ID); err == nil {
				answer.Member = m.Name
				return nil
			}
		}
		return err
	})
	return &machine.EtcdForfeitLeadershipResponse{Messages: []*machine.EtcdForfeitLeadership{answer}}, err
}

// EtcdRemoveMemberByID takes any member out of etcd, also one whose machine is gone.
func (a *talosAPI) EtcdRemoveMemberByID(ctx context.Context, req *machine.EtcdRemoveMemberByIDRequest) (*machine.EtcdRemoveMemberByIDResponse, error) {
	err := a.node.withEtcd(ctx, "etcd remove member", func(ctx context.Context, client *clientv3.Client) error {
		_, err := client.MemberRemove(ctx, req.MemberId)
		return err
	})
	return &machine.EtcdRemoveMemberByIDResponse{Messages: []*machine.EtcdRemoveMemberByID{{}}}, err
}

// EtcdLeaveCluster takes this node's member out of etcd and ends it.
func (a *talosAPI) EtcdLeaveCluster(ctx context.Context, _ *machine.EtcdLeaveClusterRequest) (*machine.EtcdLeaveClusterResponse, error) {
	if err := a.node.leave(ctx); err != nil {
		return nil, err
	}
	return &machine.EtcdLeaveClusterResponse{Messages: []*machine.EtcdLeaveCluster{{}}}, nil
}

// leave ends the node's membership in etcd, and its control plane with it. etcd refuses what would cost the quorum, and
// also for a while after other changes.
func (n *Node) leave(ctx context.Context) error {
	settings, err := n.etcd("etcd leave")
	if err != nil {
		return err
	}
	n.power.Lock()
	defer n.power.Unlock()
	ctx, stop := context.WithTimeout(ctx, timeToLeave)
	defer stop()
	for {
		if err = settings.Leave(ctx); !errors.Is(err, rpctypes.ErrUnhealthy) || ctx.Err() != nil {
			break
		}
		pause(ctx, pauseToSeek)
	}
	if err != nil {
		return status.Error(codes.FailedPrecondition, "failed to leave cluster: "+err.Error())
	}
	n.stopKubernetes()
	n.mu.Lock()
	defer n.mu.Unlock()
	n.disk.stage, n.disk.members, n.hasLeft = Configured, "", true
	return settings.Forget()
}

// upgradable tells why a control plane may not be taken away for an upgrade: Talos wants all members of etcd well before.
func (n *Node) upgradable(ctx context.Context) error {
	n.mu.Lock()
	_, hasEtcd := n.kubernetes.(*kubernetes)
	n.mu.Unlock()
	if !hasEtcd {
		return nil
	}
	return n.withEtcd(ctx, "upgrade", func(ctx context.Context, client *clientv3.Client) error {
		known, err := client.MemberList(ctx)
		if err != nil {
			return fmt.Errorf("error validating etcd for upgrade: %w", err)
		}
		for _, m := range known.Members {
			if len(m.ClientURLs) == 0 {
				return fmt.Errorf("etcd member %016x is not started, all members must be running to perform an upgrade", m.ID)
			}
			if _, err := client.Status(ctx, m.ClientURLs[0]); err != nil {
				return fmt.Errorf("etcd member %016x is not healthy; all members must be healthy to perform an upgrade: %w", m.ID, err)
			}
		}
		return nil
	})
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
