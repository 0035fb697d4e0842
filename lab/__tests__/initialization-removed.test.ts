import { proxmoxVersions } from "../proxmox/interface/refusals";
import { succeeded } from "./support/succeeded";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";
import { type VmProps, vmHost, vmOf } from "./support/vm-host";

const macAddresses = ["BC:24:11:00:00:01", "BC:24:11:00:00:02"];
const networkDevices = macAddresses.map((macAddress) => ({ macAddress }));
const dhcp = { address: "dhcp" };

test.each(proxmoxVersions)(
  "what the provider leaves of a cloud-init drive on Proxmox %s fails the apply, which says what to type; then the plan is empty",
  async (version) => {
    const stack = await vmHost(version);
    const { terraform } = stack;
    const write = (props: VmProps) =>
      stack.write((scope, connection) => {
        const common = { agent: { timeout: "5s" }, vmId: 100, networkDevices };
        vmOf(scope, connection, "vm", { ...common, ...props });
      });
    const vm = () => stack.proxmox.host.vms.get(100);
    await write({ initialization: { ipConfigs: [dhcp, dhcp] } });
    succeeded(await terraform.apply());

    await write({ initialization: { ipConfigs: [dhcp] } });
    const fewer = await terraform.apply();
    expect(fewer.code).toBe(1);
    expect(unwrapped(fewer.output)).toMatch(
      /initialization\.ipConfigs has 1 entries, .*: qm set 100 --delete ipconfig1/,
    );
    vm()?.remove("ipconfig1");
    succeeded(await terraform.apply());
    await unchanged(terraform);

    await write({});
    const without = await terraform.apply();
    expect(without.code).toBe(1);
    expect(unwrapped(without.output)).toMatch(/initialization is missing, .*: qm set 100 --delete ide2/);
    vm()?.remove("ide2");
    vm()?.remove("ipconfig0");
    succeeded(await terraform.apply());
    await unchanged(terraform);
  },
);

test("the cloud-init drive that a clone has of its template is its own", async () => {
  const stack = await vmHost("9.2.6");
  stack.proxmox.host.vms.get(9000)?.set("ide2", "local-lvm:cloudinit");
  await stack.write((scope, connection) => {
    vmOf(scope, connection, "vm", {
      agent: { timeout: "5s" },
      vmId: 100,
      boot: { clone: { id: 9000, guestAgent: true } },
    });
  });
  succeeded(await stack.terraform.apply());
  expect(stack.proxmox.host.vms.get(100)?.get("ide2")).toContain("cloudinit");
  await unchanged(stack.terraform);
});
