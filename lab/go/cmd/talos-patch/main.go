// Command talos-patch patches machine configurations as the provider does, with the Talos library that the provider is built
// with. It reads a JSON list of what to patch on standard input and prints a list of the results.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/configpatcher"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
)

type request struct {
	TalosVersion      string   `json:"talosVersion"`
	KubernetesVersion string   `json:"kubernetesVersion"`
	Role              string   `json:"role"`
	Patches           []string `json:"patches"`
}

type result struct {
	Configuration string `json:"configuration"`
	Error         string `json:"error"`
}

func main() {
	var requests []request
	if err := json.NewDecoder(os.Stdin).Decode(&requests); err != nil {
		log.Fatal(err)
	}
	bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), config.TalosVersion1_11)
	if err != nil {
		log.Fatal(err)
	}
	results := make([]result, len(requests))
	for i, each := range requests {
		configuration, err := patched(each, bundle)
		results[i].Configuration = configuration
		if err != nil {
			results[i].Error = err.Error()
		}
	}
	if err := json.NewEncoder(os.Stdout).Encode(results); err != nil {
		log.Fatal(err)
	}
}

func patched(each request, bundle *secrets.Bundle) (text string, err error) {
	// The library panics on what it deletes and does not find: https://github.com/siderolabs/talos
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	contract, err := config.ParseContractFromVersion(each.TalosVersion)
	if err != nil {
		return "", err
	}
	input, err := generate.NewInput("talos-gpu", "https://192.168.1.50:6443", each.KubernetesVersion,
		generate.WithVersionContract(contract), generate.WithSecretsBundle(bundle), generate.WithInstallDisk("/dev/sda"),
		generate.WithInstallImage("factory.talos.dev/nocloud-installer/x:"+each.TalosVersion))
	if err != nil {
		return "", err
	}
	role := machine.TypeControlPlane
	if each.Role == "worker" {
		role = machine.TypeWorker
	}
	generated, err := input.Config(role)
	if err != nil {
		return "", err
	}
	patches, err := configpatcher.LoadPatches(each.Patches)
	if err != nil {
		return "", err
	}
	output, err := configpatcher.Apply(configpatcher.WithConfig(generated), patches)
	if err != nil {
		return "", err
	}
	provider, err := output.Config()
	if err != nil {
		return "", err
	}
	encoded, err := provider.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
	return string(encoded), err
}
