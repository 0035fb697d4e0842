package talos

import (
	"context"
	"encoding/base64"
	"strings"
	"time"

	"github.com/hashicorp/terraform-plugin-framework/path"
	"github.com/hashicorp/terraform-plugin-framework/resource"
	"github.com/hashicorp/terraform-plugin-framework/schema/validator"
	"github.com/hashicorp/terraform-plugin-framework/types"
	"github.com/siderolabs/crypto/x509"
	"github.com/siderolabs/talos/pkg/machinery/config"
	"github.com/siderolabs/talos/pkg/machinery/config/generate/secrets"
	"github.com/siderolabs/talos/pkg/machinery/constants"
	"github.com/siderolabs/talos/pkg/machinery/gendata"
	"github.com/siderolabs/talos/pkg/machinery/role"
	"golang.org/x/mod/semver"

	"lab/internal/pinned"
	"lab/internal/standin"
)

// machineSecrets is the attribute machine_secrets: Talos's secrets bundle, certificates in base64 of PEM.
type machineSecrets struct {
	Cluster struct {
		ID     string `tfsdk:"id"`
		Secret string `tfsdk:"secret"`
	} `tfsdk:"cluster"`
	Secrets struct {
		BootstrapToken            string  `tfsdk:"bootstrap_token"`
		SecretboxEncryptionSecret string  `tfsdk:"secretbox_encryption_secret"`
		AESCBCEncryptionSecret    *string `tfsdk:"aescbc_encryption_secret"`
	} `tfsdk:"secrets"`
	TrustdInfo struct {
		Token string `tfsdk:"token"`
	} `tfsdk:"trustdinfo"`
	Certs struct {
		Etcd              keyPair `tfsdk:"etcd"`
		K8s               keyPair `tfsdk:"k8s"`
		K8sAggregator     keyPair `tfsdk:"k8s_aggregator"`
		K8sServiceAccount struct {
			Key base64Text `tfsdk:"key"`
		} `tfsdk:"k8s_serviceaccount"`
		OS keyPair `tfsdk:"os"`
	} `tfsdk:"certs"`
}

type keyPair struct {
	Cert base64Text `tfsdk:"cert"`
	Key  base64Text `tfsdk:"key"`
}

// base64Text is base64 of PEM, as the provider passes certificates and keys around.
type base64Text = string

// clientConfiguration is the attribute client_configuration of every resource that talks to a node.
type clientConfiguration struct {
	CA   base64Text `tfsdk:"ca_certificate"`
	Cert base64Text `tfsdk:"client_certificate"`
	Key  base64Text `tfsdk:"client_key"`
}

// defaultContract is the version of Talos whose features are used when talos_version is left out.
var defaultContract = func() string {
	parts := strings.SplitN(gendata.VersionTag, ".", 3)
	return parts[0] + "." + parts[1]
}()

// secretsResource is talos_machine_secrets.
type secretsResource struct{ standin.BaseResource }

func newSecretsResource(name string, schema pinned.Schema) resource.Resource {
	return &secretsResource{standin.NewBaseResource(name, schema, pinned.Traits{
		"id":            {Keep: true},
		"talos_version": {Default: defaultContract, Validators: []validator.String{versionContract{}}},
	})}
}

// ModifyPlan replaces the secrets, and with them the cluster's authority, when the version becomes lower in any part:
// v1.13.9 to v1.13 is enough.
func (r *secretsResource) ModifyPlan(ctx context.Context, req resource.ModifyPlanRequest, resp *resource.ModifyPlanResponse) {
	if req.Plan.Raw.IsNull() || req.State.Raw.IsNull() {
		return
	}
	var before, after types.String
	resp.Diagnostics.Append(req.State.GetAttribute(ctx, path.Root("talos_version"), &before)...)
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("talos_version"), &after)...)
	if standin.Known(after) && semver.Compare(withV(after.ValueString()), withV(before.ValueString())) < 0 {
		resp.RequiresReplace = append(resp.RequiresReplace, path.Root("talos_version"))
	}
}

func (r *secretsResource) Create(ctx context.Context, req resource.CreateRequest, resp *resource.CreateResponse) {
	var version string
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("talos_version"), &version)...)
	if resp.Diagnostics.HasError() {
		return
	}
	contract, err := config.ParseContractFromVersion(version)
	if err != nil {
		resp.Diagnostics.AddError("failed to validate talos version", err.Error())
		return
	}
	bundle, err := secrets.NewBundle(secrets.NewFixedClock(time.Now()), contract)
	if err != nil {
		resp.Diagnostics.AddError("failed to generate secrets bundle", err.Error())
		return
	}
	client, err := newClientConfiguration(bundle)
	if err != nil {
		resp.Diagnostics.AddError("failed to generate the client certificate", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, secretsModel{
		ID: "machine_secrets", TalosVersion: version, MachineSecrets: fromBundle(bundle), ClientConfiguration: client,
	})...)
}

// Update changes the version alone: the secrets stay.
func (r *secretsResource) Update(ctx context.Context, req resource.UpdateRequest, resp *resource.UpdateResponse) {
	var version types.String
	resp.Diagnostics.Append(req.Plan.GetAttribute(ctx, path.Root("talos_version"), &version)...)
	resp.Diagnostics.Append(resp.State.SetAttribute(ctx, path.Root("talos_version"), version)...)
}

// ImportState takes the path of a secrets.yaml, as `talosctl gen secrets` writes it.
func (r *secretsResource) ImportState(ctx context.Context, req resource.ImportStateRequest, resp *resource.ImportStateResponse) {
	bundle, err := secrets.LoadBundle(req.ID)
	if err != nil {
		resp.Diagnostics.AddError("failed to load secrets bundle", err.Error())
		return
	}
	bundle.Clock = secrets.NewFixedClock(time.Now())
	client, err := newClientConfiguration(bundle)
	if err != nil {
		resp.Diagnostics.AddError("failed to generate the client certificate", err.Error())
		return
	}
	resp.Diagnostics.Append(resp.State.Set(ctx, secretsModel{
		ID: "machine_secrets", TalosVersion: defaultContract, MachineSecrets: fromBundle(bundle), ClientConfiguration: client,
	})...)
}

type secretsModel struct {
	ID                  string              `tfsdk:"id"`
	TalosVersion        string              `tfsdk:"talos_version"`
	MachineSecrets      machineSecrets      `tfsdk:"machine_secrets"`
	ClientConfiguration clientConfiguration `tfsdk:"client_configuration"`
}

func newClientConfiguration(bundle *secrets.Bundle) (clientConfiguration, error) {
	pair, err := bundle.GenerateTalosAPIClientCertificateWithTTL(
		role.MakeSet(role.Admin), constants.TalosAPIDefaultCertificateValidityDuration)
	if err != nil {
		return clientConfiguration{}, err
	}
	return clientConfiguration{CA: encode(bundle.Certs.OS.Crt), Cert: encode(pair.Crt), Key: encode(pair.Key)}, nil
}

func fromBundle(bundle *secrets.Bundle) machineSecrets {
	var m machineSecrets
	m.Cluster.ID, m.Cluster.Secret = bundle.Cluster.ID, bundle.Cluster.Secret
	m.Secrets.BootstrapToken = bundle.Secrets.BootstrapToken
	m.Secrets.SecretboxEncryptionSecret = bundle.Secrets.SecretboxEncryptionSecret
	if secret := bundle.Secrets.AESCBCEncryptionSecret; secret != "" {
		m.Secrets.AESCBCEncryptionSecret = &secret
	}
	m.TrustdInfo.Token = bundle.TrustdInfo.Token
	m.Certs.Etcd = fromPair(bundle.Certs.Etcd)
	m.Certs.K8s = fromPair(bundle.Certs.K8s)
	m.Certs.K8sAggregator = fromPair(bundle.Certs.K8sAggregator)
	m.Certs.K8sServiceAccount.Key = encode(bundle.Certs.K8sServiceAccount.Key)
	m.Certs.OS = fromPair(bundle.Certs.OS)
	return m
}

func (m machineSecrets) bundle() (*secrets.Bundle, error) {
	d := &decoder{}
	bundle := &secrets.Bundle{
		Clock:   secrets.NewFixedClock(time.Now()),
		Cluster: &secrets.Cluster{ID: m.Cluster.ID, Secret: m.Cluster.Secret},
		Secrets: &secrets.Secrets{
			BootstrapToken:            m.Secrets.BootstrapToken,
			SecretboxEncryptionSecret: m.Secrets.SecretboxEncryptionSecret,
		},
		TrustdInfo: &secrets.TrustdInfo{Token: m.TrustdInfo.Token},
		Certs: &secrets.Certs{
			Etcd:              d.pair(m.Certs.Etcd),
			K8s:               d.pair(m.Certs.K8s),
			K8sAggregator:     d.pair(m.Certs.K8sAggregator),
			K8sServiceAccount: &x509.PEMEncodedKey{Key: d.decode(m.Certs.K8sServiceAccount.Key)},
			OS:                d.pair(m.Certs.OS),
		},
	}
	if secret := m.Secrets.AESCBCEncryptionSecret; secret != nil {
		bundle.Secrets.AESCBCEncryptionSecret = *secret
	}
	return bundle, d.err
}

func fromPair(pair *x509.PEMEncodedCertificateAndKey) keyPair {
	return keyPair{Cert: encode(pair.Crt), Key: encode(pair.Key)}
}

func encode(pem []byte) base64Text { return base64.StdEncoding.EncodeToString(pem) }

// decoder reads several base64 values and keeps the first error.
type decoder struct{ err error }

func (d *decoder) decode(text base64Text) []byte {
	bytes, err := base64.StdEncoding.DecodeString(text)
	if err != nil && d.err == nil {
		d.err = err
	}
	return bytes
}

func (d *decoder) pair(pair keyPair) *x509.PEMEncodedCertificateAndKey {
	return &x509.PEMEncodedCertificateAndKey{Crt: d.decode(pair.Cert), Key: d.decode(pair.Key)}
}
