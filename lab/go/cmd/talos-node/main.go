// Command talos-node runs a simulated Talos node. When it is ready it prints one line of JSON with its addresses; it ends
// cleanly on SIGTERM and SIGINT.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"

	"github.com/go-logr/logr"
	"k8s.io/klog/v2"

	"lab/internal/discovery"
	"lab/internal/node"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("talos-node: ")
	// Kubernetes' client tells of every election.
	klog.SetLogger(logr.Discard())
	if err := run(); err != nil {
		log.Fatal(err)
	}
}

func run() error {
	options, err := parse()
	if err != nil {
		return err
	}
	if options.Directory == "" {
		if options.Directory, err = os.MkdirTemp("", "talos-node-"); err != nil {
			return err
		}
	}
	defer os.RemoveAll(options.Directory) //nolint:errcheck

	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	simulated, err := node.Start(options.Options)
	if err != nil {
		return err
	}
	defer simulated.Close()
	listener, err := net.Listen("tcp", options.control)
	if err != nil {
		return err
	}
	server := &http.Server{Handler: simulated.Control()}
	go server.Serve(listener) //nolint:errcheck
	defer server.Close()      //nolint:errcheck
	if options.attached {
		go func() {
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop()
		}()
	}
	if err := json.NewEncoder(os.Stdout).Encode(map[string]string{
		"talos":      simulated.TalosAddress(),
		"kubernetes": simulated.KubernetesAddress(),
		"control":    "http://" + listener.Addr().String(),
	}); err != nil {
		return err
	}
	<-ctx.Done()
	return nil
}

// given is what the command line says of the node and of this program.
type given struct {
	node.Options
	control  string
	attached bool
}

// parse reads the command line.
func parse() (given, error) {
	own, err := os.Executable()
	if err != nil {
		return given{}, err
	}
	address := flag.String("address", "127.0.0.1", "the node's `IP`; every address of 127.0.0.0/8 works without further ado")
	talosPort := flag.Int("talos-port", 50000, "port of the Talos API; 0 takes a free one")
	kubernetesPort := flag.Int("kubernetes-port", 6443, "port of the Kubernetes API; 0 takes a free one")
	control := flag.String("control", "127.0.0.1:0", "`address` of the control API")
	version := flag.String("version", "v1.13.9", "`version` of the Talos in the image that the machine boots")
	schematic := flag.String("schematic", "", "`id` of its schematic")
	validators := flag.String("validators", filepath.Dir(own), "`directory` of the programs that decide whether a minor accepts a configuration")
	programs := flag.String("programs", filepath.Dir(own), "`directory` of etcd, Kubernetes and kwok")
	network := flag.String("discovery", "", "`directory` in which the nodes of a network find each other; without it the node is alone")
	disk := flag.String("disk", "/dev/sda", "`path` of the node's only disk")
	directory := flag.String("directory", "", "`directory` for what is on that disk, removed at the end; a temporary one by default")
	hardware := flag.String("hardware", `{"cores": 8, "memory": 16384, "gpus": 0}`, "what the machine has, as `JSON`; memory in MiB")
	faults := flag.String("faults", "[]", "what goes wrong from the first moment on, as `JSON`")
	attached := flag.Bool("attached", false, "end when standard input closes, so that the node never outlives its caller")
	flag.Parse()

	options := node.Options{
		Talos:      net.JoinHostPort(*address, strconv.Itoa(*talosPort)),
		Kubernetes: net.JoinHostPort(*address, strconv.Itoa(*kubernetesPort)),
		System:     node.System{Version: *version, Schematic: *schematic},
		Validators: *validators,
		Programs:   *programs,
		Discovery:  discovery.Service(*network),
		Disk:       *disk,
		Directory:  *directory,
	}
	if err := json.Unmarshal([]byte(*hardware), &options.Hardware); err != nil {
		return given{}, fmt.Errorf("-hardware: %w", err)
	}
	if err := json.Unmarshal([]byte(*faults), &options.Faults); err != nil {
		return given{}, fmt.Errorf("-faults: %w", err)
	}
	return given{options, *control, *attached}, nil
}
