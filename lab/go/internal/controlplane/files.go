package controlplane

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"

	"lab/internal/pki"
)

type object = map[string]any

// write makes the files that the programs read.
func (s Settings) write() error {
	names := append([]string{s.Address}, s.CertificateNames...)
	for name, issue := range map[string]func() (*pki.Pair, error){
		"apiserver":          func() (*pki.Pair, error) { return pki.Server(s.ClusterAuthority, names...) },
		"etcd":               func() (*pki.Pair, error) { return pki.Peer(s.EtcdAuthority, s.Address) },
		"etcd-client":        func() (*pki.Pair, error) { return pki.Client(s.EtcdAuthority, "kube-apiserver") },
		"front-proxy-client": func() (*pki.Pair, error) { return pki.Client(s.AggregatorAuthority, frontProxyName) },
		"cluster-ca":         func() (*pki.Pair, error) { return s.ClusterAuthority, nil },
		"aggregator-ca":      func() (*pki.Pair, error) { return s.AggregatorAuthority, nil },
		"etcd-ca":            func() (*pki.Pair, error) { return s.EtcdAuthority, nil },
	} {
		pair, err := issue()
		if err != nil {
			return err
		}
		if err := s.writeFile(name+".crt", pair.Crt); err != nil {
			return err
		}
		if err := s.writeFile(name+".key", pair.Key); err != nil {
			return err
		}
	}
	if err := s.writeFile("service-account.key", s.ServiceAccountKey); err != nil {
		return err
	}
	for file, user := range map[string]struct{ name, group string }{
		"controller-manager.kubeconfig": {"system:kube-controller-manager", ""},
		"scheduler.kubeconfig":          {"system:kube-scheduler", ""},
		"kubelet.kubeconfig":            {"kubelet", "system:masters"},
	} {
		pair, err := pki.Client(s.ClusterAuthority, user.name, slices.DeleteFunc([]string{user.group}, func(g string) bool { return g == "" })...)
		if err != nil {
			return err
		}
		if err := s.writeJSON(file, s.kubeconfig(pair)); err != nil {
			return err
		}
	}
	if err := s.writeJSON("admission.json", object{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "AdmissionConfiguration",
		"plugins": slices.Concat([]AdmissionPlugin{}, s.Admission)}); err != nil {
		return err
	}
	return s.writeJSON("encryption.json", s.encryption())
}

// encryption is how Secrets lie in etcd, with Talos's names of the keys, by which the API server finds the one of a Secret.
//
// https://github.com/siderolabs/talos/blob/v1.13.9/internal/app/machined/pkg/controllers/k8s/internal/k8stemplates/apiserver.go
func (s Settings) encryption() object {
	keys := func(name, secret string) object {
		return object{"keys": []object{{"name": name, "secret": secret}}}
	}
	providers := []object{}
	if s.SecretboxKey != "" {
		providers = append(providers, object{"secretbox": keys("key2", s.SecretboxKey)})
	}
	if s.AESCBCKey != "" {
		providers = append(providers, object{"aescbc": keys("key1", s.AESCBCKey)})
	}
	return object{"apiVersion": "apiserver.config.k8s.io/v1", "kind": "EncryptionConfiguration",
		"resources": []object{{"resources": []string{"secrets"}, "providers": append(providers, object{"identity": object{}})}}}
}

func (s Settings) kubeconfig(user *pki.Pair) object {
	return object{"apiVersion": "v1", "kind": "Config", "current-context": "node",
		"clusters": []object{{"name": "node", "cluster": object{"server": s.url(apiServerPort), "certificate-authority-data": s.ClusterAuthority.Crt}}},
		"users":    []object{{"name": "node", "user": object{"client-certificate-data": user.Crt, "client-key-data": user.Key}}},
		"contexts": []object{{"name": "node", "context": object{"cluster": "node", "user": "node"}}}}
}

func (s Settings) writeJSON(name string, content any) error {
	text, err := json.Marshal(content)
	if err != nil {
		return err
	}
	return s.writeFile(name, text)
}

func (s Settings) writeFile(name string, content []byte) error {
	file := s.path(name)
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	return os.WriteFile(file, content, 0o600)
}
