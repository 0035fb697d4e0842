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

// Applier creates what is missing of some manifests. Like Talos it never updates an object: that is for `talosctl
// upgrade-k8s`.
type Applier struct {
	// Inventory: what was created once is written down, and not created again when somebody deletes it. Talos does that
	// from 1.13 on; before it creates whatever isn't there.
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

// Apply creates what is missing. One object that the cluster refuses keeps no other one out.
func (a *Applier) Apply(ctx context.Context, objects []*unstructured.Unstructured) error {
	// Namespaces and definitions first, so that others can be in them and of them.
	objects = slices.Clone(objects)
	slices.SortStableFunc(objects, func(a, b *unstructured.Unstructured) int { return cmp.Compare(rank(a), rank(b)) })
	inventory, err := a.inventory(ctx)
	if err != nil {
		return err
	}
	before := len(inventory)
	var problems error
	for _, each := range objects {
		if err := a.create(ctx, each, inventory); err != nil {
			problems = errors.Join(problems, fmt.Errorf("%s %s: %w", each.GetKind(), each.GetName(), err))
		}
	}
	if a.Inventory && len(inventory) > before {
		problems = errors.Join(problems, a.write(ctx, inventory))
	}
	return problems
}

func (a *Applier) create(ctx context.Context, wanted *unstructured.Unstructured, inventory map[string]string) error {
	kind := wanted.GroupVersionKind()
	mapping, err := a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	if meta.IsNoMatchError(err) {
		// Its definition may have come since.
		a.mapper.Reset()
		mapping, err = a.mapper.RESTMapping(kind.GroupKind(), kind.Version)
	}
	if err != nil {
		return err
	}
	wanted = wanted.DeepCopy()
	resources := dynamic.ResourceInterface(a.client.Resource(mapping.Resource))
	if mapping.Scope.Name() == meta.RESTScopeNameNamespace {
		if wanted.GetNamespace() == "" {
			wanted.SetNamespace(metav1.NamespaceDefault)
		}
		resources = a.client.Resource(mapping.Resource).Namespace(wanted.GetNamespace())
	} else {
		wanted.SetNamespace("")
	}
	// A key of a ConfigMap has no colon, the name of a role may.
	key := strings.ReplaceAll(strings.Join([]string{wanted.GetNamespace(), wanted.GetName(), kind.Group, kind.Kind}, "_"), ":", "__")
	if _, is := inventory[key]; is {
		return nil
	}
	if _, err = resources.Get(ctx, wanted.GetName(), metav1.GetOptions{}); apierrors.IsNotFound(err) {
		if a.Inventory {
			annotations := wanted.GetAnnotations()
			if annotations == nil {
				annotations = map[string]string{}
			}
			annotations[inventoryAnnotation] = inventoryName
			wanted.SetAnnotations(annotations)
			_, err = resources.Apply(ctx, wanted.GetName(), wanted, metav1.ApplyOptions{FieldManager: fieldManager})
		} else {
			_, err = resources.Create(ctx, wanted, metav1.CreateOptions{FieldManager: fieldManager})
		}
	}
	if err == nil && a.Inventory {
		inventory[key] = ""
	}
	return err
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

func (a *Applier) write(ctx context.Context, inventory map[string]string) error {
	entries := object{}
	for key, value := range inventory {
		entries[key] = value
	}
	_, err := a.client.Resource(configMaps).Namespace(metav1.NamespaceSystem).Apply(ctx, inventoryName, &unstructured.Unstructured{Object: object{
		"apiVersion": "v1", "kind": "ConfigMap", "metadata": object{"name": inventoryName, "namespace": metav1.NamespaceSystem}, "data": entries,
	}}, metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	return err
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
