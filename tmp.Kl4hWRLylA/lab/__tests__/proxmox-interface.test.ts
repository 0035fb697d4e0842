import fc from "fast-check";
import { type ProxmoxVersion, proxmoxVersions, refusals } from "../proxmox/interface/refusals";
import { ProxmoxInterface } from "../proxmox/interface/schema";
import { calls as answered } from "../proxmox/server";

const create = (values: Record<string, string | string[]>, version: ProxmoxVersion = "9.2.6") =>
  refusals(version, "POST", "/nodes/pve/qemu", { vmid: "100", ...values });

const format = (path: string, reason: string) => `invalid format - format error\n${path}: ${reason}\n`;

describe.each(proxmoxVersions)("Proxmox %s takes", (version) => {
  test.each<Record<string, string>>([
    { hostpci0: "host=0000:01:00.0;0000:01:00.1,pcie=1,rombar=0,x-vga=0" },
    { hostpci15: "mapping=gpu,mdev=nvidia-63" },
    { hostpci0: "01:00" },
    { net0: "model=virtio,bridge=vmbr0,firewall=0,macaddr=BC:24:11:00:00:01,tag=4094,mtu=65520,trunks=10;20-30" },
    { net31: "virtio=bc:24:11:00:00:01" },
    { ipconfig0: "ip=10.0.0.50/8,gw=10.0.0.1,ip6=2001:db8::50/64,gw6=fe80::1" },
    { ipconfig0: "ip=dhcp,ip6=auto" },
    { ide2: "file=local-lvm:cloudinit," },
    { scsi30: "local-lvm:8,ssd=on,discard=on,cache=writethrough,iothread=1,size=42949672960" },
    { scsi0: "file=local-lvm:0,import-from=local:import/x.qcow2,format=raw" },
    { tags: "gpu;talos" },
    { cpu: "cputype=host,flags=+aes;-pcid" },
    { cpu: "x86-64-v2-AES" },
    { startup: "order=1,up=0,down=3600" },
    { agent: "1" },
    { vga: "memory=512,type=none" },
    { boot: "order=scsi0;net0" },
    { name: "talos.gpu-1" },
    { machine: "pc-q35-9.2+pve1,viommu=intel" },
    { usb13: "mapping=key,usb3=0" },
    { memory: "16" },
  ])("%j", (values) => {
    expect(create(values, version)).toEqual({});
  });
});

describe.each(proxmoxVersions)("Proxmox %s refuses", (version) => {
  test.each<[Record<string, string>, Record<string, string>]>([
    [{ gpu: "1" }, { gpu: "property is not defined in schema and the schema does not allow additional properties" }],
    [{ onboot: "true" }, { onboot: "type check ('boolean') failed - got 'true'" }],
    [{ cores: "many" }, { cores: "type check ('integer') failed - got 'many'" }],
    [{ cores: "0" }, { cores: "value must have a minimum value of 1" }],
    [{ bios: "efi" }, { bios: "value 'efi' does not have a value in the enumeration 'seabios, ovmf'" }],
    [{ name: "a_b" }, { name: "invalid format - value does not look like a valid DNS name\n" }],
    [{ tags: "gpu;-x" }, { tags: "invalid format - invalid characters in tag\n" }],
    [{ tags: "ä" }, { tags: "invalid format - invalid characters in tag\n" }],
    [{ startup: "order=-1" }, { startup: "invalid format - unable to parse startup options\n" }],
    [{ net0: "virtio,tag=4095" }, { net0: format("net0.tag", "value must have a maximum value of 4094") }],
    [{ net0: "virtio,tag=0" }, { net0: format("net0.tag", "value must have a minimum value of 1") }],
    [{ net0: "virtio,mtu=65521" }, { net0: format("net0.mtu", "value must have a maximum value of 65520") }],
    [
      { net0: "virtio,bridge=my bridge" },
      { net0: format("net0.bridge", "invalid format - invalid bridge ID 'my bridge'\n") },
    ],
    [
      { net0: "virtio=01:24:11:00:00:01" },
      { net0: format("net0.macaddr", "invalid format - value does not look like a valid unicast MAC address\n") },
    ],
    [
      { hostpci0: "host=0000:0A:00.0" },
      { hostpci0: format("hostpci0.host", "value does not match the regex pattern") },
    ],
    [{ hostpci0: "01:00,mdev=a.b" }, { hostpci0: format("hostpci0.mdev", "value does not match the regex pattern") }],
    [
      { hostpci0: "mapping=4090" },
      { hostpci0: format("hostpci0.mapping", "invalid format - invalid configuration ID '4090'\n") },
    ],
    [
      { hostpci16: "01:00" },
      { hostpci16: "property is not defined in schema and the schema does not allow additional properties" },
    ],
    [
      { ipconfig0: "ip=10.0.0.1/7" },
      {
        ipconfig0: format(
          "ipconfig0.ip",
          "invalid format - value does not look like a valid ipv4 network configuration\n",
        ),
      },
    ],
    [
      { ipconfig0: "gw=10.0.0.1" },
      { ipconfig0: format("ipconfig0.ip", "missing property required by 'ipconfig0.gw'") },
    ],
    [
      { scsi0: "local:8,discard=off" },
      { scsi0: format("scsi0.discard", "value 'off' does not have a value in the enumeration 'ignore, on'") },
    ],
    [
      { virtio0: "local:8,ssd=1" },
      {
        virtio0: format(
          "virtio0.ssd",
          "property is not defined in schema and the schema does not allow additional properties",
        ),
      },
    ],
    [{ scsi0: "ssd=1" }, { scsi0: format("scsi0.file", "property is missing and it is not optional") }],
    [
      { scsi0: "local:8,file=x:y" },
      { scsi0: "invalid format - duplicate key in comma-separated list property: file\n" },
    ],
    [
      { scsi0: "local:8,ssd=1,ssd=0" },
      { scsi0: "invalid format - duplicate key in comma-separated list property: ssd\n" },
    ],
    [{ scsi0: "local:8,ssd=" }, { scsi0: "invalid format - missing key in comma-separated list property\n" }],
    [
      { cpu: "pentium9" },
      { cpu: "invalid format - Built-in cputype 'pentium9' is not defined (missing 'custom-' prefix?)\n" },
    ],
    [{ serial0: "/tmp/x" }, { serial0: "value does not match the regex pattern" }],
    [{ vmid: "99" }, { vmid: "invalid format - value does not look like a valid VM ID\n" }],
  ])("%j", (values, reasons) => {
    expect(create(values, version)).toEqual(reasons);
  });

  test.each(["constructor", "toString"])("a parameter or property by the name of %s", (name) => {
    const reason = "property is not defined in schema and the schema does not allow additional properties";
    expect(create({ [name]: "1", net0: `virtio,${name}=1` }, version)).toEqual({
      [name]: reason,
      net0: format(`net0.${name}`, reason),
    });
  });

  test("several parameters at once, and what is missing", () => {
    const { vmid: _, ...wrong } = { vmid: "", cores: "x", numa: "2" };
    expect(refusals(version, "POST", "/nodes/pve/qemu", wrong)).toEqual({
      vmid: "property is missing and it is not optional",
      cores: "type check ('integer') failed - got 'x'",
      numa: "type check ('boolean') failed - got '2'",
    });
  });

  test("a text that is too long, in characters", () => {
    expect(create({ description: "é".repeat(8192) }, version)).toEqual({});
    expect(create({ description: "é".repeat(8193) }, version)).toEqual({
      description: "value may only be 8192 characters long",
    });
  });

  test("what is wrong in the path", () => {
    expect(refusals(version, "GET", "/nodes/p_v_e/qemu/99/config", {})).toEqual({
      node: "invalid format - value does not look like a valid node name\n",
      vmid: "invalid format - value does not look like a valid VM ID\n",
    });
  });

  test("a parameter given twice, unless it is an array", () => {
    expect(create({ cores: ["1", "2"] }, version).cores).toMatch(/^type check \('integer'\) failed/);
    const entry = "id=10de:2684,node=pve,path=0000:01:00";
    const mapping = (map: string | string[]) => refusals(version, "POST", "/cluster/mapping/pci", { id: "gpu", map });
    expect([mapping(entry), mapping([entry, entry])]).toEqual([{}, {}]);
    expect(mapping([entry, "path=0000:01:00"])).toEqual({
      "map[1]": `invalid format - format error\nmap[1].id: property is missing and it is not optional\nmap[1].node: property is missing and it is not optional\n`,
    });
  });
});

test("the versions differ where Proxmox's do", () => {
  const [eight, nine] = proxmoxVersions;
  expect(create({ "allow-ksm": "0" }, nine)).toEqual({});
  expect(Object.keys(create({ "allow-ksm": "0" }, eight))).toEqual(["allow-ksm"]);
  expect(create({ serial0: "/dev/a,b" }, eight)).toEqual({});
  expect(Object.keys(create({ serial0: "/dev/a,b" }, nine))).toEqual(["serial0"]);
  expect(Object.keys(create({ cpu: "neoverse-n1" }, eight))).toEqual(["cpu"]);
  expect(create({ cpu: "neoverse-n1" }, nine)).toEqual({});
});

test("a call that the schema does not have is said to be missing from it", () => {
  expect(() => refusals("9.2.6", "POST", "/nodes/pve/lxc", {})).toThrow(
    "schemas/proxmox-api/9.2.6.json has no call POST /nodes/pve/lxc",
  );
});

describe.each(proxmoxVersions)("the interface of %s", (version) => {
  const { calls } = ProxmoxInterface.of(version);

  test("has every call that the simulated host answers", () => {
    const known = new Set(calls.map(({ method, path }) => `${method} ${path.replace(/\{([^}]+)\}/g, ":$1")}`));
    expect(answered.map(([method, path]) => `${method} ${path}`).filter((call) => !known.has(call))).toEqual([]);
  });

  test("never fails on a value, whatever it is", () => {
    const known = calls.flatMap(({ method, path, properties }) =>
      Object.keys(properties).map((name) => ({ method, path: path.replace(/\{[^}]+\}/g, "100"), name })),
    );
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[a-z0-9=,;:/._-]{0,30}$/));
    fc.assert(
      fc.property(fc.constantFrom(...known), text, ({ method, path, name }, value) => {
        expect(Object.values(refusals(version, method, path, { [name]: value }))).not.toContain(undefined);
      }),
    );
  });
});
