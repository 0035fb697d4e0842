// Package manifests installs in a cluster what Talos installs: its own workloads, and the inline and extra manifests of the
// machine configuration.
package manifests

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"time"

	coreconfig "github.com/siderolabs/talos/pkg/machinery/config"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/yaml"
)

const timeToDownload = 10 * time.Second

// Of reads the manifests of a machine configuration. What can't be read is left out and reported.
func Of(ctx context.Context, config coreconfig.Provider) ([]*unstructured.Unstructured, error) {
	objects, problem := own(config)
	cluster := config.Cluster()
	add := func(name string, text []byte, err error) {
		decoded, decodeErr := decode(text)
		if err = errors.Join(err, decodeErr); err != nil {
			problem = errors.Join(problem, fmt.Errorf("manifest %s: %w", name, err))
			return
		}
		objects = append(objects, decoded...)
	}
	for _, manifest := range cluster.InlineManifests() {
		add(manifest.Name(), []byte(manifest.Contents()), nil)
	}
	for _, url := range slices.Concat(cluster.Network().CNI().URLs(), cluster.ExtraManifestURLs()) {
		if definitions, is, err := gatewayDefinitions(url); is {
			objects, problem = append(objects, definitions...), errors.Join(problem, err)
			continue
		}
		text, err := download(ctx, url, cluster.ExtraManifestHeaderMap())
		add(url, text, err)
	}
	return objects, problem
}

func download(ctx context.Context, url string, headers map[string]string) ([]byte, error) {
	ctx, stop := context.WithTimeout(ctx, timeToDownload)
	defer stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	for name, value := range headers {
		request.Header.Set(name, value)
	}
	reply, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer reply.Body.Close() //nolint:errcheck
	if reply.StatusCode != http.StatusOK {
		return nil, errors.New(reply.Status)
	}
	return io.ReadAll(reply.Body)
}

// decode reads YAML documents; a List is what is in it.
func decode(text []byte) (objects []*unstructured.Unstructured, err error) {
	for decoder := yaml.NewYAMLOrJSONDecoder(bytes.NewReader(text), 4096); ; {
		content := object{}
		if err := decoder.Decode(&content); errors.Is(err, io.EOF) {
			return objects, nil
		} else if err != nil {
			return nil, err
		}
		if len(content) == 0 {
			continue
		}
		read := &unstructured.Unstructured{Object: content}
		if read.GetKind() == "" || read.GetAPIVersion() == "" {
			return nil, errors.New("a document is no Kubernetes object: it has no kind or no apiVersion")
		}
		if !read.IsList() {
			objects = append(objects, read)
			continue
		}
		if err := read.EachListItem(func(item runtime.Object) error {
			objects = append(objects, item.(*unstructured.Unstructured))
			return nil
		}); err != nil {
			return nil, err
		}
	}
}
