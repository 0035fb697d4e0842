package discovery

import (
	"slices"
	"testing"
)

func TestDiscovery(t *testing.T) {
	service := Service(t.TempDir())
	check := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	// A cluster's id is base64 and may have a slash.
	for cluster, members := range map[string][]Member{
		"a/b=": {{Name: "c1", Address: "127.0.0.1", ControlPlane: true}, {Name: "c2", Address: "127.0.0.2", ControlPlane: true}, {Name: "w1", Address: "127.0.0.3"}},
		"a":    {{Name: "other", Address: "127.0.0.4", ControlPlane: true}},
	} {
		for _, member := range members {
			check(service.Announce(cluster, member))
		}
	}

	t.Run("members are those of the cluster", func(t *testing.T) {
		members, err := service.Members("a/b=")
		check(err)
		if len(members) != 3 {
			t.Errorf("%v", members)
		}
	})
	t.Run("the other control planes are neither oneself nor workers", func(t *testing.T) {
		addresses, err := service.ControlPlanes("a/b=", "127.0.0.1")
		check(err)
		if !slices.Equal(addresses, []string{"127.0.0.2"}) {
			t.Errorf("%v", addresses)
		}
	})
	t.Run("a machine that takes over an address takes the place of the one before", func(t *testing.T) {
		check(service.Announce("a/b=", Member{Name: "c9", Address: "127.0.0.2"}))
		members, err := service.Members("a/b=")
		check(err)
		if len(members) != 3 || !slices.Contains(members, Member{Name: "c9", Address: "127.0.0.2"}) {
			t.Errorf("%v", members)
		}
	})
	t.Run("whoever leaves is not known any more", func(t *testing.T) {
		check(service.Leave("a/b=", "127.0.0.2"))
		check(service.Leave("a/b=", "127.0.0.2"))
		members, err := service.Members("a/b=")
		check(err)
		if len(members) != 2 {
			t.Errorf("%v", members)
		}
	})
	t.Run("without the service nobody is known", func(t *testing.T) {
		check(Service("").Announce("a", Member{Address: "127.0.0.1"}))
		if members, err := Service("").Members("a"); err != nil || len(members) != 0 {
			t.Errorf("%v %v", members, err)
		}
	})
}
