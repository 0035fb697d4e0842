import { join } from "node:path";
import { type ProxmoxMajor, privilegesFor } from "../../constructs/proxmox/privileges";
import type { Lab } from "../lab";
import type { Run } from "../processes";
import { Program } from "../program";
import type { Account } from "../proxmox/access";
import { exampleHosts } from "../proxmox/example-hosts";
import { radeon } from "../proxmox/pci-device";
import type { ServerOptions } from "../proxmox/server";
import { gibibyte } from "../proxmox/size";
import { credentials, root, token } from "./support/accounts";
import { ApiClient } from "./support/api-client";
import { discovered, siteUses } from "./support/discovered";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unwrapped } from "./support/unwrapped";

const programs: Program[] = [];
afterEach(() => {
  for (const program of programs.splice(0)) program.dispose();
});

/** Who asks, and later deploys. */
interface Asking {
  readonly account: Account;
  /** What discover has of the account in its environment. */
  readonly environment: NodeJS.ProcessEnv;
  /** What is answered at a terminal; nobody is there otherwise. */
  readonly answers?: readonly string[];
}

const asRoot: Asking = {
  account: root,
  environment: { PROXMOX_VE_USERNAME: root.id, PROXMOX_VE_PASSWORD: root.secret },
};

const asToken = (major: ProxmoxMajor = 9): Asking => ({
  account: { ...token, privileges: privilegesFor(siteUses, major) },
  environment: { PROXMOX_VE_API_TOKEN: `${token.id}=${token.secret}` },
});

const asAdmin: Asking = {
  account: { id: "admin@pve", secret: root.secret, privileges: privilegesFor(siteUses, 9) },
  environment: { PROXMOX_VE_USERNAME: "admin@pve", PROXMOX_VE_PASSWORD: root.secret },
};

const asRootWithSecondFactor: Asking = {
  ...asRoot,
  account: { ...root, oneTimePassword: "123456" },
  answers: ["123456"],
};

interface Found {
  readonly host?: ServerOptions;
  readonly by?: Asking;
  readonly args?: readonly string[];
  /** What somebody has made on the host before. */
  readonly before?: (lab: Lab) => void;
}

/** The site that discover writes for a host, ready to plan there. */
async function siteFor({ host = {}, by = asRoot, args = [], before = () => {} }: Found) {
  const lab = await startLab({
    ...host,
    accounts: [root, by.account].filter(({ id }, n) => n > 0 || id !== by.account.id),
  });
  before(lab);
  const file = join(lab.directory, "site.ts");
  const { environment, answers } = by;
  const found = await discovered(lab.proxmox.endpoint, { environment, answers, args: ["--output", file, ...args] });
  expect(found.refusal).toBeUndefined();
  const program = Program.synthesize(file);
  programs.push(program);
  const terraform = lab.terraform(program.placeIn(lab.site), { ...credentials, ...(await ticketOf(lab, by.account)) });
  await terraform.init();
  return { lab, terraform, vmid: Number(program.vm.vm_id), node: program.node };
}

/** What a person with a second factor gets for both, and Terraform asks for. */
async function ticketOf({ proxmox }: Lab, { id, secret, oneTimePassword }: Account): Promise<NodeJS.ProcessEnv> {
  if (oneTimePassword === undefined) return {};
  const otp = `totp:${oneTimePassword}`;
  const { data } = await new ApiClient(proxmox).call("POST", "access/ticket", { username: id, password: secret, otp });
  const { ticket, CSRFPreventionToken } = data as Record<string, string>;
  return { TF_VAR_proxmox_auth_ticket: ticket, TF_VAR_proxmox_csrf_prevention_token: CSRFPreventionToken };
}

const mapped = (name: string, id: string) => (lab: Lab) =>
  void lab.proxmox.cluster.mappings.create({
    id: name,
    map: [`id=${id},node=pve,path=0000:01:00,iommugroup=14,subsystem-id=1458:40bf`],
  });

const cardAt = (slot: string) => [`${slot}.0`, `${slot}.1`];
const cardAt01 = cardAt("0000:01:00");

function passedTo({ proxmox }: Lab, node: string, vmid: number): string[] {
  const host = proxmox.cluster.host(node);
  return host.passedTo(host.vm(vmid)).map(({ id }) => id);
}

/** A plan that makes something, and has nothing to say about it. */
const expectToPlan = ({ code, output }: Run): void =>
  expect([code, output]).toEqual([2, expect.not.stringMatching(/Warning|Error/)]);

describe("the site that discover writes", () => {
  test("is applied as it stands, and nothing is left to change", async () => {
    const { lab, terraform, vmid } = await siteFor({});
    succeeded(await terraform.apply());
    expect(passedTo(lab, "pve", vmid)).toEqual(cardAt01);
    const kubectl = await lab.kubectl(vmid);
    expect(await kubectl.get("nodes")).toMatchObject({
      items: [{ metadata: { name: "talos-gpu" }, status: { allocatable: { "nvidia.com/gpu": "1" } } }],
    });
    expect(await terraform.plan()).toMatchObject({ code: 0 });
  });

  const vmAlone = "-target=proxmox_virtual_environment_vm.talos_node";

  test.each<[string, Found, readonly string[], RegExp[]?]>([
    ["a token, with a mapping", { by: asToken() }, cardAt01],
    ["a token on Proxmox 8.4", { host: exampleHosts["proxmox-8.4"], by: asToken(8) }, cardAt01],
    ["a token, with a mapping that is there", { by: asToken(), before: mapped("big", "10de:2684") }, cardAt01],
    [
      "a token, beside a mapping of hardware that is gone",
      { by: asToken(), before: mapped("gpu", "10de:2685") },
      cardAt01,
      [/mapping += "gpu-2"/],
    ],
    ["a second factor, with a ticket", { by: asRootWithSecondFactor }, cardAt01],
    ["another user's password", { by: asAdmin }, cardAt01, [/mapping += "gpu"/]],
    ["the other node", { host: exampleHosts["two-nodes"], args: ["--node", "pve2"] }, cardAt("0000:03:00")],
    [
      "one of two GPUs",
      { host: exampleHosts["two-gpus"], args: ["--gpu", "05:00"] },
      cardAt("0000:05:00"),
      [/id += "0000:05:00"/],
    ],
    [
      "a small host with an old GPU",
      { host: { ...exampleHosts["old-gpu"], memory: 16 * gibibyte, cpus: 4 } },
      cardAt01,
      [/dedicated += 8192/, /cores += 4/, /siderolabs[/]nonfree-kmod-nvidia-lts/],
    ],
  ])("for %s plans without a warning, and its VM gets the GPU", async (_, found, functions, shown = []) => {
    const { lab, terraform, vmid, node } = await siteFor(found);
    const plan = await terraform.plan();
    expectToPlan(plan);
    for (const each of shown) expect(plan.output).toMatch(each);
    succeeded(await terraform.apply(vmAlone));
    expect(passedTo(lab, node, vmid)).toEqual(functions);
  });

  test("for a GPU of AMD plans, with the warning that it may not reset and no other, and its VM gets the GPU", async () => {
    const devices = radeon("0000:01:00", 14);
    const { lab, terraform, vmid, node } = await siteFor({ host: { devices } });
    const { code, output } = await terraform.plan();
    expect([code, output.match(/Warning: /g)]).toEqual([2, ["Warning: "]]);
    expect(unwrapped(output)).toContain("[gpu-resets]");
    succeeded(await terraform.apply(vmAlone));
    expect(passedTo(lab, node, vmid)).toEqual(cardAt01);
  });
});
