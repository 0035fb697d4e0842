package node

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"crypto/tls"
	"errors"
	"path"
	"slices"

	cosi "github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/siderolabs/talos/pkg/machinery/api/common"
	"github.com/siderolabs/talos/pkg/machinery/api/machine"
	"github.com/siderolabs/talos/pkg/machinery/api/storage"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/types/known/emptypb"
)

var errBootstrapped = status.Error(codes.AlreadyExists, "etcd data directory is not empty")

// errWorker is the answer to what only a control plane does.
func errWorker(what string) error {
	return status.Error(codes.Unimplemented, what+" is only available on control plane nodes")
}

// inMaintenance are the calls that a node without a configuration answers.
var inMaintenance = []string{"ApplyConfiguration", "Disks", "Version"}

// talosAPI is the part of Talos's API that configures and bootstraps a node.
type talosAPI struct {
	machine.UnimplementedMachineServiceServer
	storage.UnimplementedStorageServiceServer
	node *Node
}

func newTalosServer(n *Node) *grpc.Server {
	// Which identity counts is decided for each connection: a configuration changes it.
	current := &tls.Config{
		MinVersion: tls.VersionTLS12,
		NextProtos: []string{"h2"},
		GetConfigForClient: func(*tls.ClientHelloInfo) (*tls.Config, error) {
			n.mu.Lock()
			defer n.mu.Unlock()
			if n.identity == nil {
				return nil, errors.New("no control plane has signed the certificate of this worker yet")
			}
			return n.identity, nil
		},
	}
	server := grpc.NewServer(grpc.Creds(credentials.NewTLS(current)),
		grpc.UnaryInterceptor(func(ctx context.Context, req any, info *grpc.UnaryServerInfo, handle grpc.UnaryHandler) (reply any, err error) {
			if conn, err := n.elsewhere(ctx); conn != nil {
				return forward(ctx, conn, info.FullMethod, req)
			} else if err != nil {
				return nil, err
			}
			err = n.serve(ctx, info.FullMethod, func() error {
				reply, err = handle(ctx, req)
				return err
			})
			return reply, err
		}),
		grpc.StreamInterceptor(func(srv any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handle grpc.StreamHandler) error {
			if conn, err := n.elsewhere(stream.Context()); conn != nil {
				return forwardStream(conn, info.FullMethod, stream)
			} else if err != nil {
				return err
			}
			return n.serve(stream.Context(), info.FullMethod, func() error { return handle(srv, stream) })
		}),
	)
	api := &talosAPI{node: n}
	machine.RegisterMachineServiceServer(server, api)
	storage.RegisterStorageServiceServer(server, api)
	machine.RegisterLifecycleServiceServer(server, &lifecycleAPI{node: n})
	cosi.RegisterStateServer(server, &resourcesAPI{node: n})
	return server
}

// serve answers one call: faults first, then who may call what, then the call itself; and it keeps the record.
func (n *Node) serve(ctx context.Context, fullMethod string, handle func() error) (err error) {
	method := path.Base(fullMethod)
	caller, _ := peer.FromContext(ctx)
	call := Call{Method: method, Authenticated: isAuthenticated(ctx)}
	if md, ok := metadata.FromIncomingContext(ctx); ok && len(md.Get("node")) > 0 {
		call.Node = md.Get("node")[0]
	}
	defer func() {
		call.Code = status.Code(err).String()
		if err != nil {
			call.Message = status.Convert(err).Message()
		}
		n.record(call)
	}()
	if rule := n.fault(method); rule != nil {
		pause(ctx, rule.delay())
		if rule.Drop {
			n.cut(caller.Addr.String())
			return status.Error(codes.Unavailable, "connection dropped")
		}
		if code, _ := codeOf(rule.Code); code != codes.OK {
			return status.Error(code, rule.Message)
		}
	}
	n.mu.Lock()
	stage := n.disk.stage
	n.mu.Unlock()
	if stage == Maintenance && !slices.Contains(inMaintenance, method) {
		return status.Errorf(codes.Unimplemented, "API is not implemented in maintenance mode")
	}
	if stage != Maintenance && !call.Authenticated {
		return status.Error(codes.Unauthenticated, "the node is configured: a client certificate is needed")
	}
	return handle()
}

// Disks lists nothing: callers only want to know whether it is answered.
func (a *talosAPI) Disks(context.Context, *emptypb.Empty) (*storage.DisksResponse, error) {
	return &storage.DisksResponse{Messages: []*storage.Disks{{}}}, nil
}

// ApplyConfiguration checks a configuration and takes it over.
func (a *talosAPI) ApplyConfiguration(_ context.Context, req *machine.ApplyConfigurationRequest) (*machine.ApplyConfigurationResponse, error) {
	a.node.mu.Lock()
	system := a.node.disk.system
	a.node.mu.Unlock()
	checked, err := decode(req.Data, system, a.node.options)
	if err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	answer := &machine.ApplyConfiguration{Mode: req.Mode}
	if req.DryRun {
		a.node.mu.Lock()
		defer a.node.mu.Unlock()
		if a.node.disk.stage == Maintenance {
			answer.Mode = machine.ApplyConfigurationRequest_REBOOT
		}
	} else if err := a.node.apply(checked, req.Mode.String()); err != nil {
		return nil, status.Error(codes.InvalidArgument, err.Error())
	}
	return &machine.ApplyConfigurationResponse{Messages: []*machine.ApplyConfiguration{answer}}, nil
}

// Bootstrap starts the cluster, once.
func (a *talosAPI) Bootstrap(_ context.Context, req *machine.BootstrapRequest) (*machine.BootstrapResponse, error) {
	if err := a.node.bootstrap(req.RecoverEtcd); err != nil {
		return nil, err
	}
	return &machine.BootstrapResponse{Messages: []*machine.Bootstrap{{}}}, nil
}

// Kubeconfig sends the administrator's kubeconfig in a tar.gz, as Talos does as soon as the node is configured.
func (a *talosAPI) Kubeconfig(_ *emptypb.Empty, stream machine.MachineService_KubeconfigServer) error {
	a.node.mu.Lock()
	current := a.node.disk.current
	a.node.mu.Unlock()
	if !current.isControlPlane() {
		return errWorker("kubeconfig")
	}
	text, err := current.kubeconfig(current.endpoint(a.node.options.Kubernetes))
	if err != nil {
		return err
	}
	var archive bytes.Buffer
	zipped := gzip.NewWriter(&archive)
	tarred := tar.NewWriter(zipped)
	if err := tarred.WriteHeader(&tar.Header{Name: "kubeconfig", Mode: 0o600, Size: int64(len(text)), Typeflag: tar.TypeReg}); err != nil {
		return err
	}
	if _, err := tarred.Write(text); err != nil {
		return err
	}
	if err := tarred.Close(); err != nil {
		return err
	}
	if err := zipped.Close(); err != nil {
		return err
	}
	return stream.Send(&common.Data{Bytes: archive.Bytes()})
}

// Reset wipes the node, which then is in maintenance mode again; or its partition EPHEMERAL alone. A graceful one drains the
// node and leaves etcd before.
func (a *talosAPI) Reset(ctx context.Context, req *machine.ResetRequest) (*machine.ResetResponse, error) {
	if req.Graceful {
		if err := a.node.withdraw(ctx); err != nil {
			return nil, err
		}
	}
	var err error
	if labels := req.SystemPartitionsToWipe; len(labels) == 1 && labels[0].Label == constants.EphemeralPartitionLabel {
		err = a.node.wipeEphemeral()
	} else {
		err = a.node.Wipe()
	}
	if err != nil {
		return nil, err
	}
	if req.Reboot {
		go a.node.restart()
	}
	return &machine.ResetResponse{Messages: []*machine.Reset{{ActorId: "simulated"}}}, nil
}
