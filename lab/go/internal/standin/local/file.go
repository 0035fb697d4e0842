package local

import (
	"context"
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"

	"github.com/hashicorp/terraform-plugin-framework-validators/stringvalidator"
	"github.com/hashicorp/terraform-plugin-framework/diag"
	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// fileResource is local_file and local_sensitive_file: every change re-creates the file, and a file that was changed or
// removed behind Terraform's back is written again.
type fileResource struct {
	standin.BaseResource
	sources []string
}

var permission = []validator.String{stringvalidator.RegexMatches(regexp.MustCompile(`^0?[0-7]{3}$`),
	`must be three octal digits, with an optional leading zero, such as "0600"`)}

func newFileResource(name string, schema pinned.Schema) resource.Resource {
	mode := "0777"
	if name == "local_sensitive_file" {
		mode = "0700"
	}
	r := &fileResource{sources: []string{"content", "content_base64", "source"}}
	if _, ok := schema.Block.Attributes["sensitive_content"]; ok {
		r.sources = append(r.sources, "sensitive_content")
	}
	traits := pinned.Traits{
		"filename":             {Replace: true},
		"directory_permission": {Replace: true, Default: mode, Validators: permission},
		"file_permission":      {Replace: true, Default: mode, Validators: permission},
	}
	for _, source := range r.sources {
		traits[source] = pinned.Trait{Replace: true}
	}
	r.BaseResource = standin.NewBaseResource(name, schema, traits)
	return r
}

func (r *fileResource) ConfigValidators(context.Context) []resource.ConfigValidator {
	return []resource.ConfigValidator{standin.ExactlyOneOf(r.sources...)}
}

func (r *fileResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var filename, fileMode, directoryMode types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("filename"), &filename)...)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("file_permission"), &fileMode)...)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("directory_permission"), &directoryMode)...)
	content, diagnostics := r.content(ctx, req)
	resp.Diagnostics.Append(diagnostics...)
	if resp.Diagnostics.HasError() {
		return
	}
	if err := write(filename.ValueString(), content, fileMode.ValueString(), directoryMode.ValueString()); err != nil {
		resp.Diagnostics.AddError("Create local file error", err.Error())
		return
	}
	resp.State.Raw = req.Plan.Raw
	for name, sum := range checksums(content) {
		resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root(name), sum)...)
	}
}

func (r *fileResource) Read(ctx context.Context, req resource.ReadRequest, resp *resource.ReadResponse) {
	var filename, id types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("filename"), &filename)...)
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("id"), &id)...)
	content, err := os.ReadFile(filename.ValueString())
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		resp.Diagnostics.AddError("Read local file error", err.Error())
		return
	}
	if err != nil || checksums(content)["id"] != id.ValueString() {
		resp.State.RemoveResource(ctx)
	}
}

func (r *fileResource) Delete(ctx context.Context, req resource.DeleteRequest, resp *resource.DeleteResponse) {
	var filename types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("filename"), &filename)...)
	_ = os.Remove(filename.ValueString())
}

func (r *fileResource) content(ctx context.Context, req resource.CreateRequest) ([]byte, diag.Diagnostics) {
	var diagnostics diag.Diagnostics
	for _, source := range r.sources {
		var value types.String
		diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root(source), &value)...)
		if value.IsNull() {
			continue
		}
		content, err := []byte(value.ValueString()), error(nil)
		switch source {
		case "content_base64":
			content, err = base64.StdEncoding.DecodeString(value.ValueString())
		case "source":
			content, err = os.ReadFile(value.ValueString())
		}
		if err != nil {
			diagnostics.AddError("Create local file error", err.Error())
		}
		return content, diagnostics
	}
	return nil, diagnostics
}

func write(filename string, content []byte, fileMode, directoryMode string) error {
	file, err := strconv.ParseUint(fileMode, 8, 32)
	if err != nil {
		return fmt.Errorf("file_permission: %w", err)
	}
	directory, err := strconv.ParseUint(directoryMode, 8, 32)
	if err != nil {
		return fmt.Errorf("directory_permission: %w", err)
	}
	if err := os.MkdirAll(filepath.Dir(filename), os.FileMode(directory)); err != nil {
		return err
	}
	return os.WriteFile(filename, content, os.FileMode(file))
}

// checksums are the computed attributes; the id is the SHA-1 of the content.
func checksums(content []byte) map[string]string {
	md5Sum, sha1Sum, sha256Sum, sha512Sum := md5.Sum(content), sha1.Sum(content), sha256.Sum256(content), sha512.Sum512(content)
	return map[string]string{
		"id":                   hex.EncodeToString(sha1Sum[:]),
		"content_md5":          hex.EncodeToString(md5Sum[:]),
		"content_sha1":         hex.EncodeToString(sha1Sum[:]),
		"content_sha256":       hex.EncodeToString(sha256Sum[:]),
		"content_sha512":       hex.EncodeToString(sha512Sum[:]),
		"content_base64sha256": base64.StdEncoding.EncodeToString(sha256Sum[:]),
		"content_base64sha512": base64.StdEncoding.EncodeToString(sha512Sum[:]),
	}
}
