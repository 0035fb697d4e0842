package node

import (
	"context"

	cosi "github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/cosi-project/runtime/pkg/state/impl/inmem"
	"github.com/cosi-project/runtime/pkg/state/impl/namespaced"
	"github.com/cosi-project/runtime/pkg/state/protobuf/server"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"
)

// resources are what `talosctl get` shows: the PCI devices, the machine configuration and the schematic of the running Talos,
// which the Image Factory puts into its images as an extension of that name.
func (d *disk) resources(ctx context.Context, machine Hardware) (state.CoreState, error) {
	resources := namespaced.NewState(inmem.Build)
	all := machine.devices()
	if d.system.Schematic != "" {
		schematic := runtime.NewExtensionStatus(runtime.NamespaceName, "schematic")
		schematic.TypedSpec().Metadata.Name = "schematic"
		schematic.TypedSpec().Metadata.Version = d.system.Schematic
		all = append(all, schematic)
	}
	if d.current != nil {
		all = append(all, config.NewMachineConfig(d.current.provider))
	}
	for _, each := range all {
		if err := resources.Create(ctx, each); err != nil {
			return nil, err
		}
	}
	return resources, nil
}

// resourcesAPI answers for the resources as they are when it is asked; nothing is watched.
type resourcesAPI struct {
	cosi.UnimplementedStateServer
	node *Node
}

func (a *resourcesAPI) now(ctx context.Context) (*server.State, error) {
	a.node.mu.Lock()
	defer a.node.mu.Unlock()
	resources, err := a.node.disk.resources(ctx, a.node.hardware)
	if err != nil {
		return nil, err
	}
	return server.NewState(resources), nil
}

// Get reads one resource.
func (a *resourcesAPI) Get(ctx context.Context, req *cosi.GetRequest) (*cosi.GetResponse, error) {
	now, err := a.now(ctx)
	if err != nil {
		return nil, err
	}
	return now.Get(ctx, req)
}

// List reads the resources of a kind.
func (a *resourcesAPI) List(req *cosi.ListRequest, stream cosi.State_ListServer) error {
	now, err := a.now(stream.Context())
	if err != nil {
		return err
	}
	return now.List(req, stream)
}
