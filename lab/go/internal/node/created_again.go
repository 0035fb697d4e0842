package node

import (
	"context"
	"net/http"
	"path"
	"strings"
	"time"

	"lab/internal/manifests"
)

// toConfigure is how long a request waits at most for a configuration that has the object.
const toConfigure = 2 * time.Minute

// createdAgain marks requests whose object Talos creates again.
type createdAgain struct{}

// beforeDeletion waits until the object that a request deletes is one of the manifests.
func (k *kubernetes) beforeDeletion(r *http.Request) *http.Request {
	ctx, end := context.WithTimeout(r.Context(), toConfigure)
	defer end()
	for !k.brings(ctx, path.Base(path.Dir(r.URL.Path)), path.Base(r.URL.Path)) && ctx.Err() == nil {
		pause(ctx, 200*time.Millisecond)
	}
	return r.WithContext(context.WithValue(r.Context(), createdAgain{}, true))
}

// brings tells whether the manifests have an object of a kind, in the plural of the API.
func (k *kubernetes) brings(ctx context.Context, kind, name string) bool {
	k.mu.Lock()
	provider := k.current.provider
	k.mu.Unlock()
	objects, _ := manifests.Of(ctx, provider)
	for _, each := range objects {
		if each.GetName() == name && strings.ToLower(each.GetKind())+"s" == kind {
			return true
		}
	}
	return false
}

// afterDeletion has Talos create the object again, before the caller knows that it is deleted.
func (k *kubernetes) afterDeletion(answer *http.Response) error {
	ctx := answer.Request.Context()
	if ctx.Value(createdAgain{}) == nil {
		return nil
	}
	created := make(chan struct{})
	select {
	case k.missing <- created:
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case <-created:
	case <-ctx.Done():
	}
	return ctx.Err()
}
