package node

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/reflect/protoregistry"

	"lab/internal/discovery"
	"lab/internal/pki"
)

// elsewhere is the way to the node that a caller names, when that is another one of the cluster; nil when the call is for
// this one. As with Talos, control planes pass calls on and workers don't.
func (n *Node) elsewhere(ctx context.Context) (*grpc.ClientConn, error) {
	md, _ := metadata.FromIncomingContext(ctx)
	wanted := append(md.Get("node"), n.host())[0]
	n.mu.Lock()
	c := n.disk.current
	n.mu.Unlock()
	if c == nil || n.options.Discovery == "" || wanted == n.host() || wanted == c.hostname || !isAuthenticated(ctx) {
		return nil, nil
	}
	if !c.isControlPlane() {
		return nil, status.Error(codes.PermissionDenied, "no request forwarding")
	}
	members, err := n.options.Discovery.Members(c.id())
	if err != nil {
		return nil, err
	}
	found := slices.IndexFunc(members, func(m discovery.Member) bool { return m.Address == wanted || m.Name == wanted })
	if found < 0 {
		return nil, status.Errorf(codes.Unavailable, "no node %s is known in the cluster", wanted)
	}
	ca := c.provider.Machine().Security().IssuingCA()
	pair, err := pki.Client(ca, "apid", "os:admin")
	if err != nil {
		return nil, err
	}
	certificate, err := pki.TLS(pair)
	if err != nil {
		return nil, err
	}
	_, port, _ := net.SplitHostPort(n.options.Talos)
	return grpc.NewClient(net.JoinHostPort(members[found].Address, port), grpc.WithTransportCredentials(credentials.NewTLS(
		&tls.Config{Certificates: []tls.Certificate{certificate}, RootCAs: pki.Pool(ca), MinVersion: tls.VersionTLS12})))
}

// isAuthenticated tells whether the caller showed a certificate that the node trusts.
func isAuthenticated(ctx context.Context) bool {
	caller, ok := peer.FromContext(ctx)
	if !ok {
		return false
	}
	info, _ := caller.AuthInfo.(credentials.TLSInfo)
	return len(info.State.VerifiedChains) > 0
}

// forward passes a call with one answer on.
func forward(ctx context.Context, conn *grpc.ClientConn, fullMethod string, req any) (any, error) {
	defer conn.Close() //nolint:errcheck
	method, err := methodOf(fullMethod)
	if err != nil {
		return nil, err
	}
	reply, err := empty(method.Output())
	if err != nil {
		return nil, err
	}
	return reply, conn.Invoke(ctx, fullMethod, req, reply)
}

// forwardStream passes a call on whose requests or answers are streams.
func forwardStream(conn *grpc.ClientConn, fullMethod string, caller grpc.ServerStream) error {
	defer conn.Close() //nolint:errcheck
	method, err := methodOf(fullMethod)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(caller.Context())
	defer stop()
	callee, err := conn.NewStream(ctx, &grpc.StreamDesc{ClientStreams: true, ServerStreams: true}, fullMethod)
	if err != nil {
		return err
	}
	go func() {
		if err := pass(method.Input(), caller.RecvMsg, callee.SendMsg); errors.Is(err, io.EOF) {
			_ = callee.CloseSend()
		}
	}()
	if err := pass(method.Output(), callee.RecvMsg, caller.SendMsg); !errors.Is(err, io.EOF) {
		return err
	}
	return nil
}

func pass(kind protoreflect.MessageDescriptor, receive, send func(any) error) error {
	for {
		message, err := empty(kind)
		if err == nil {
			err = receive(message)
		}
		if err == nil {
			err = send(message)
		}
		if err != nil {
			return err
		}
	}
}

func methodOf(fullMethod string) (protoreflect.MethodDescriptor, error) {
	name := protoreflect.FullName(strings.ReplaceAll(strings.TrimPrefix(fullMethod, "/"), "/", "."))
	found, err := protoregistry.GlobalFiles.FindDescriptorByName(name)
	if err != nil {
		return nil, status.Error(codes.Unimplemented, err.Error())
	}
	return found.(protoreflect.MethodDescriptor), nil
}

func empty(kind protoreflect.MessageDescriptor) (proto.Message, error) {
	found, err := protoregistry.GlobalTypes.FindMessageByName(kind.FullName())
	if err != nil {
		return nil, err
	}
	return found.New().Interface(), nil
}
