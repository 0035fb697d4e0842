// Command talos-node runs a simulated Talos node. When it is ready it prints one line of JSON with its addresses; it ends
// cleanly on SIGTERM and SIGINT.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"syscall"

	"lab/internal/node"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("talos-node: ")
	address := flag.String("address", "127.0.0.1", "the node's `IP`; every address of 127.0.0.0/8 works without further ado")
	talosPort := flag.Int("talos-port", 50000, "port of the Talos API; 0 takes a free one")
	kubernetesPort := flag.Int("kubernetes-port", 6443, "port of the Kubernetes API; 0 takes a free one")
	control := flag.String("control", "127.0.0.1:0", "`address` of the control API")
	validator := flag.String("validator", "", "`program` that also decides whether a configuration is accepted, such as talos-validate-1.11")
	disk := flag.String("disk", "/dev/sda", "`path` of the node's only disk")
	attached := flag.Bool("attached", false, "end when standard input closes, so that the node never outlives its caller")
	flag.Parse()

	simulated, err := node.Start(node.Options{
		Talos:      net.JoinHostPort(*address, strconv.Itoa(*talosPort)),
		Kubernetes: net.JoinHostPort(*address, strconv.Itoa(*kubernetesPort)),
		Validator:  *validator,
		Disk:       *disk,
	})
	if err != nil {
		log.Fatal(err)
	}
	defer simulated.Close()
	listener, err := net.Listen("tcp", *control)
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: simulated.Control()}
	go server.Serve(listener) //nolint:errcheck
	defer server.Close()      //nolint:errcheck

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if *attached {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	_ = json.NewEncoder(os.Stdout).Encode(map[string]string{
		"talos":      simulated.TalosAddress(),
		"kubernetes": simulated.KubernetesAddress(),
		"control":    "http://" + listener.Addr().String(),
	})
	<-ctx.Done()
}
