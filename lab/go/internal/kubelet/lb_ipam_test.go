package kubelet

import (
	"fmt"
	"net/netip"
	"testing"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/tools/cache"
	"sigs.k8s.io/yaml"
)

func poolOf(t *testing.T, spec string) (pool addressPool) {
	t.Helper()
	if err := yaml.Unmarshal([]byte("spec: "+spec), &pool); err != nil {
		t.Fatal(err)
	}
	return pool
}

func serviceOf(name string, change func(*corev1.Service)) *corev1.Service {
	service := &corev1.Service{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "models", Labels: map[string]string{"app": name}},
		Spec: corev1.ServiceSpec{Type: corev1.ServiceTypeLoadBalancer, IPFamilies: []corev1.IPFamily{corev1.IPv4Protocol}}}
	if change != nil {
		change(service)
	}
	return service
}

func TestAddressesOfPools(t *testing.T) {
	asks := func(text string) func(*corev1.Service) {
		return func(s *corev1.Service) { s.Annotations = map[string]string{"lbipam.cilium.io/ips": text} }
	}
	dual := func(s *corev1.Service) {
		s.Spec.IPFamilies = []corev1.IPFamily{corev1.IPv6Protocol, corev1.IPv4Protocol}
	}
	for _, each := range []struct {
		pool   string
		change func(*corev1.Service)
		want   string
	}{
		{`{blocks: [{start: 192.0.2.9, stop: 192.0.2.10}]}`, nil, "[192.0.2.10] satisfied"},
		{`{blocks: [{start: 192.0.2.9}]}`, nil, "[] out_of_ips"},
		{`{blocks: [{cidr: 192.0.2.16/30}]}`, nil, "[192.0.2.16] satisfied"},
		{`{blocks: [{cidr: 192.0.2.16/30}], allowFirstLastIPs: "No"}`, nil, "[192.0.2.17] satisfied"},
		{`{blocks: [{cidr: 192.0.2.16/30}], disabled: true}`, nil, "[] no_pool"},
		{`{blocks: [{cidr: 192.0.2.16/30}], serviceSelector: {matchLabels: {app: other}}}`, nil, "[] no_pool"},
		{`{blocks: [{cidr: 192.0.2.16/30}], serviceSelector: {matchLabels: {io.kubernetes.service.namespace: models}}}`, nil, "[192.0.2.16] satisfied"},
		{`{blocks: [{cidr: 192.0.2.16/30}]}`, asks("192.0.2.18"), "[192.0.2.18] satisfied"},
		{`{blocks: [{cidr: 192.0.2.16/30}]}`, asks("192.0.2.90"), "[] out_of_ips"},
		{`{blocks: [{cidr: 192.0.2.16/30}, {cidr: "2001:db8::/126"}]}`, dual, "[2001:db8:: 192.0.2.16] satisfied"},
		{`{blocks: [{cidr: 192.0.2.16/30}]}`, dual, "[] out_of_ips"},
	} {
		given, condition := choose([]addressPool{poolOf(t, each.pool)}, serviceOf("ollama", each.change), nil,
			map[netip.Addr]bool{netip.MustParseAddr("192.0.2.9"): true})
		if got := fmt.Sprint(given, " ", condition.Reason); got != each.want {
			t.Errorf("%s gives %s, not %s", each.pool, got, each.want)
		}
	}
}

func TestServicesThatGetAddresses(t *testing.T) {
	l2 := l2Class
	store := cache.NewStore(cache.MetaNamespaceKeyFunc)
	for name, change := range map[string]func(*corev1.Service){
		"plain":     nil,
		"announced": func(s *corev1.Service) { s.Spec.LoadBalancerClass = &l2 },
		"inside":    func(s *corev1.Service) { s.Spec.Type = corev1.ServiceTypeClusterIP },
	} {
		must(t, store.Add(serviceOf(name, change)))
	}
	for config, want := range map[string]string{
		"{}":                              "[plain]",
		"{enable-l2-announcements: true}": "[announced plain]",
		"{default-lb-service-ipam: none}": "[]",
	} {
		var values map[string]any
		must(t, yaml.Unmarshal([]byte(config), &values))
		texts := map[string]string{}
		for key, value := range values {
			texts[key] = fmt.Sprint(value)
		}
		names := []string{}
		for _, service := range askingForAddress(store, texts) {
			names = append(names, service.Name)
		}
		if got := fmt.Sprint(names); got != want {
			t.Errorf("with %s it is %s, not %s", config, got, want)
		}
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
