package kubelet

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// errNotAuthorized is what the driver's library says of a refusal, whatever Proxmox has said.
//
// https://github.com/luthermonson/go-proxmox/blob/main/proxmox.go
var errNotAuthorized = errors.New("not authorized to access endpoint")

// proxmox is the API of Proxmox, as the account of the CSI driver.
type proxmox struct {
	URL         string `json:"url"`
	TokenID     string `json:"token_id"`
	TokenSecret string `json:"token_secret"`
	Region      string `json:"region"`

	client *http.Client
}

// trust makes certificates of the CA the only ones that are accepted; without one those of the system are.
func (p *proxmox) trust(ca string) {
	config := &tls.Config{MinVersion: tls.VersionTLS12}
	if ca != "" {
		config.RootCAs = x509.NewCertPool()
		config.RootCAs.AppendCertsFromPEM([]byte(ca))
	}
	p.client = &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{TLSClientConfig: config, DisableKeepAlives: true}}
}

// call sends a request and reads the data of the answer.
func (p *proxmox) call(method, path string, values url.Values, data any) error {
	request, err := http.NewRequest(method, p.URL+path, strings.NewReader(values.Encode()))
	if err != nil {
		return err
	}
	request.Header.Set("Authorization", "PVEAPIToken="+p.TokenID+"="+p.TokenSecret)
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := p.client.Do(request)
	if err != nil {
		return err
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		return err
	}
	switch {
	case answer.StatusCode == http.StatusUnauthorized || answer.StatusCode == http.StatusForbidden:
		return errNotAuthorized
	case answer.StatusCode != http.StatusOK:
		return fmt.Errorf("%s: %s", answer.Status, body)
	case data == nil:
		return nil
	}
	return json.Unmarshal(body, &struct {
		Data any `json:"data"`
	}{data})
}

// content is a volume on a storage. The lab tells the content of one from that of another by its identity.
type content struct {
	VolID    string `json:"volid"`
	Size     int64  `json:"size"`
	Identity string `json:"identity"`
}

// find looks for a volume on a storage; it is nil if there is none.
func (p *proxmox) find(node, storage, volid string) (*content, error) {
	var all []content
	if err := p.call(http.MethodGet, "/nodes/"+node+"/storage/"+storage+"/content", nil, &all); err != nil {
		return nil, err
	}
	for _, each := range all {
		if each.VolID == volid {
			return &each, nil
		}
	}
	return nil, nil
}

// storage is one of the Proxmox cluster's.
type storage struct {
	Name   string `json:"storage"`
	Type   string `json:"plugintype"`
	Shared int    `json:"shared"`
	// Nodes are those that see a shared one, unless all do.
	Nodes string `json:"-"`
}

// holdsFiles tells whether its volumes are files.
func (s storage) holdsFiles() bool {
	return slices.Contains([]string{"dir", "nfs", "cifs", "cephfs", "btrfs"}, s.Type)
}

// storageNamed is the storage of a class, with the nodes of Proxmox that see its volumes if it is shared.
func (p *proxmox) storageNamed(name string) (found storage, _ error) {
	var all []storage
	if err := p.call(http.MethodGet, "/cluster/resources?type=storage", nil, &all); err != nil {
		return found, err
	}
	at := slices.IndexFunc(all, func(each storage) bool { return each.Name == name })
	if at < 0 {
		return found, fmt.Errorf("failed to get proxmox storage config: storage %s: not found", name)
	}
	found = all[at]
	if found.Shared == 0 {
		return found, nil
	}
	if found.Type == "cifs" || found.Type == "pbs" {
		return found, errors.New("error: shared storage type cifs, pbs are not supported")
	}
	var config struct {
		Nodes string `json:"nodes"`
	}
	err := p.call(http.MethodGet, "/storage/"+name, nil, &config)
	found.Nodes = config.Nodes
	return found, err
}

// vm is where the machine of a node is.
type vm struct {
	ID   int    `json:"vmid"`
	Name string `json:"name"`
	Node string `json:"node"`
}

// vms are those that the account may see.
func (p *proxmox) vms() ([]vm, error) {
	var all []vm
	return all, p.call(http.MethodGet, "/cluster/resources?type=vm", nil, &all)
}

func (v vm) path() string { return fmt.Sprintf("/nodes/%s/qemu/%d", v.Node, v.ID) }

// disks are the SCSI disks of a VM, by interface.
func (p *proxmox) disks(v vm) (map[string]string, error) {
	var config map[string]any
	if err := p.call(http.MethodGet, v.path()+"/config", nil, &config); err != nil {
		return nil, err
	}
	disks := map[string]string{}
	for key, value := range config {
		if text, is := value.(string); is && strings.HasPrefix(key, "scsi") && key != "scsihw" {
			disks[key] = text
		}
	}
	return disks, nil
}

// attach gives a VM a volume, unless it has it.
func (p *proxmox) attach(v vm, volid string) error {
	disks, err := p.disks(v)
	if err != nil {
		return err
	}
	if interfaceOf(disks, volid) != "" {
		return nil
	}
	for lun := 1; lun < 30; lun++ {
		key := fmt.Sprintf("scsi%d", lun)
		if disks[key] == "" {
			value := fmt.Sprintf("%s,backup=0,iothread=0,wwn=0x%x", volid, fmt.Sprintf("PVC-ID%02d", lun))
			return p.call(http.MethodPost, v.path()+"/config", url.Values{key: {value}}, nil)
		}
	}
	return errors.New("no free lun found")
}

// detach takes a volume from a VM.
func (p *proxmox) detach(v vm, volid string) error {
	disks, err := p.disks(v)
	if err != nil {
		return err
	}
	key := interfaceOf(disks, volid)
	if key == "" {
		return nil
	}
	return p.call(http.MethodPut, v.path()+"/config", url.Values{"delete": {key}}, nil)
}

func interfaceOf(disks map[string]string, volid string) string {
	for key, value := range disks {
		if found, _, _ := strings.Cut(value, ","); found == volid {
			return key
		}
	}
	return ""
}
