package standin

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/hashicorp/terraform-plugin-go/tftypes"
)

func TestNullResource(t *testing.T) {
	tf := serving(t, "null", object{})
	state := tf.apply("null_resource", object{"triggers": object{"version": "1"}})
	if attribute(t, state, "id") == "" {
		t.Error("it has no id")
	}
	if tf.plan("null_resource", state, object{"triggers": object{"version": "1"}}).changes() {
		t.Error("the same triggers are a change")
	}
	expectReplace(t, tf.plan("null_resource", state, object{"triggers": object{"version": "2"}}), "triggers")
}

func TestLocalFileWritesItsContent(t *testing.T) {
	tf := serving(t, "local", object{})
	filename := filepath.Join(t.TempDir(), "deep", "file")
	configuration := object{"filename": filename, "content": "hello", "file_permission": "0600", "directory_permission": "0700"}
	state := tf.apply("local_file", configuration)

	content, err := os.ReadFile(filename)
	must(t, err)
	expect(t, "the content", string(content), "hello")
	for path, want := range map[string]os.FileMode{filename: 0o600, filepath.Dir(filename): 0o700} {
		info, err := os.Stat(path)
		must(t, err)
		if got := info.Mode().Perm(); got != want {
			t.Errorf("%s has mode %o, want %o", path, got, want)
		}
	}
	expect(t, "the id", attribute(t, state, "id"), "aaf4c61ddcc5e8a2dabede0f3b482cd9aea9434d")
	expect(t, "the hash", attribute(t, state, "content_md5"), "5d41402abc4b2a76b9719d911017c592")
	if tf.refresh("local_file", state).IsNull() || tf.plan("local_file", state, configuration).changes() {
		t.Error("the unchanged file is a change")
	}
	expect(t, "destroy", tf.destroy("local_file", state), "")
	if _, err := os.Stat(filename); !os.IsNotExist(err) {
		t.Errorf("the file is still there: %v", err)
	}
}

func TestLocalFileIsReplacedByEveryChange(t *testing.T) {
	tf := serving(t, "local", object{})
	filename := filepath.Join(t.TempDir(), "file")
	state := tf.apply("local_file", object{"filename": filename, "content": "a"})
	expect(t, "file_permission", attribute(t, state, "file_permission"), "0777")
	expectReplace(t, tf.plan("local_file", state, object{"filename": filename, "content": "b"}), "content")
	expectReplace(t, tf.plan("local_file", state, object{"filename": filename, "content": "a", "file_permission": "0600"}), "file_permission")
	expectReplace(t, tf.plan("local_file", state, object{"filename": filename + "2", "content": "a"}), "filename")
}

func TestLocalFileNoticesWhatHappenedToItsFile(t *testing.T) {
	tf := serving(t, "local", object{})
	filename := filepath.Join(t.TempDir(), "file")
	state := tf.apply("local_sensitive_file", object{"filename": filename, "content": "a"})
	expect(t, "file_permission", attribute(t, state, "file_permission"), "0700")
	must(t, os.WriteFile(filename, []byte("changed"), 0o600))
	if !tf.refresh("local_sensitive_file", state).IsNull() {
		t.Error("a changed file is taken for the same")
	}
	must(t, os.Remove(filename))
	if !tf.refresh("local_sensitive_file", state).IsNull() {
		t.Error("a removed file is taken for present")
	}
}

func TestLocalFileRefusesBadInput(t *testing.T) {
	tf := serving(t, "local", object{})
	for name, test := range map[string]struct {
		configuration object
		message       string
	}{
		"two contents":     {object{"filename": "f", "content": "a", "content_base64": "YQ=="}, "content_base64"},
		"no content":       {object{"filename": "f"}, "content"},
		"a bad permission": {object{"filename": "f", "content": "a", "file_permission": "rw"}, "octal"},
	} {
		t.Run(name, func(t *testing.T) {
			expectContains(t, tf.plan("local_file", tftypes.Value{}, test.configuration).errors, test.message)
		})
	}
}
