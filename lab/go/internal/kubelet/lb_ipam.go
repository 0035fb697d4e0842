package kubelet

import (
	"cmp"
	"context"
	"net/netip"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/tools/cache"
)

const (
	requestSatisfied = "cilium.io/IPAMRequestSatisfied"
	// The namespace and the name of a service are labels for the selectors of pools.
	serviceNamespace = "io.kubernetes.service.namespace"
	serviceName      = "io.kubernetes.service.name"
	l2Class          = "io.cilium/l2-announcer"
	bgpClass         = "io.cilium/bgp-control-plane"
)

// requestedIPs are annotations in which a service asks for addresses.
var requestedIPs = []string{"lbipam.cilium.io/ips", "io.cilium/lb-ipam-ips"}

// addressPool is a CiliumLoadBalancerIPPool.
type addressPool struct {
	Metadata metav1.ObjectMeta `json:"metadata"`
	Spec     struct {
		Blocks []struct {
			CIDR  string `json:"cidr"`
			Start string `json:"start"`
			Stop  string `json:"stop"`
		} `json:"blocks"`
		Disabled          bool                  `json:"disabled"`
		AllowFirstLastIPs string                `json:"allowFirstLastIPs"`
		ServiceSelector   *metav1.LabelSelector `json:"serviceSelector"`
	} `json:"spec"`
}

// block is the first and the last address that can be given.
type block struct{ first, last netip.Addr }

func (p addressPool) blocks() (all []block) {
	for _, each := range p.Spec.Blocks {
		if prefix, err := netip.ParsePrefix(each.CIDR); err == nil {
			first, last := prefix.Masked().Addr(), lastOf(prefix)
			if p.Spec.AllowFirstLastIPs == "No" && first.Next().Less(last) {
				first, last = first.Next(), last.Prev()
			}
			all = append(all, block{first, last})
			continue
		}
		first, err := netip.ParseAddr(each.Start)
		if err != nil {
			continue
		}
		last, err := netip.ParseAddr(each.Stop)
		if err != nil {
			last = first
		}
		all = append(all, block{first, last})
	}
	return all
}

func lastOf(prefix netip.Prefix) netip.Addr {
	bytes := prefix.Masked().Addr().AsSlice()
	for bit := prefix.Bits(); bit < len(bytes)*8; bit++ {
		bytes[bit/8] |= 0x80 >> (bit % 8)
	}
	last, _ := netip.AddrFromSlice(bytes)
	return last
}

func (b block) has(address netip.Addr) bool {
	return b.first.BitLen() == address.BitLen() && b.first.Compare(address) <= 0 && address.Compare(b.last) <= 0
}

// selects tells whether services like this one get addresses of the pool.
func (p addressPool) selects(service *corev1.Service) bool {
	if p.Spec.Disabled {
		return false
	}
	if p.Spec.ServiceSelector == nil {
		return true
	}
	selector, err := metav1.LabelSelectorAsSelector(p.Spec.ServiceSelector)
	known := labels.Merge(service.Labels, labels.Set{serviceNamespace: service.Namespace, serviceName: service.Name})
	return err == nil && selector.Matches(known)
}

// assignAddresses does what LB IPAM of Cilium's operator does, with the configuration that the operator has started with. It
// gives each address to one service: sharing keys are not known here.
//
// https://github.com/cilium/cilium/blob/v1.20.2/operator/pkg/lbipam/lbipam.go
func (k *Kubelet) assignAddresses(ctx context.Context, store, services cache.Store, node string) error {
	operator := leadingOperator(store)
	if operator == nil || operator.Spec.NodeName != node {
		return nil
	}
	config, err := k.read(ctx, operator, ciliumConfig)
	if err != nil || config["enable-lb-ipam"] == "false" {
		return ignoreMissing(err)
	}
	asking := askingForAddress(services, config)
	if len(asking) == 0 {
		return nil
	}
	// Nothing tells of pools.
	k.later.Reset(pauseToLookAgain)
	pools, err := k.addressPools(ctx)
	if err != nil {
		return err
	}
	taken := map[netip.Addr]bool{}
	kept := make([][]netip.Addr, len(asking))
	for i, service := range asking {
		for _, address := range addressesOf(service) {
			if !taken[address] && isFrom(pools, service, address) {
				taken[address], kept[i] = true, append(kept[i], address)
			}
		}
	}
	for i, service := range asking {
		given, condition := choose(pools, service, kept[i], taken)
		if err := k.giveAddresses(ctx, service, given, condition); err != nil {
			return err
		}
	}
	return nil
}

// leadingOperator is the one of Cilium's operators that works for all: the eldest.
func leadingOperator(store cache.Store) (leading *corev1.Pod) {
	for _, each := range store.List() {
		pod, ok := each.(*corev1.Pod)
		if !ok || pod.DeletionTimestamp != nil || !works(pod) || !runs(pod, operatorImage) {
			continue
		}
		if leading == nil || cmp.Or(pod.CreationTimestamp.Compare(leading.CreationTimestamp.Time), strings.Compare(pod.Name, leading.Name)) < 0 {
			leading = pod
		}
	}
	return leading
}

// askingForAddress are the services for which an operator of this configuration looks for addresses, the eldest first.
func askingForAddress(store cache.Store, config map[string]string) (asking []*corev1.Service) {
	classes := map[string]bool{
		"":       cmp.Or(config["default-lb-service-ipam"], "lbipam") == "lbipam",
		l2Class:  config["enable-l2-announcements"] == "true",
		bgpClass: config["enable-bgp-control-plane"] == "true",
	}
	for _, each := range store.List() {
		service, ok := each.(*corev1.Service)
		if !ok || service.Spec.Type != corev1.ServiceTypeLoadBalancer || service.DeletionTimestamp != nil {
			continue
		}
		class := ""
		if service.Spec.LoadBalancerClass != nil {
			class = *service.Spec.LoadBalancerClass
		}
		if classes[class] {
			asking = append(asking, service)
		}
	}
	slices.SortFunc(asking, func(a, b *corev1.Service) int {
		return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Namespace+"/"+a.Name, b.Namespace+"/"+b.Name))
	})
	return asking
}

// addressPools are the pools of the cluster, the eldest first.
func (k *Kubelet) addressPools(ctx context.Context) (pools []addressPool, _ error) {
	found, err := k.dynamic.Resource(schema.GroupVersionResource{Group: "cilium.io", Version: "v2", Resource: "ciliumloadbalancerippools"}).
		List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, ignoreMissing(err)
	}
	for _, each := range found.Items {
		var pool addressPool
		if err := runtime.DefaultUnstructuredConverter.FromUnstructured(each.Object, &pool); err != nil {
			k.log.Printf("the pool %s: %v", each.GetName(), err)
			continue
		}
		pools = append(pools, pool)
	}
	slices.SortStableFunc(pools, func(a, b addressPool) int {
		return a.Metadata.CreationTimestamp.Compare(b.Metadata.CreationTimestamp.Time)
	})
	return pools, nil
}

func addressesOf(service *corev1.Service) (all []netip.Addr) {
	for _, each := range service.Status.LoadBalancer.Ingress {
		if address, err := netip.ParseAddr(each.IP); err == nil {
			all = append(all, address)
		}
	}
	return all
}

// requestedBy are the addresses that a service asks for; none if it takes any.
func requestedBy(service *corev1.Service) (all []netip.Addr) {
	texts := []string{service.Spec.LoadBalancerIP}
	for _, annotation := range requestedIPs {
		texts = append(texts, strings.Split(service.Annotations[annotation], ",")...)
	}
	for _, text := range texts {
		if address, err := netip.ParseAddr(strings.TrimSpace(text)); err == nil {
			all = append(all, address)
		}
	}
	return all
}

// isFrom tells whether a service may have an address.
func isFrom(pools []addressPool, service *corev1.Service, address netip.Addr) bool {
	if requested := requestedBy(service); len(requested) > 0 && !slices.Contains(requested, address) {
		return false
	}
	return slices.ContainsFunc(pools, func(pool addressPool) bool {
		return pool.selects(service) && slices.ContainsFunc(pool.blocks(), func(block block) bool { return block.has(address) })
	})
}

// choose gives a service what it has, and what it lacks of each IP family, and says why it may lack some.
func choose(pools []addressPool, service *corev1.Service, kept []netip.Addr, taken map[netip.Addr]bool) ([]netip.Addr, metav1.Condition) {
	given := slices.Clone(kept)
	take := func(address netip.Addr) bool {
		if taken[address] || !isFrom(pools, service, address) {
			return false
		}
		taken[address], given = true, append(given, address)
		return true
	}
	satisfied := metav1.Condition{Type: requestSatisfied, Status: metav1.ConditionTrue, Reason: "satisfied"}
	refused := metav1.Condition{Type: requestSatisfied, Status: metav1.ConditionFalse, Reason: "no_pool",
		Message: "There are no enabled CiliumLoadBalancerIPPools that match this service"}
	if slices.ContainsFunc(pools, func(pool addressPool) bool { return pool.selects(service) }) {
		refused.Reason, refused.Message = "out_of_ips", "All enabled CiliumLoadBalancerIPPools that match this service ran out of allocatable IPs"
	}
	if requested := requestedBy(service); len(requested) > 0 {
		for _, address := range requested {
			if !slices.Contains(given, address) && !take(address) {
				return given, refused
			}
		}
		return given, satisfied
	}
	for _, family := range service.Spec.IPFamilies {
		isOf := func(address netip.Addr) bool { return address.Is6() == (family == corev1.IPv6Protocol) }
		if !slices.ContainsFunc(given, isOf) && !takeAny(pools, service, isOf, take) {
			return given, refused
		}
	}
	return given, satisfied
}

// takeAny takes the first address of a family that is free.
func takeAny(pools []addressPool, service *corev1.Service, isOf, take func(netip.Addr) bool) bool {
	for _, pool := range pools {
		if !pool.selects(service) {
			continue
		}
		for _, block := range pool.blocks() {
			for address := block.first; isOf(block.first) && block.has(address); address = address.Next() {
				if take(address) {
					return true
				}
			}
		}
	}
	return false
}

// giveAddresses writes to the service what it has got.
func (k *Kubelet) giveAddresses(ctx context.Context, service *corev1.Service, given []netip.Addr, condition metav1.Condition) error {
	wanted := service.DeepCopy()
	wanted.Status.LoadBalancer.Ingress = nil
	mode := corev1.LoadBalancerIPModeVIP
	for _, address := range given {
		wanted.Status.LoadBalancer.Ingress = append(wanted.Status.LoadBalancer.Ingress, corev1.LoadBalancerIngress{IP: address.String(), IPMode: &mode})
	}
	condition.ObservedGeneration = service.Generation
	meta.SetStatusCondition(&wanted.Status.Conditions, condition)
	if equality.Semantic.DeepEqual(service.Status, wanted.Status) {
		return nil
	}
	_, err := k.client.CoreV1().Services(service.Namespace).UpdateStatus(ctx, wanted, metav1.UpdateOptions{FieldManager: "cilium-operator-lb-ipam"})
	// It is looked at again.
	if apierrors.IsConflict(err) || apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
