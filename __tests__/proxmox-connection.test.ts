import { parse } from "@cdktf/hcl2json";
import { type TerraformStack, TerraformVariable } from "cdktf";
import {
  DownloadedImage,
  type Gpu,
  PciMapping,
  ProxmoxConnection,
  type ProxmoxConnectionProps,
  type ProxmoxCredentials,
} from "../constructs";
import { toHcl } from "../synth/hcl";
import { conformance } from "./conformance";
import { checksAtPlan, problemsOf, synthesizedJson, type TerraformJson, vmIn, warningsOf } from "./stacks";

const endpoint = "https://pve.example:8006/";

function connection(props: ProxmoxConnectionProps) {
  const { provider, variable } = synthesizedJson((stack) => void new ProxmoxConnection(stack, "proxmox", props));
  return { provider: provider.proxmox, variables: variable };
}

describe("ProxmoxConnection", () => {
  test.each([
    ["password", { username: "root@pam", password: "${var.proxmox_password}" }],
    ["api-token", { api_token: "${var.proxmox_api_token}" }],
    [
      "ticket",
      {
        auth_ticket: "${var.proxmox_auth_ticket}",
        csrf_prevention_token: "${var.proxmox_csrf_prevention_token}",
      },
    ],
  ] as const)("asks for the secrets of %s as sensitive variables", (credentials, secrets) => {
    const { provider, variables } = connection({ endpoint, credentials });
    expect(provider).toEqual([{ endpoint, ...secrets }]);
    for (const reference of Object.values(secrets).filter((value) => value.startsWith("${var."))) {
      const name = reference.slice("${var.".length, -1);
      expect(variables[name]).toEqual({ type: "string", sensitive: true, description: expect.any(String) });
    }
  });

  test("leaves everything to the environment where that is asked for", () => {
    expect(connection({ credentials: "environment" })).toEqual({ provider: [{}], variables: undefined });
  });

  describe("beside what the environment has, which the provider prefers to a password,", () => {
    const before = { ...process.env };
    afterEach(() => {
      process.env = { ...before };
    });

    const rootTicket = "PVE:root%40pam:66000000::c2ln";
    const withGpu = (gpu: Gpu, credentials: ProxmoxCredentials = "password") =>
      problemsOf((stack) => void vmIn(stack, { gpus: [gpu] }, { endpoint, credentials, username: "root@pam" }));

    test.each([
      ["an API token", { PROXMOX_VE_API_TOKEN: "root@pam!terraform=secret" }, "the API token in PROXMOX_VE_API_TOKEN"],
      [
        "an API token in the variable of old",
        { PM_VE_API_TOKEN: "root@pam!terraform=secret" },
        "the API token in PM_VE_API_TOKEN",
      ],
      [
        "another user's ticket with its CSRF token",
        {
          PROXMOX_VE_AUTH_TICKET: "PVE:terraform@pve:66000000::c2ln",
          PROXMOX_VE_CSRF_PREVENTION_TOKEN: "66000000:csrf",
        },
        "the ticket in PROXMOX_VE_AUTH_TICKET, which is not root@pam's,",
      ],
    ])("refuses a raw PCI address with %s", (_, environment, what) => {
      Object.assign(process.env, environment);
      expect(withGpu({ address: "01:00" })).toEqual([
        `[stack/talos_node] gpus[0].address "01:00" is raw, and ${what} would be used instead of the password; unset it, or give the GPU by mapping [pci-address-needs-root-password]`,
      ]);
      expect(withGpu({ address: "01:00" }, "environment")).toHaveLength(1);
      expect(withGpu({ mapping: "gpu" })).toEqual([]);
    });

    test.each([
      ["a ticket without its CSRF token", { PROXMOX_VE_AUTH_TICKET: "PVE:terraform@pve:66000000::c2ln" }],
      ["root's own ticket", { PROXMOX_VE_AUTH_TICKET: rootTicket, PROXMOX_VE_CSRF_PREVENTION_TOKEN: "66000000:csrf" }],
    ])("takes a raw PCI address with %s", (_, environment) => {
      Object.assign(process.env, environment);
      expect(withGpu({ address: "01:00" })).toEqual([]);
    });

    test("warns of a variable with which the provider checks no certificate", () => {
      const warnings = () => warningsOf((stack) => void vmIn(stack, {}, { endpoint, credentials: "api-token" }));
      process.env.PROXMOX_VE_INSECURE = "false";
      expect(warnings()).toEqual([]);
      process.env.PROXMOX_VE_INSECURE = "true";
      expect(warnings()).toEqual([
        expect.stringMatching(
          /^PROXMOX_VE_INSECURE is set .* is sent the API token; unset it, .*[[]proxmox-certificate\]$/,
        ),
      ]);
    });

    test("does not look at a ticket there where the stack has its own", () => {
      process.env.PROXMOX_VE_AUTH_TICKET = "PVE:terraform@pve:66000000::c2ln";
      process.env.PROXMOX_VE_CSRF_PREVENTION_TOKEN = "66000000:csrf";
      expect(withGpu({ address: "01:00" }, "ticket")).toEqual([]);
    });

    test("takes an endpoint there for the same cluster as one in the stack", () => {
      process.env.PROXMOX_VE_ENDPOINT = "https://pve.example:8006";
      expect(
        problemsOf((stack) => {
          vmIn(stack, { vmId: 100 });
          const connection = new ProxmoxConnection(stack, "second", { credentials: "environment" });
          vmIn(stack, { vmId: 100, connection }, undefined, "second_node");
        }),
      ).toEqual([expect.stringMatching(/vmId 100 is already used by stack\/talos_node.*\[vm-id-once\]$/)]);
    });
  });

  test("does not show a password in an endpoint, known or not", () => {
    for (const hasVariable of [false, true]) {
      const build = (stack: TerraformStack) => {
        const secret = hasVariable ? new TerraformVariable(stack, "secret", {}).stringValue : "hunter2";
        vmIn(stack, { vmId: 100 }, { credentials: "password", endpoint: `http://root:${secret}@pve.example` });
      };
      const messages = hasVariable ? checksAtPlan(build).map(({ message }) => message) : problemsOf(build);
      expect(messages).toContainEqual(expect.stringContaining("[endpoint-no-secrets]"));
      for (const message of messages) expect(message).not.toMatch(/hunter2|\$\{var.secret/);
    }
  });

  describe("to several Proxmox endpoints of a stack", () => {
    const site = (stack: TerraformStack) => {
      const first = new ProxmoxConnection(stack, "proxmox", { endpoint, credentials: "password" });
      const second = new ProxmoxConnection(stack, "second", {
        endpoint: "https://other.example:8006/",
        credentials: "ticket",
      });
      for (const [name, connection] of Object.entries({ one: first, two: second })) {
        const image = new DownloadedImage(stack, `${name}_image`, {
          connection,
          node: "pve",
          url: "https://factory.example/talos.qcow2",
          fileName: "talos.qcow2",
        });
        const gpus = [{ mapping: { name: `gpu-${name}`, address: "01:00", deviceId: "10de:2684" } }];
        vmIn(stack, { connection, vmId: 100, gpus, boot: { image } }, undefined, `${name}_node`);
        vmIn(stack, { connection, boot: { clone: { name: "template" } } }, undefined, `${name}_clone`);
      }
    };

    test("gives all but the first an alias, and names the provider where it is not the first", () => {
      const { provider, resource, data } = synthesizedJson(site);
      expect(provider.proxmox.map(({ alias }: TerraformJson) => alias)).toEqual([undefined, "second"]);
      expect(providersOf(resource)).toEqual({
        "proxmox_download_file.one_image": undefined,
        "proxmox_download_file.two_image": "proxmox.second",
        "proxmox_hardware_mapping_pci.gpu-one": undefined,
        "proxmox_hardware_mapping_pci.gpu-two": "proxmox.second",
        "proxmox_virtual_environment_vm.one_node": undefined,
        "proxmox_virtual_environment_vm.one_clone": undefined,
        "proxmox_virtual_environment_vm.two_node": "proxmox.second",
        "proxmox_virtual_environment_vm.two_clone": "proxmox.second",
      });
      expect(providersOf(data)).toEqual({
        "proxmox_datastores.host": undefined,
        "proxmox_datastores.second_host": "proxmox.second",
        "proxmox_hardware_pci.host": undefined,
        "proxmox_hardware_pci.second_host": "proxmox.second",
        "proxmox_version.host": undefined,
        "proxmox_version.second_host": "proxmox.second",
        "proxmox_virtual_environment_node.host": undefined,
        "proxmox_virtual_environment_node.second_host": "proxmox.second",
        "proxmox_virtual_environment_vms.same_id": undefined,
        "proxmox_virtual_environment_vms.one_clone_template": undefined,
        "proxmox_virtual_environment_vms.second_same_id": "proxmox.second",
        "proxmox_virtual_environment_vms.two_clone_template": "proxmox.second",
      });
    });

    test("asks for the secrets of each by its own variables", () => {
      const { provider, variable } = synthesizedJson(site);
      expect(Object.keys(variable)).toEqual(["proxmox_password", "second_auth_ticket", "second_csrf_prevention_token"]);
      expect(provider.proxmox[1]).toMatchObject({ auth_ticket: "${var.second_auth_ticket}" });
    });

    test("conforms, and is the same in HCL", async () => {
      const stack = synthesizedJson(site);
      expect(conformance(stack)).toEqual([]);
      const hcl = toHcl(stack);
      expect(hcl).toMatch(/provider "proxmox" {\n[^}]* alias /);
      expect(hcl).toContain('resource "proxmox_hardware_mapping_pci" "gpu-two" {\n  provider = proxmox.second\n');
      const { resource } = await parse("stack.tf", hcl);
      expect(resource.proxmox_virtual_environment_vm.two_node[0].provider).toBe("${proxmox.second}");
    });

    test("checks at plan what only Terraform knows of an endpoint, for whatever uses it", () => {
      const { resource } = synthesizedJson((stack) => {
        const variable = new TerraformVariable(stack, "endpoint", { type: "string" });
        const connection = new ProxmoxConnection(stack, "proxmox", {
          endpoint: variable.stringValue,
          credentials: "password",
        });
        const device = { name: "gpu", address: "01:00", deviceId: "10de:2684" };
        new PciMapping(stack, "gpu", { ...device, connection, node: "pve" });
        const file = { url: "https://factory.example/talos.qcow2", fileName: "talos.qcow2" };
        new DownloadedImage(stack, "image", { ...file, connection, node: "pve" });
      });
      for (const { lifecycle } of [resource.proxmox_hardware_mapping_pci.gpu, resource.proxmox_download_file.image]) {
        expect(lifecycle.precondition).toContainEqual({
          condition: expect.stringContaining("var.endpoint"),
          error_message: expect.stringContaining("[endpoint-https]"),
        });
      }
    });
  });
});

const providersOf = (elements: TerraformJson): Record<string, string | undefined> =>
  Object.fromEntries(
    Object.entries<TerraformJson>(elements).flatMap(([type, named]) =>
      Object.entries<TerraformJson>(named).map(([name, { provider }]) => [`${type}.${name}`, provider]),
    ),
  );
