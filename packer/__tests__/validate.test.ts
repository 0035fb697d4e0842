import { readFileSync } from "node:fs";
import { join } from "node:path";
import { directory, images, packer, plugin, site, TemplateCopy, variables } from "./packer";

const withPlugin = plugin.isStandIn ? "the stand-in for the Proxmox plugin" : `the Proxmox plugin ${plugin.version}`;

const validate = (values: Readonly<Record<string, string>>, image = "debian-13", cwd?: string) =>
  packer(["validate", `-var-file=${image}.pkrvars.hcl`, ...variables({ ...site, ...values }), "."], cwd);

test("Packer is the version that go.mod pins", async () => {
  const pinned = /packer v(\S+)/.exec(readFileSync(join(directory, "tools/go.mod"), "utf8"))?.[1];
  expect(await packer(["version"])).toMatchObject({ code: 0, output: expect.stringContaining(`Packer v${pinned}\n`) });
});

test("all files have Packer's format", async () => {
  expect(await packer(["fmt", "-check", "-diff", "."])).toEqual({ code: 0, output: "" });
});

test.each(images)("%s passes packer validate -syntax-only", async (image) => {
  expect(await packer(["validate", "-syntax-only", `-var-file=${image}.pkrvars.hcl`, "."])).toEqual({
    code: 0,
    output: "Syntax-only check passed. Everything looks okay.\n",
  });
});

describe(`packer validate with ${withPlugin}`, () => {
  test.each(images)("accepts %s", async (image) => {
    expect(await validate({}, image)).toEqual({ code: 0, output: "The configuration is valid.\n" });
  });

  test.each([
    ["proxmox_url", "https://pve.example:8006", "must be the whole address of the API"],
    ["proxmox_url", "http://pve.example:8006/api2/json", "must be the whole address of the API, with https"],
    ["proxmox_username", "root@pam", "must be a token id, user@realm!token"],
    ["proxmox_token", "packer@pve!images=01234567-89ab-cdef-0123-456789abcdef", "must be the token's secret alone"],
    ["node", "pve.example", "must be the name of a Proxmox node"],
    ["bridge", "vmbr0,tag=2", "must be the name of a network interface"],
    ["storage", "local lvm", "must be the name of a Proxmox storage"],
    ["build_address", "192.168.1.250", "must be an IPv4 address with its prefix length"],
    ["build_address", "192.168.1.256/24", "must be an IPv4 address with its prefix length"],
    ["build_address", "dhcp", "must be an IPv4 address with its prefix length"],
    ["build_gateway", "192.168.1.1/24", "must be an IPv4 address, such as"],
    ["cloud_image_vm_id", "99", "must be a whole number from 100 to 999999999"],
    ["cloud_image_vm_id", "9013.5", "must be a whole number from 100 to 999999999"],
    ["template_vm_id", "1000000000", "must be a whole number from 100 to 999999999"],
    ["template_name", "debian_13", "must be a host name"],
    ["template_name", `d${"-".repeat(63)}13`, "must be a host name"],
    ["ssh_username", "root", "must be the cloud image's own user"],
    ["proxmox_insecure_skip_tls_verify", "null", "must be true or false"],
  ])("refuses %s = %j with its own words", async (name, value, words) => {
    const { code, output } = await validate({ [name]: value });
    expect(code).toBe(1);
    expect(output.replace(/\s+/g, " ")).toContain(`The ${name} ${words}`);
  });

  test("says which settings of the site are missing", async () => {
    const { code, output } = await packer(["validate", "-var-file=debian-13.pkrvars.hcl", "."]);
    expect(code).toBe(1);
    for (const variable of ["build_address", "build_gateway"]) expect(output).toContain(`Unset variable "${variable}"`);
    for (const variable of ["PROXMOX_URL", "PROXMOX_USERNAME", "PROXMOX_TOKEN"]) expect(output).toContain(variable);
  });

  test.each([
    [
      "a key that the builder does not have",
      { clone_vm_ids: 9013 },
      'An argument named "clone_vm_ids" is not expected here',
    ],
    ["a value of the wrong type", { ssh_port: "twenty-two" }, "a number is required"],
    ["two sources at once", { clone_vm: "debian-13" }, "clone_vm_id"],
  ])("refuses %s", async (_, settings, words) => {
    const template = new TemplateCopy(settings as Record<string, string | number>);
    try {
      const { code, output } = await validate({}, "debian-13", template.directory);
      expect(code).toBe(1);
      expect(output).toContain(words);
    } finally {
      template.delete();
    }
  });
});

test("Packer keeps the token's secret to itself", async () => {
  const { output } = await packer(["inspect", ...variables(site), "."]);
  expect(output).toContain('var.proxmox_token: "<sensitive>"');
  expect(output).not.toContain(site.proxmox_token);
});
