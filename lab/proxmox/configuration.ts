import { createHash } from "node:crypto";

/** A key with what it is now and what it is to be, as `GET …/pending` shows it. */
export interface PendingValue {
  readonly key: string;
  readonly value?: string | number;
  readonly pending?: string | number;
  /** It goes when the VM is switched off. */
  readonly delete?: 1;
}

/** Keys that Proxmox returns as JSON numbers. */
const numbers =
  /^(cores|sockets|vcpus|cpuunits|cpulimit|balloon|shares|onboot|acpi|kvm|tablet|numa|protection|template|ciupgrade)$/;

function shown(key: string, value: string): string | number {
  if (key === "cipassword") return "**********";
  return numbers.test(key) ? Number(value) : value;
}

/**
 * What the VM's file keeps of a description: the lines of a comment, without the blanks at the end, and nothing of a text
 * that Perl takes for false.
 *
 * @see https://git.proxmox.com/?p=qemu-server.git;a=blob;f=src/PVE/QemuServer.pm write_vm_config
 */
function keptDescription(text = ""): string | undefined {
  const kept = text.trimEnd();
  return kept === "" || kept === "0" ? undefined : kept;
}

/** A VM's configuration: what is in force, and what waits for the VM to be switched off. */
export class Configuration {
  private readonly values = new Map<string, string>();
  private readonly pending = new Map<string, string>();
  private readonly removing = new Set<string>();

  /** What is in force. */
  get(key: string): string | undefined {
    return this.values.get(key);
  }

  /** What waits. */
  getPending(key: string): string | undefined {
    return this.pending.get(key);
  }

  get entries(): [key: string, value: string][] {
    return [...this.values];
  }

  /** Keys whose values or removals wait. */
  get waiting(): string[] {
    return [...this.removing, ...this.pending.keys()];
  }

  /** Puts a value into force, or takes one out of it. */
  set(key: string, value: string | undefined): void {
    const kept = key === "description" ? keptDescription(value) : value;
    if (kept === undefined) this.values.delete(key);
    else this.values.set(key, kept);
  }

  /** Lets a value wait, or the removal of the key. */
  wait(key: string, value: string | undefined): void {
    this.forget(key);
    if (value === undefined) this.removing.add(key);
    else this.pending.set(key, value);
  }

  /** Lets a key wait no longer. */
  forget(key: string): void {
    this.pending.delete(key);
    this.removing.delete(key);
  }

  /** Forgets what would change nothing. */
  tidy(): void {
    for (const [key, value] of this.pending) if (this.values.get(key) === value) this.pending.delete(key);
    for (const key of this.removing) if (!this.values.has(key)) this.removing.delete(key);
  }

  /** As `GET …/config?current=1` returns it. */
  get current(): Record<string, string | number> {
    return this.seen(this.values);
  }

  /** As it is to be; `GET …/config` returns it. */
  get wanted(): Record<string, string | number> {
    const wanted = new Map([...this.values, ...this.pending]);
    for (const key of this.removing) wanted.delete(key);
    return this.seen(wanted);
  }

  /** Both, as `GET …/pending` returns them. */
  get both(): PendingValue[] {
    const keys = [...new Set([...this.values.keys(), ...this.pending.keys()])];
    const values = keys.map((key): PendingValue => {
      const [value, pending] = [this.values.get(key), this.pending.get(key)];
      return {
        key,
        ...(value === undefined ? {} : { value: shown(key, value) }),
        ...(pending === undefined ? {} : { pending: shown(key, pending) }),
        ...(this.removing.has(key) ? { delete: 1 } : {}),
      };
    });
    return [...values, { key: "digest", value: this.digest }];
  }

  private seen(values: ReadonlyMap<string, string>): Record<string, string | number> {
    const all = [...values].map(([key, value]): [string, string | number] => [key, shown(key, value)]);
    return { ...Object.fromEntries(all), digest: this.digest };
  }

  private get digest(): string {
    const text = JSON.stringify([[...this.values], [...this.pending], [...this.removing]]);
    return createHash("sha1").update(text).digest("hex");
  }
}
