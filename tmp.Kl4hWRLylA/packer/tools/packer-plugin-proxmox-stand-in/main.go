// The stand-in takes the place of packer-plugin-proxmox where that cannot be downloaded. It knows the keys and types of
// the proxmox-clone builder, so `packer validate` works, and `packer build` runs the provisioners over SSH on ssh_host.
// It never calls Proxmox and makes no VM: whatever depends on that needs the real plugin.
package main

import (
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strconv"

	"github.com/hashicorp/hcl/v2/hcldec"
	"github.com/hashicorp/packer-plugin-sdk/communicator"
	"github.com/hashicorp/packer-plugin-sdk/multistep"
	"github.com/hashicorp/packer-plugin-sdk/multistep/commonsteps"
	packersdk "github.com/hashicorp/packer-plugin-sdk/packer"
	"github.com/hashicorp/packer-plugin-sdk/plugin"
	"github.com/hashicorp/packer-plugin-sdk/template/config"
	"github.com/hashicorp/packer-plugin-sdk/template/interpolate"
	"github.com/hashicorp/packer-plugin-sdk/version"
	"github.com/zclconf/go-cty/cty"
	ctyjson "github.com/zclconf/go-cty/cty/json"
)

// The builder's interface: names and types of its keys.
//
//go:embed proxmox-clone.json
var schemaJSON []byte

type keys map[string]string

type schema struct {
	Version        string
	Attributes     keys
	Blocks         map[string]keys
	RepeatedBlocks map[string]keys
}

var types = map[string]cty.Type{
	"string":       cty.String,
	"number":       cty.Number,
	"bool":         cty.Bool,
	"list(string)": cty.List(cty.String),
	"map(string)":  cty.Map(cty.String),
}

func (k keys) spec() hcldec.ObjectSpec {
	spec := hcldec.ObjectSpec{}
	for name, typeName := range k {
		spec[name] = &hcldec.AttrSpec{Name: name, Type: types[typeName]}
	}
	return spec
}

func (s schema) spec() hcldec.ObjectSpec {
	spec := s.Attributes.spec()
	for name, nested := range s.Blocks {
		spec[name] = &hcldec.BlockSpec{TypeName: name, Nested: nested.spec()}
	}
	for name, nested := range s.RepeatedBlocks {
		spec[name] = &hcldec.BlockListSpec{TypeName: name, Nested: nested.spec()}
	}
	return spec
}

type builder struct {
	schema schema
	vmID   int
	comm   communicator.Config
}

func (b *builder) ConfigSpec() hcldec.ObjectSpec { return b.schema.spec() }

// Prepare refuses what the real builder refuses in the keys that select the source and the target. The rules of
// every other key are the real plugin's to check.
func (b *builder) Prepare(raws ...interface{}) ([]string, []string, error) {
	var source struct {
		CloneVM   string `mapstructure:"clone_vm"`
		CloneVMID int    `mapstructure:"clone_vm_id"`
		VMID      int    `mapstructure:"vm_id"`
		Node      string `mapstructure:"node"`
	}
	for _, raw := range raws {
		plain, err := plainMap(raw)
		if err != nil {
			return nil, nil, err
		}
		if err := config.Decode(&source, &config.DecodeOpts{}, known(plain, "clone_vm", "clone_vm_id", "vm_id", "node")); err != nil {
			return nil, nil, err
		}
		comm := map[string]interface{}{}
		for name := range (*communicator.FlatConfig)(nil).HCL2Spec() {
			if value, given := plain[name]; given && value != nil {
				comm[name] = value
			}
		}
		if err := config.Decode(&b.comm, &config.DecodeOpts{}, comm); err != nil {
			return nil, nil, err
		}
	}
	b.vmID = source.VMID

	problems := b.comm.Prepare(&interpolate.Context{})
	if source.Node == "" {
		problems = append(problems, errors.New("node must be specified"))
	}
	if (source.CloneVM == "") == (source.CloneVMID == 0) {
		problems = append(problems, errors.New("exactly one of clone_vm and clone_vm_id must be specified"))
	}
	for name, id := range map[string]int{"clone_vm_id": source.CloneVMID, "vm_id": source.VMID} {
		if id != 0 && (id < 100 || id > 999999999) {
			problems = append(problems, fmt.Errorf("%s must be in range 100-999999999", name))
		}
	}
	return nil, nil, errors.Join(problems...)
}

func (b *builder) Run(ctx context.Context, ui packersdk.Ui, hook packersdk.Hook) (packersdk.Artifact, error) {
	ui.Say("This is a stand-in for packer-plugin-proxmox: it makes no VM and provisions whatever answers at ssh_host")

	state := new(multistep.BasicStateBag)
	state.Put("ui", ui)
	state.Put("hook", hook)
	state.Put("communicator_config", &b.comm)

	runner := &multistep.BasicRunner{Steps: []multistep.Step{
		&communicator.StepSSHKeyGen{CommConf: &b.comm, SSHTemporaryKeyPair: b.comm.SSHTemporaryKeyPair},
		&communicator.StepConnect{
			Config:    &b.comm,
			Host:      communicator.CommHost(b.comm.Host(), "ssh_host"),
			SSHConfig: b.comm.SSHConfigFunc(),
		},
		&commonsteps.StepProvision{},
	}}
	runner.Run(ctx, state)
	if err, failed := state.GetOk("error"); failed {
		return nil, err.(error)
	}
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return artifact(b.vmID), nil
}

// Packer hands over the template's source block as a cty value and its own settings as a map.
func plainMap(raw interface{}) (map[string]interface{}, error) {
	value, isCty := raw.(cty.Value)
	if !isCty {
		plain, _ := raw.(map[string]interface{})
		return plain, nil
	}
	text, err := ctyjson.Marshal(value, value.Type())
	if err != nil {
		return nil, err
	}
	var plain map[string]interface{}
	return plain, json.Unmarshal(text, &plain)
}

func known(all map[string]interface{}, names ...string) map[string]interface{} {
	some := map[string]interface{}{}
	for _, name := range names {
		if value := all[name]; value != nil {
			some[name] = value
		}
	}
	return some
}

type artifact int

func (artifact) BuilderId() string        { return "stand-in.proxmox.clone" }
func (artifact) Files() []string          { return nil }
func (a artifact) Id() string             { return strconv.Itoa(int(a)) }
func (artifact) String() string           { return "no template: a stand-in for packer-plugin-proxmox ran" }
func (artifact) State(string) interface{} { return nil }
func (artifact) Destroy() error           { return nil }

func main() {
	var interfaceOf schema
	if err := json.Unmarshal(schemaJSON, &interfaceOf); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	set := plugin.NewSet()
	set.SetVersion(version.NewPluginVersion(interfaceOf.Version, "dev", "stand-in"))
	set.RegisterBuilder("clone", &builder{schema: interfaceOf})
	if err := set.Run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
