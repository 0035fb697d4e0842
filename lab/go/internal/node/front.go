package node

import (
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httputil"
	"net/url"

	"lab/internal/controlplane"
	"lab/internal/pki"
)

// front is what callers from outside see of the Kubernetes API: the API server, behind the faults of the node and its
// record of calls.
type front struct {
	node        *Node
	kubernetes  *kubernetes
	authorities *x509.CertPool
	// forUsers names the user of a certificate to the API server; forOthers leaves it to the API server who calls.
	forUsers, forOthers *httputil.ReverseProxy
}

func newFront(k *kubernetes, api *controlplane.ControlPlane) (*front, error) {
	identity, err := api.FrontProxy()
	if err != nil {
		return nil, err
	}
	anonymous := identity.Clone()
	anonymous.Certificates = nil
	f := &front{node: k.node, kubernetes: k, authorities: pki.Pool(k.settings.ClusterAuthority)}
	f.forUsers, f.forOthers = proxyTo(api.Address(), identity), proxyTo(api.Address(), anonymous)
	f.forUsers.ModifyResponse = k.afterDeletion
	return f, nil
}

func proxyTo(address string, identity *tls.Config) *httputil.ReverseProxy {
	target := &url.URL{Scheme: "https", Host: address}
	return &httputil.ReverseProxy{
		Rewrite:       func(r *httputil.ProxyRequest) { r.SetURL(target) },
		Transport:     &http.Transport{TLSClientConfig: identity, ForceAttemptHTTP2: true},
		FlushInterval: -1,
		ErrorLog:      log.New(io.Discard, "", 0),
		// An API server that is gone doesn't answer, and doesn't say so.
		ErrorHandler: func(http.ResponseWriter, *http.Request, error) { panic(http.ErrAbortHandler) },
	}
}

// ServeHTTP does what faults say, keeps the record, and passes on the rest.
func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user := f.user(r)
	call := Call{Method: r.Method + " " + r.URL.Path, Authenticated: user != nil}
	recorded := &statusWriter{ResponseWriter: w, status: http.StatusOK}
	defer func() {
		call.Code = fmt.Sprint(recorded.status)
		f.node.record(call)
	}()
	if rule := f.node.fault(call.Method); rule != nil {
		pause(r.Context(), rule.delay())
		if rule.Drop {
			recorded.status = 0
			panic(http.ErrAbortHandler)
		}
		if rule.Status != 0 {
			call.Message = rule.Message
			refuse(recorded, rule.Status, rule.Message)
			return
		}
		if rule.CreatesAgain {
			r = f.kubernetes.beforeDeletion(r)
		}
	}
	for name := range r.Header {
		if len(name) > 9 && name[:9] == "X-Remote-" {
			r.Header.Del(name)
		}
	}
	if user == nil {
		f.forOthers.ServeHTTP(recorded, r)
		return
	}
	r.Header.Set("X-Remote-User", user.Subject.CommonName)
	for _, group := range user.Subject.Organization {
		r.Header.Add("X-Remote-Group", group)
	}
	f.forUsers.ServeHTTP(recorded, r)
}

// user is the certificate of a caller, when it is one of the cluster's.
func (f *front) user(r *http.Request) *x509.Certificate {
	if len(r.TLS.PeerCertificates) == 0 {
		return nil
	}
	certificate := r.TLS.PeerCertificates[0]
	_, err := certificate.Verify(x509.VerifyOptions{Roots: f.authorities, KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	if err != nil {
		return nil
	}
	return certificate
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (w *statusWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func refuse(w http.ResponseWriter, status int, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string]any{"kind": "Status", "apiVersion": "v1", "status": "Failure",
		"reason": "InternalError", "code": status, "message": message})
}
