import type { TerraformStack } from "cdktf";
import { LocalStorage, type ProxmoxGpuVmProps } from "../../constructs";
import { checksIn, clusterIn, machineAt, synthesizedJson, vmIn } from "../stacks";
import { apply, terraform, write } from "./remembered";

jest.setTimeout(120_000);

type Disks = NonNullable<ProxmoxGpuVmProps["disks"]>;

/** What Terraform remembers of a stack and checks by that, without what needs a provider. */
function applied(rule: string, build: (stack: TerraformStack) => void): string {
  const json = synthesizedJson(build);
  const precondition = checksIn(json)
    .filter(({ message, condition }) => message.includes(`[${rule}]`) && condition.includes("terraform_data"))
    .map(({ message, condition }) => ({ condition, error_message: message }));
  const remembered = Object.entries(json.resource.terraform_data ?? {}).filter(([name]) =>
    /_(disk|node)s?$/.test(name),
  );
  write({ ...Object.fromEntries(remembered), checked: { lifecycle: { precondition } } });
  const outcome = apply();
  if (outcome !== "applied") return outcome;
  expect(terraform("plan", "-detailed-exitcode").output).toContain("No changes");
  return "applied";
}

const system = { size: 20 };
const withDisks = (disks: Disks, props: Partial<ProxmoxGpuVmProps> = {}, rule = "disk-kept") =>
  applied(rule, (stack) => void vmIn(stack, { disks: [system, ...disks], ...props }));
const lacks = (disk: string) => expect.stringContaining(`disks has none at ${disk} any more`);

const first = { size: 50, interface: "scsi1" };
const second = { size: 200, interface: "scsi2" };
const third = { size: 10, interface: "scsi3" };

describe("a disk of a VM is not taken away unnoticed", () => {
  test.each<[string, Disks, Disks, unknown]>([
    ["the only one", [first], [], lacks("scsi1")],
    ["the last", [first, second], [first], lacks("scsi2")],
    ["one in the middle", [first, second, third], [first, third], lacks("scsi2")],
    ["all of them", [first, second, third], [], lacks("scsi1, scsi2, scsi3")],
    ["another in its place", [first, second], [first, third], lacks("scsi2")],
    ["another interface", [first], [{ ...first, interface: "virtio1" }], lacks("scsi1")],
    ["another order", [first, second], [second, first], "applied"],
    ["one more in the middle", [first, second], [first, third, second], "applied"],
    ["one more", [], [first], "applied"],
    ["another storage", [first], [{ ...first, datastore: "fast" }], "applied"],
    ["one that backups leave out", [first], [{ ...first, backup: false }], "applied"],
  ])("%s", (_, before, after, expected) => {
    expect(withDisks(before)).toBe("applied");
    expect(withDisks(after)).toEqual(expected);
  });

  test("that came later", () => {
    expect(withDisks([])).toBe("applied");
    expect(withDisks([first])).toBe("applied");
    expect(withDisks([second, first])).toBe("applied");
    expect(withDisks([second])).toEqual(lacks("scsi1"));
    expect(withDisks([first])).toEqual(lacks("scsi2"));
    expect(withDisks([third, second])).toEqual(lacks("scsi1"));
    expect(withDisks([])).toEqual(lacks("scsi1, scsi2"));
  });

  test("unless the VM may be replaced, and is remembered anew after that", () => {
    expect(withDisks([first, second])).toBe("applied");
    expect(withDisks([first], { replaceable: true })).toBe("applied");
    expect(withDisks([first])).toBe("applied");
    expect(withDisks([])).toEqual(lacks("scsi1"));
  });

  test.each<[string, Disks, Disks, unknown]>([
    ["grows", [first], [{ ...first, size: 60 }], "applied"],
    [
      "shrinks",
      [first, second],
      [first, { ...second, size: 100 }],
      expect.stringContaining("disks has less than the GiB that disks were created with: scsi2 (200)"),
    ],
    [
      "shrinks as another takes its place",
      [{ size: 50 }, { size: 200 }],
      [{ size: 10 }, { size: 50 }, { size: 200 }],
      expect.stringContaining("created with: scsi1 (50), scsi2 (200)"),
    ],
  ])("nor made smaller: it %s", (_, before, after, expected) => {
    expect(withDisks(before, {}, "disk-grows")).toBe("applied");
    expect(withDisks(after, {}, "disk-grows")).toEqual(expected);
  });
});

describe("a machine with local volumes is not taken away unnoticed", () => {
  const disks = [{ interface: "scsi0" }, { interface: "scsi1" }];
  const worker = (number: number, props = {}) => machineAt(`worker-${number}`, 60 + number, { disks, ...props });
  const withWorkers = (...workers: ReturnType<typeof worker>[]) =>
    applied("local-storage-kept", (stack) => {
      const node = clusterIn(stack, { workers });
      new LocalStorage(stack, "storage", { node, disk: "scsi1" });
    });
  const loses = (name: string) => expect.stringContaining(`node lacks ${name} or its disk`);

  test("nor its disk", () => {
    expect(withWorkers(worker(1), worker(2))).toBe("applied");
    expect(withWorkers(worker(1))).toEqual(loses("worker-2"));
    expect(withWorkers(worker(2))).toEqual(loses("worker-1"));
    expect(withWorkers(worker(1), worker(2, { disks: disks.slice(0, 1) }))).toEqual(loses("worker-2"));
    expect(withWorkers(worker(2), worker(3), worker(1))).toBe("applied");
  });

  test("unless it said before that it may be", () => {
    expect(withWorkers(worker(1), worker(2), worker(3))).toBe("applied");
    expect(withWorkers(worker(1), worker(2, { replaceable: true }), worker(3))).toBe("applied");
    expect(withWorkers(worker(1), worker(3))).toBe("applied");
    expect(withWorkers(worker(1))).toEqual(loses("worker-3"));
    expect(withWorkers(worker(1), worker(3, { replaceable: true }))).toBe("applied");
    expect(withWorkers(worker(1))).toBe("applied");
  });
});
