package manifests

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/discovery"
	"k8s.io/client-go/discovery/cached/memory"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/restmapper"
)

// Names under which Talos works.
const (
	fieldManager        = "talos"
	inventoryName       = "talos-bootstrap-manifests-inventory"
	inventoryAnnotation = "config.k8s.io/owning-inventory"
)

// Applier brings manifests into a cluster as Talos does it.
//
// See https://github.com/siderolabs/talos/blob/v1.13.9/internal/app/machined/pkg/controllers/k8s/manifest_apply.go
type Applier struct {
	// Inventory: what was found or created once is written down, and not created again when somebody deletes it. Talos does
	// that from 1.13 on; before it creates whatever isn't there.
	Inventory bool

	client dynamic.Interface
	mapper *restmapper.DeferredDiscoveryRESTMapper
}

// NewApplier works on one cluster.
func NewApplier(config *rest.Config, inventory bool) (*Applier, error) {
	client, err := dynamic.NewForConfig(config)
	if err != nil {
		return nil, err
	}
	known, err := discovery.NewDiscoveryClientForConfig(config)
	if err != nil {
		return nil, err
	}
	return &Applier{inventory, client, restmapper.NewDeferredDiscoveryRESTMapper(memory.NewMemCacheClient(known))}, nil
}

// Apply creates what is missing, and updates and removes nothing: that is for `talosctl upgrade-k8s`. One object that the
// cluster refuses keeps no other one out.
func (a *Applier) Apply(ctx context.Context, objects []*unstructured.Unstructured) error {
	inventory, err := a.inventory(ctx)
	if err != nil {
		return err
	}
	var problems error
	for _, each := range sorted(objects) {
		if err := a.create(ctx, each, inventory); err != nil {
			problems = errors.Join(problems, fmt.Errorf("%s %s: %w", each.GetKind(), each.GetName(), err))
		}
	}
	return errors.Join(problems, a.write(ctx, inventory))
}

func (a *Applier) create(ctx context.Context, wanted *unstructured.Unstructured, inventory map[string]string) error {
	wanted, resources, err := a.find(wanted)
	if err != nil {
		return err
	}
	key := keyOf(wanted)
	if _, is := inventory[key]; is {
		return nil
	}
	if _, err = resources.Get(ctx, wanted.GetName(), metav1.GetOptions{}); apierrors.IsNotFound(err) {
		if a.Inventory {
			_, err = resources.Apply(ctx, wanted.GetName(), owned(wanted), metav1.ApplyOptions{FieldManager: fieldManager})
		} else {
			_, err = resources.Create(ctx, wanted, metav1.CreateOptions{FieldManager: fieldManager})
		}
	}
	if err == nil && a.Inventory {
		inventory[key] = ""
	}
	return err
}

// find tells where an object is in the API; a namespace is only that of one whose kind has namespaces.
func (a *Applier) find(wanted *unstructured.Unstructured) (*unstructured.Unstructured, dynamic.ResourceInterface, error) {
	kind := wanted.GroupVersionKind()
	mapping, err := a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		// Its definition may have come since.
		a.mapper.Reset()
		mapping, err = a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return nil, nil, err
	}
	wanted = wanted.DeepCopy()
	resources := a.client.Resource(mapping.Resource)
	if mapping.Scope.Name() != meta.RESTScopeNameNamespace {
		wanted.SetNamespace("")
		return wanted, resources, nil
	}
	if wanted.GetNamespace() == "" {
		wanted.SetNamespace(metav1.NamespaceDefault)
	}
	return wanted, resources.Namespace(wanted.GetNamespace()), nil
}

// keyOf names an object in the inventory.
func keyOf(o *unstructured.Unstructured) string {
	kind := o.GroupVersionKind()
	// A key of a ConfigMap has no colon, the name of a role may.
	return strings.ReplaceAll(strings.Join([]string{o.GetNamespace(), o.GetName(), kind.Group, kind.Kind}, "_"), ":", "__")
}

// owned is the object as one of the inventory.
func owned(o *unstructured.Unstructured) *unstructured.Unstructured {
	o = o.DeepCopy()
	annotations := o.GetAnnotations()
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[inventoryAnnotation] = inventoryName
	o.SetAnnotations(annotations)
	return o
}

var configMaps = corev1.SchemeGroupVersion.WithResource("configmaps")

// inventory is what was created before.
func (a *Applier) inventory(ctx context.Context) (map[string]string, error) {
	if !a.Inventory {
		return nil, nil
	}
	found, err := a.client.Resource(configMaps).Namespace(metav1.NamespaceSystem).Get(ctx, inventoryName, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, err
	}
	entries, _, err := unstructured.NestedStringMap(found.Object, "data")
	if entries == nil {
		entries = map[string]string{}
	}
	return entries, err
}

// write replaces the whole inventory, whatever others have made of it in the meantime.
func (a *Applier) write(ctx context.Context, inventory map[string]string) error {
	if !a.Inventory {
		return nil
	}
	entries := object{}
	for key, value := range inventory {
		entries[key] = value
	}
	inventories := a.client.Resource(configMaps).Namespace(metav1.NamespaceSystem)
	wanted := &unstructured.Unstructured{Object: object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": inventoryName, "namespace": metav1.NamespaceSystem}, "data": entries,
	}}
	_, err := inventories.Update(ctx, wanted, metav1.UpdateOptions{FieldManager: fieldManager})
	if apierrors.IsNotFound(err) {
		_, err = inventories.Create(ctx, wanted, metav1.CreateOptions{FieldManager: fieldManager})
	}
	return err
}

// sorted has namespaces and definitions first, so that others can be in them and of them.
func sorted(objects []*unstructured.Unstructured) []*unstructured.Unstructured {
	objects = slices.Clone(objects)
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int { return cmp.Compare(rank(a), rank(b)) })
	return objects
}

func rank(o *unstructured.Unstructured) int {
	switch o.GroupVersionKind().GroupKind().String() {
	case "Namespace":
		return 0
	case "CustomResourceDefinition.apiextensions.k8s.io":
		return 1
	}
	return 2
}
