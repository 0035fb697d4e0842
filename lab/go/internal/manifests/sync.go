package manifests

import (
	"context"
	"errors"
	"fmt"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/util/retry"
)

// Sync brings a cluster to what the manifests say, as `talosctl upgrade-k8s` does at its end. With an inventory, objects of
// it that are in no manifest any more are deleted; without one, an object is replaced as a whole, and nothing is deleted.
// What was done is told line by line.
//
// See https://github.com/siderolabs/go-kubernetes/blob/v0.2.38/kubernetes/ssa/apply.go and, without an inventory,
// https://github.com/siderolabs/go-kubernetes/blob/v0.2.28/kubernetes/manifests/sync.go
func (a *Applier) Sync(ctx context.Context, objects []*unstructured.Unstructured, say func(line string)) error {
	inventory, err := a.inventory(ctx)
	if err != nil {
		return err
	}
	wanted := map[string]bool{}
	for _, each := range sorted(objects) {
		var key string
		if err := retry.RetryOnConflict(retry.DefaultBackoff, func() (err error) {
			key, err = a.update(ctx, each, say)
			return err
		}); err != nil {
			// Talos ends here too, before it removes anything.
			return errors.Join(fmt.Errorf("%s %s: %w", each.GetKind(), each.GetName(), err), a.write(ctx, inventory))
		}
		wanted[key] = true
		if a.Inventory {
			inventory[key] = ""
		}
	}
	for key := range inventory {
		if wanted[key] {
			continue
		}
		if err := a.prune(ctx, key, say); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", key, err), a.write(ctx, inventory))
		}
		delete(inventory, key)
	}
	return a.write(ctx, inventory)
}

// update brings an object to what its manifest says, and tells its name in the inventory.
func (a *Applier) update(ctx context.Context, wanted *unstructured.Unstructured, say func(line string)) (string, error) {
	wanted, resources, err := a.find(wanted)
	if err != nil {
		return "", err
	}
	current, err := resources.Get(ctx, wanted.GetName(), metav1.GetOptions{})
	if err != nil && !apierrors.IsNotFound(err) {
		return "", err
	}
	is := err == nil
	var after *unstructured.Unstructured
	switch {
	case is && a.Inventory && !isOurs(current):
		return "", errors.New("inventory policy prevented actuation (status: NoMatch, policy: AdoptIfNoInventory)")
	case a.Inventory:
		after, err = resources.Apply(ctx, wanted.GetName(), owned(wanted), metav1.ApplyOptions{FieldManager: fieldManager, Force: true})
	case is:
		wanted.SetResourceVersion(current.GetResourceVersion())
		after, err = resources.Update(ctx, wanted, metav1.UpdateOptions{})
	default:
		after, err = resources.Create(ctx, wanted, metav1.CreateOptions{})
	}
	if err == nil && (!is || after.GetResourceVersion() != current.GetResourceVersion()) {
		say(fmt.Sprintf(" < configured %s/%s", wanted.GetKind(), wanted.GetName()))
	}
	return keyOf(wanted), err
}

func isOurs(o *unstructured.Unstructured) bool {
	inventory, is := o.GetAnnotations()[inventoryAnnotation]
	return !is || inventory == inventoryName
}

// prune deletes an object of the inventory.
func (a *Applier) prune(ctx context.Context, key string, say func(line string)) error {
	resources, name, err := a.named(key)
	if err != nil {
		return err
	}
	current, err := resources.Get(ctx, name, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil
	}
	if err != nil {
		return err
	}
	if !isOurs(current) {
		return errors.New("inventory policy prevented actuation (status: NoMatch, policy: AdoptIfNoInventory)")
	}
	say(fmt.Sprintf(" < deleted %s/%s", current.GetKind(), name))
	background := metav1.DeletePropagationBackground
	return resources.Delete(ctx, name, metav1.DeleteOptions{PropagationPolicy: &background})
}

// named is where an object of the inventory is.
func (a *Applier) named(key string) (dynamic.ResourceInterface, string, error) {
	namespace, rest, _ := strings.Cut(key, "_")
	rest, kindName := cutLast(rest)
	name, group := cutLast(rest)
	name = strings.ReplaceAll(name, "__", ":")
	kind := schema.GroupKind{Group: group, Kind: kindName}
	mapping, err := a.mapper.RESTMapping(kind)
	if meta.IsNoMatchError(err) {
		a.mapper.Reset()
		mapping, err = a.mapper.RESTMapping(kind)
	}
	if err != nil {
		return nil, "", err
	}
	resources := a.client.Resource(mapping.Resource)
	if namespace == "" {
		return resources, name, nil
	}
	return resources.Namespace(namespace), name, nil
}

// cutLast cuts at the last underscore.
func cutLast(text string) (before, after string) {
	at := strings.LastIndex(text, "_")
	return text[:max(at, 0)], text[at+1:]
}
