import { join } from "node:path";
import { Machine, type Suite } from "./machine";
import { allTraces, leaveTraces, type Trace, tracesOf } from "./traces";

const generalize = join(__dirname, "../scripts/generalize.sh");
const key = (owner: string) =>
  `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHhzWq5ePLpeYdTjdXIj1e0+7o0cXxJc1Yx5YQKm2n4q ${owner}`;

/** Every file with its type, mode, owner, size and link. */
const listing =
  "find / -xdev \\( -path /proc -o -path /sys -o -path /dev -o -path /run \\) -prune -o -printf '%p %y %m %U:%G %l ' \\( -type f -printf '%s\\n' -o -printf '\\n' \\) | sort";

const suites: readonly Suite[] = ["bookworm", "trixie"];

describe.each(suites)("generalize.sh on Debian %s that has been used", (suite) => {
  let machine: Machine;
  let before: Partial<Record<Trace, string>>;
  let after: Partial<Record<Trace, string>>;
  let identity: string;

  beforeAll(async () => {
    machine = Machine.of(suite);
    machine.insert({ instanceId: "build", hostname: "build", authorizedKey: key("packer") });
    await machine.boot();
    identity = (await machine.run(identityCommand)).output;
    await machine.shutdown();
    leaveTraces(machine);
    before = await tracesOf(machine);
    expect(await machine.runScript(generalize)).toMatchObject({ code: 0 });
    after = await tracesOf(machine);
  });

  afterAll(() => machine?.delete());

  test.each(allTraces)("removes %s", (trace) => {
    expect(before[trace]).toBeDefined();
    expect(after[trace]).toBeUndefined();
  });

  test("leaves an empty machine id, not a missing one, and D-Bus linked to it", async () => {
    const { output } = await machine.run("stat --format=%s /etc/machine-id; readlink /var/lib/dbus/machine-id");
    expect(output).toBe("0\n/etc/machine-id\n");
  });

  test("leaves cloud-init enabled", async () => {
    const { output } = await machine.run("systemctl is-enabled cloud-final.service; ls /etc/cloud/cloud-init.disabled");
    expect(output).toMatch(/^enabled\n.*No such file/);
  });

  test("leaves the build user's account, which nobody can log in to", async () => {
    const { output } = await machine.run("getent shadow debian; ls -A /home/debian/.ssh");
    expect(output).toMatch(/^debian:[!*][^:]*:.*\n$/);
  });

  test("changes nothing when it runs again", async () => {
    const once = await machine.run(listing);
    expect(await machine.runScript(generalize)).toMatchObject({ code: 0 });
    expect(once.output).toMatch(/^\/etc\/machine-id f /m);
    expect((await machine.run(listing)).output).toBe(once.output);
  });

  test("lets every clone become a machine of its own at first boot", async () => {
    const identities = [identity];
    for (const hostname of ["clone-1", "clone-2"]) {
      const clone = machine.clone();
      try {
        clone.insert({ instanceId: hostname, hostname, authorizedKey: key(hostname) });
        await clone.boot();
        expect(await clone.run("cloud-init status --wait; hostname")).toMatchObject({
          output: expect.stringMatching(new RegExp(`status: done\n${hostname}\n`)),
        });
        expect((await clone.run("sudo -n cat ~/.ssh/authorized_keys", "debian")).output).toBe(`${key(hostname)}\n`);
        identities.push((await clone.run(identityCommand)).output);
      } finally {
        await clone.delete();
      }
    }
    const columns = identities.map((text) => text.trim().split("\n"));
    expect(columns.map((column) => column.length)).toEqual([5, 5, 5]);
    const [machineIds, dbusIds, ...hostKeys] = [0, 1, 2, 3, 4].map((row) => columns.map((column) => column[row]));
    expect(dbusIds).toEqual(machineIds);
    for (const values of [machineIds, ...hostKeys]) expect(new Set(values).size).toBe(3);
  });
});

const identityCommand = `
  cat /etc/machine-id /var/lib/dbus/machine-id
  for type in rsa ecdsa ed25519; do cut -d ' ' -f 2 "/etc/ssh/ssh_host_$type"_key.pub; done`;
