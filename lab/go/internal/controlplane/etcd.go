package controlplane

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"

	"go.etcd.io/etcd/api/v3/v3rpc/rpctypes"
	clientv3 "go.etcd.io/etcd/client/v3"
	"go.uber.org/zap"

	"lab/internal/pki"
)

const timeToAnswer = 5 * time.Second

// Etcd is the way into the etcd of some nodes, this one's by default.
func (s Settings) Etcd(addresses ...string) (*clientv3.Client, error) {
	pair, err := pki.Client(s.EtcdAuthority, "talos")
	if err != nil {
		return nil, err
	}
	identity, err := pki.TLS(pair)
	if err != nil {
		return nil, err
	}
	if len(addresses) == 0 {
		addresses = []string{s.Address}
	}
	var endpoints []string
	for _, address := range addresses {
		endpoints = append(endpoints, net.JoinHostPort(address, etcdPort))
	}
	return clientv3.New(clientv3.Config{
		Endpoints:   endpoints,
		TLS:         &tls.Config{Certificates: []tls.Certificate{identity}, RootCAs: pki.Pool(s.EtcdAuthority), MinVersion: tls.VersionTLS12},
		DialTimeout: timeToAnswer,
		Logger:      zap.NewNop(),
	})
}

// Running tells whether some of the addresses have an etcd that answers, for another one to join.
func (s Settings) Running(ctx context.Context, addresses []string) bool {
	return slices.ContainsFunc(addresses, func(address string) bool {
		conn, err := (&net.Dialer{Timeout: timeToAnswer}).DialContext(ctx, "tcp", net.JoinHostPort(address, etcdPort))
		if err == nil {
			_ = conn.Close()
		}
		return err == nil
	})
}

// Join makes the node a member of the etcd that runs at some addresses, one without a vote at first, and returns all
// members of it as Settings have them. A member of the same name or address is an earlier life of this node, and goes.
func (s Settings) Join(ctx context.Context, addresses []string) (members string, err error) {
	ctx, stop := context.WithTimeout(ctx, timeToAnswer)
	defer stop()
	client, err := s.Etcd(addresses...)
	if err != nil {
		return "", err
	}
	defer client.Close() //nolint:errcheck
	peer := s.url(etcdPeerPort)
	known, err := client.MemberList(ctx)
	if err != nil {
		return "", err
	}
	for _, member := range known.Members {
		if member.Name != s.Name && !slices.Contains(member.PeerURLs, peer) {
			continue
		}
		if _, err := client.MemberRemove(ctx, member.ID); err != nil {
			return "", fmt.Errorf("removing the earlier member %s: %w", s.Name, err)
		}
	}
	added, err := client.MemberAddAsLearner(ctx, []string{peer})
	if err != nil {
		return "", err
	}
	var all []string
	for _, member := range added.Members {
		name := member.Name
		if member.ID == added.Member.ID {
			name = s.Name
		}
		for _, url := range member.PeerURLs {
			all = append(all, name+"="+url)
		}
	}
	return strings.Join(all, ","), nil
}

// promoted returns once the node's member of etcd has a vote.
func (s Settings) promoted(ctx context.Context, peers func() []string) error {
	if s.Members == "" {
		return nil
	}
	for {
		err := s.promote(ctx, peers())
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(200 * time.Millisecond):
		}
	}
}

// promote asks for a vote. etcd grants it to whoever has caught up.
func (s Settings) promote(ctx context.Context, peers []string) error {
	ctx, stop := context.WithTimeout(ctx, timeToAnswer)
	defer stop()
	client, err := s.Etcd(append(peers, s.Address)...)
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck
	known, err := client.MemberList(ctx)
	if err != nil {
		return err
	}
	for _, member := range known.Members {
		if !slices.Contains(member.PeerURLs, s.url(etcdPeerPort)) {
			continue
		}
		if !member.IsLearner {
			return nil
		}
		_, err := client.MemberPromote(ctx, member.ID)
		return err
	}
	return errors.New("etcd does not know this member")
}

// Leave ends the node's membership in etcd.
func (s Settings) Leave(ctx context.Context) error {
	client, err := s.Etcd()
	if err != nil {
		return err
	}
	defer client.Close() //nolint:errcheck
	status, err := client.Status(ctx, client.Endpoints()[0])
	if err != nil {
		return err
	}
	_, err = client.MemberRemove(ctx, status.Header.MemberId)
	// A member that is removed stops, at times before it has answered.
	if errors.Is(err, rpctypes.ErrStopped) {
		return nil
	}
	return err
}
