package null

import (
	"testing"

	. "lab/internal/standin/standintest"
)

func TestServesThePinnedInterface(t *testing.T) { ExpectPinnedInterface(t, "null", Behaviour) }

func TestNullResource(t *testing.T) {
	tf := Start(t, "null", Behaviour, Object{})
	state := tf.Apply("null_resource", Object{"triggers": Object{"version": "1"}})
	if Attribute(t, state, "id") == "" {
		t.Error("it has no id")
	}
	if tf.Plan("null_resource", state, Object{"triggers": Object{"version": "1"}}).Changes() {
		t.Error("the same triggers are a change")
	}
	ExpectReplace(t, tf.Plan("null_resource", state, Object{"triggers": Object{"version": "2"}}), "triggers")
}
