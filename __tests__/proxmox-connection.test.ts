import { ProxmoxConnection, type ProxmoxConnectionProps } from "../constructs";
import { problemsOf, synthesizedJson, vmIn } from "./stacks";

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

  describe("with an API token in the environment", () => {
    afterEach(() => {
      delete process.env.PROXMOX_VE_API_TOKEN;
    });

    test("refuses a raw PCI address, because the provider would use the token", () => {
      process.env.PROXMOX_VE_API_TOKEN = "root@pam!terraform=secret";
      const problems = problemsOf((stack) => void vmIn(stack, { gpus: [{ address: "01:00" }] }));
      expect(problems).toEqual([
        '[stack/talos_node] gpus[0].address "01:00" is raw, and the API token in PROXMOX_VE_API_TOKEN would be used instead of the password; unset it, or give the GPU by mapping [pci-address-needs-root-password]',
      ]);
    });

    test("takes a mapping", () => {
      process.env.PROXMOX_VE_API_TOKEN = "root@pam!terraform=secret";
      expect(problemsOf((stack) => void vmIn(stack, { gpus: [{ mapping: "gpu" }] }))).toEqual([]);
    });
  });
});
