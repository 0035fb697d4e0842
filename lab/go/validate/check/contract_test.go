package check

import (
	"strings"
	"testing"
	"time"

	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/encoder"
	"github.com/siderolabs/talos/pkg/machinery/config/generate"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/config/machine"
)

// encryptionDocument is where a configuration of the contract 1.14 has how Secrets lie in etcd.
const encryptionDocument = "kind: KubeEtcdEncryptionConfig"

func secretsOfACluster(t *testing.T) *secrets.Bundle {
	t.Helper()
	bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), config.TalosVersion1_11)
	must(t, err)
	return bundle
}

// ofContract is the configuration that this library generates for a cluster's secrets.
func ofContract(t *testing.T, bundle *secrets.Bundle, version string) string {
	t.Helper()
	contract, err := config.ParseContractFromVersion(version)
	must(t, err)
	input, err := generate.NewInput("lab", "https://10.0.0.1:6443", "1.34.1",
		generate.WithVersionContract(contract), generate.WithSecretsBundle(bundle))
	must(t, err)
	provider, err := input.Config(machine.TypeControlPlane)
	must(t, err)
	text, err := provider.EncodeBytes(encoder.WithComments(encoder.CommentsDisabled))
	must(t, err)
	return string(text)
}

// Whatever library generates it, Talos names the key of a configuration without the document: key2.
func TestTheContractThatAClusterBeganWithKeepsTheKeyOfItsSecrets(t *testing.T) {
	bundle := secretsOfACluster(t)
	for _, began := range []string{"v1.11.6", "v1.12.11", "v1.13.9", "v1.13"} {
		t.Run(began, func(t *testing.T) {
			text := ofContract(t, bundle, began)
			if !strings.Contains(text, "secretboxEncryptionSecret: "+bundle.Secrets.SecretboxEncryptionSecret) {
				t.Error("the key is not where it was")
			}
			if strings.Contains(text, encryptionDocument) {
				t.Error("the encryption is a document of the contract 1.14")
			}
		})
	}
}

func TestALaterContractTakesTheKeyOfSecretsToAnotherPlace(t *testing.T) {
	bundle := secretsOfACluster(t)
	text := ofContract(t, bundle, "v1.14.7")
	_, document, found := strings.Cut(text, encryptionDocument)
	if !found {
		t.Skip("no contract of this library does")
	}
	if strings.Contains(text, "secretboxEncryptionSecret") {
		t.Error("the key is in both places")
	}
	if !strings.Contains(document, bundle.Secrets.SecretboxEncryptionSecret) {
		t.Error("the document has another key")
	}
	// Secrets that were not encrypted could not be read any more.
	document, _, _ = strings.Cut(document, "\n---")
	if strings.Contains(document, "identity") {
		t.Error("the document reads unencrypted Secrets: the contract may change")
	}
}
