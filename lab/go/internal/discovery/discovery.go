// Package discovery stands for Talos's discovery service: nodes tell there who they are, and learn who else is of their
// cluster. It is a directory that all nodes of a network share.
package discovery

import (
	"encoding/json"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
)

// partial is the extension of what is not written yet.
const partial = ".part"

// Member is what a node tells of itself.
type Member struct {
	// Name is the node's hostname.
	Name string `json:"name"`
	// Address is the node's IP address.
	Address      string `json:"address"`
	ControlPlane bool   `json:"controlPlane"`
}

// Service is the directory. An empty one is a network without the service: nobody hears anything there.
type Service string

// Announce tells the others of a cluster about a node, in the place of what was told about its address before. A node that
// dies stays known, as for half an hour with the real service.
func (s Service) Announce(cluster string, member Member) error {
	if s == "" {
		return nil
	}
	text, err := json.Marshal(member)
	if err != nil {
		return err
	}
	file := s.file(cluster, member.Address)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	// Others read at any moment, and never half of it.
	if err := os.WriteFile(file+partial, text, 0o600); err != nil {
		return err
	}
	return os.Rename(file+partial, file)
}

// Leave takes back what was told about an address.
func (s Service) Leave(cluster, address string) error {
	if s == "" {
		return nil
	}
	if err := os.Remove(s.file(cluster, address)); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}

// Members are the nodes of a cluster that were heard of.
func (s Service) Members(cluster string) ([]Member, error) {
	if s == "" {
		return nil, nil
	}
	files, err := os.ReadDir(filepath.Dir(s.file(cluster, "any")))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	var members []Member
	for _, file := range files {
		if filepath.Ext(file.Name()) == partial {
			continue
		}
		text, err := os.ReadFile(s.file(cluster, file.Name()))
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var member Member
		if err == nil {
			err = json.Unmarshal(text, &member)
		}
		if err != nil {
			return nil, err
		}
		members = append(members, member)
	}
	return members, nil
}

// ControlPlanes are the addresses of a cluster's control planes but for one's own.
func (s Service) ControlPlanes(cluster, own string) ([]string, error) {
	members, err := s.Members(cluster)
	members = slices.DeleteFunc(members, func(m Member) bool { return !m.ControlPlane || m.Address == own })
	var addresses []string
	for _, member := range members {
		addresses = append(addresses, member.Address)
	}
	return addresses, err
}

// file is a member's; a cluster's id is base64, which may have a slash.
func (s Service) file(cluster, address string) string {
	return filepath.Join(string(s), url.PathEscape(cluster), address)
}
