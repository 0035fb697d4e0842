package node

import (
	"context"
	"log"

	cosi "github.com/cosi-project/runtime/api/v1alpha1"
	"github.com/cosi-project/runtime/pkg/state"
	"github.com/cosi-project/runtime/pkg/state/impl/inmem"
	"github.com/cosi-project/runtime/pkg/state/impl/namespaced"
	"github.com/cosi-project/runtime/pkg/state/protobuf/server"
	"github.com/siderolabs/talos/pkg/machinery/resources/config"
	"github.com/siderolabs/talos/pkg/machinery/resources/k8s"
	"github.com/siderolabs/talos/pkg/machinery/resources/runtime"

	"lab/internal/manifests"
)

// resources are what `talosctl get` shows: the PCI devices, the user volumes, the machine configuration and the schematic of the running Talos,
// which the Image Factory puts into its images as an extension of that name.
func (d *disk) resources(ctx context.Context, machine Hardware, volumeFault *Rule) (state.CoreState, error) {
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
		for name, directory := range d.current.userVolumes(machine) {
			status := volumeStatus(name, directory)
			if volumeFault != nil {
				fail(status, volumeFault.Message)
			}
			all = append(all, status)
		}
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
	volumeFault := a.node.fault(volumeMethod)
	a.node.mu.Lock()
	defer a.node.mu.Unlock()
	resources, err := a.node.disk.resources(ctx, a.node.hardware, volumeFault)
	if err != nil {
		return nil, err
	}
	return server.NewState(resources), nil
}

// manifests are those of the configuration that the node has at this moment.
func (a *resourcesAPI) manifests(ctx context.Context) (*server.State, error) {
	a.node.mu.Lock()
	current := a.node.disk.current
	a.node.mu.Unlock()
	resources := namespaced.NewState(inmem.Build)
	if !current.isControlPlane() {
		return server.NewState(resources), nil
	}
	objects, err := manifests.Of(ctx, current.provider)
	if err != nil {
		log.Printf("manifests: %v", err)
	}
	all := k8s.NewManifest(k8s.ControlPlaneNamespaceName, "all")
	for _, each := range objects {
		all.TypedSpec().Items = append(all.TypedSpec().Items, k8s.SingleManifest{Object: each.Object})
	}
	return server.NewState(resources), resources.Create(ctx, all)
}

// Get reads one resource.
func (a *resourcesAPI) Get(ctx context.Context, req *cosi.GetRequest) (*cosi.GetResponse, error) {
	now, err := a.now(ctx)
	if err != nil {
		return nil, err
	}
	return now.Get(ctx, req)
}

// List reads the resources of a kind. The manifests are downloaded for whoever asks for them.
func (a *resourcesAPI) List(req *cosi.ListRequest, stream cosi.State_ListServer) error {
	read := a.now
	if req.Type == k8s.ManifestType {
		read = a.manifests
	}
	now, err := read(stream.Context())
	if err != nil {
		return err
	}
	return now.List(req, stream)
}
