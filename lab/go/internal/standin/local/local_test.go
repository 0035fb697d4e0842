package local

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"

	. "lab/internal/standin/standintest"
)

func TestServesThePinnedInterface(t *testing.T) { ExpectPinnedInterface(t, "local", Behaviour) }

func TestLocalFileWritesItsContent(t *testing.T) {
	tf := Start(t, "local", Behaviour, Object{})
	filename := filepath.Join(t.TempDir(), "deep", "file")
	configuration := Object{"filename": filename, "content": "hello", "file_permission": "0600", "directory_permission": "0700"}
	state := tf.Apply("local_file", configuration)

	content, err := os.ReadFile(filename)
	Must(t, err)
	Expect(t, "the content", string(content), "hello")
	for path, want := range map[string]os.FileMode{filename: 0o600, filepath.Dir(filename): 0o700} {
		info, err := os.Stat(path)
		Must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
	Expect(t, "the id", Attribute(t, state, "id"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")
	Expect(t, "the hash", Attribute(t, state, "content_md5"), "5d41402abc4b2a76b9719d911017c592")
	if tf.Refresh("local_file", state).IsNull() || tf.Plan("local_file", state, configuration).Changes() {
		t.Error("the unchanged file is a change")
	}
	Expect(t, "destroy", tf.Destroy("local_file", state), "")
	if _, err := os.Stat(filename); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestLocalFileIsReplacedByEveryChange(t *testing.T) {
	tf := Start(t, "local", Behaviour, Object{})
	filename := filepath.Join(t.TempDir(), "file")
	state := tf.Apply("local_file", Object{"filename": filename, "content": "a"})
	Expect(t, "file_permission", Attribute(t, state, "file_permission"), "0777")
	ExpectReplace(t, tf.Plan("local_file", state, Object{"filename": filename, "content": "b"}), "content")
	ExpectReplace(t, tf.Plan("local_file", state, Object{"filename": filename, "content": "a", "file_permission": "0600"}), "file_permission")
	ExpectReplace(t, tf.Plan("local_file", state, Object{"filename": filename + "2", "content": "a"}), "filename")
}

func TestLocalFileNoticesWhatHappenedToItsFile(t *testing.T) {
	tf := Start(t, "local", Behaviour, Object{})
	filename := filepath.Join(t.TempDir(), "file")
	state := tf.Apply("local_sensitive_file", Object{"filename": filename, "content": "a"})
	Expect(t, "file_permission", Attribute(t, state, "file_permission"), "0700")
	Must(t, os.WriteFile(filename, []byte("changed"), 0o600))
	if !tf.Refresh("local_sensitive_file", state).IsNull() {
		t.Error("a changed file is taken for the same")
	}
	Must(t, os.Remove(filename))
	if !tf.Refresh("local_sensitive_file", state).IsNull() {
		t.Error("a removed file is taken for present")
	}
}

func TestLocalFileRefusesBadInput(t *testing.T) {
	tf := Start(t, "local", Behaviour, Object{})
	for name, test := range map[string]struct {
		configuration Object
		message       string
	}{
		"two contents":     {Object{"filename": "f", "content": "a", "content_base64": "YQ=="}, "content_base64"},
		"no content":       {Object{"filename": "f"}, "content"},
		"a bad permission": {Object{"filename": "f", "content": "a", "file_permission": "rw"}, "octal"},
	} {
		t.Run(name, func(t *testing.T) {
			ExpectContains(t, tf.Plan("local_file", tftypes.Value{}, test.configuration).Errors, test.message)
		})
	}
}
