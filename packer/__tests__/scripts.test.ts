import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { finished, type Result } from "./machine";
import { directory, images } from "./packer";

const scripts = ["", "scripts", "tools"].flatMap((folder) =>
  readdirSync(join(directory, folder))
    .filter((name) => name.endsWith(".sh"))
    .map((name) => join(folder, name)),
);

describe.each(scripts)("%s", (script) => {
  test.each([
    ["shellcheck", []],
    ["shfmt", ["-i", "2", "-ci", "-d"]],
  ])("passes %s", async (tool, options) => {
    const child = spawn(tool, [...options, script], { cwd: directory });
    child.stdin.end();
    expect(await finished(child)).toEqual({ code: 0, output: "" });
  });

  test("says what it is for, and stops at the first error", () => {
    expect(readFileSync(join(directory, script), "utf8")).toMatch(
      /^#!\/usr\/bin\/env bash\n(#.*\n)+set -euo pipefail\n/,
    );
  });
});

/** A place where some commands do what a test says, and what they were called with is written down. */
class Commands {
  readonly path = mkdtempSync(join(tmpdir(), "commands-"));

  constructor(commands: Readonly<Record<string, string>>) {
    mkdirSync(join(this.path, "bin"));
    for (const [name, text] of Object.entries(commands)) {
      const file = join(this.path, "bin", name);
      writeFileSync(file, `#!/usr/bin/env bash\necho "${name} $*" >>"${this.path}/calls"\n${text}\n`);
      chmodSync(file, 0o755);
    }
  }

  run(script: string, ...args: readonly string[]): Promise<Result> {
    const env = { ...process.env, PATH: `${join(this.path, "bin")}:${process.env.PATH}` };
    const child = spawn("bash", [join(directory, script), ...args], { env });
    child.stdin.end();
    return finished(child);
  }

  /** The calls of a command, without its name. */
  calls(name: string): string[] {
    const file = join(this.path, "calls");
    const lines = existsSync(file) ? readFileSync(file, "utf8").trim().split("\n") : [];
    return lines.filter((line) => line.startsWith(`${name} `)).map((line) => line.slice(name.length + 1));
  }

  delete(): void {
    rmSync(this.path, { recursive: true, force: true });
  }
}

let commands: Commands;
afterEach(() => commands?.delete());

describe("wait-for-cloud-init.sh", () => {
  test.each([
    ["has finished", 0, 0],
    ["has finished with warnings", 2, 0],
    ["has failed", 1, 1],
  ])("when cloud-init %s (%i), exits with %i", async (_, status, code) => {
    commands = new Commands({ "cloud-init": `[ "$2" = --wait ] && exit ${status}; echo "the long status"` });
    const result = await commands.run("scripts/wait-for-cloud-init.sh");
    expect(result.code).toBe(code);
    expect(commands.calls("cloud-init")[0]).toBe("status --wait");
    expect(result.output.includes("the long status")).toBe(status !== 0);
  });

  test("gives up on a cloud-init that never finishes", async () => {
    commands = new Commands({ timeout: "exit 124" });
    expect(await commands.run("scripts/wait-for-cloud-init.sh")).toEqual({
      code: 1,
      output: "cloud-init did not finish within 10 minutes\n",
    });
    expect(commands.calls("timeout")).toEqual(["600 cloud-init status --wait"]);
  });
});

describe("import-cloud-image.sh", () => {
  const content = "an image";
  const sha = (algorithm: string, text: string) => createHash(algorithm).update(text).digest("hex");

  /** Ubuntu's key has this fingerprint. */
  const ubuntu = "D2EB44626FDDC30B513D5BB71A5D6C4C7DB87C81";

  /** A Proxmox node whose downloads have these checksums, signed by a key of this fingerprint; `qm` does as told. */
  const node = (checksumsOf: string, { qm = "", signedBy = ubuntu } = {}) =>
    new Commands({
      qm: `[ "$1" = status ] && exit 2\n${qm}\nexit 0`,
      gpg: `case "$*" in *--verify*) echo "[GNUPG:] VALIDSIG ${signedBy} 2026-11-01" >&3 ;; esac`,
      curl: `
        output=
        for argument; do
          case $argument in
            */SHA512SUMS) echo "${sha("sha512", checksumsOf)}  debian-13-generic-amd64.qcow2" >SHA512SUMS ;;
            */SHA256SUMS) echo "${sha("sha256", checksumsOf)} *noble-server-cloudimg-amd64.img" >SHA256SUMS ;;
            https://*) printf '${content}' >"$output" ;;
            *) output=$argument ;;
          esac
        done`,
    });

  test.each(images)("makes a template of %s with all it needs", async (image) => {
    commands = node(content);
    expect(await commands.run("import-cloud-image.sh", image, "9013", "local-lvm")).toMatchObject({ code: 0 });
    const [, create, ...rest] = commands.calls("qm");
    expect(rest).toEqual(["disk resize 9013 scsi0 8G", "template 9013"]);
    for (const option of [
      `--name ${image}-cloud-image`,
      "--machine q35 --bios ovmf --efidisk0 local-lvm:0,efitype=4m,pre-enrolled-keys=0",
      "--ide2 local-lvm:cloudinit",
    ]) {
      expect(create).toContain(option);
    }
    const file = /--scsi0 local-lvm:0,import-from=(\/\S+),discard=on/.exec(create ?? "")?.[1];
    expect(file).toMatch(/\.(qcow2|img)$/);
    expect(existsSync(String(file))).toBe(false);
  });

  test.each(images)("does not touch Proxmox when the checksum of %s differs", async (image) => {
    commands = node("another image");
    const { code, output } = await commands.run("import-cloud-image.sh", image, "9013", "local-lvm");
    expect(code).not.toBe(0);
    expect(output).toContain("FAILED");
    expect(commands.calls("qm")).toEqual(["status 9013"]);
  });

  test("does not download an image whose checksums another key has signed", async () => {
    commands = node(content, { signedBy: "0000000000000000000000000000000000000000" });
    const { code, output } = await commands.run("import-cloud-image.sh", "ubuntu-24-04", "9024", "local-lvm");
    expect([code, output]).toEqual([
      1,
      expect.stringContaining(`the signature of SHA256SUMS is not of the key ${ubuntu}`),
    ]);
    expect(commands.calls("curl").filter((call) => call.endsWith(".img"))).toEqual([]);
    expect(commands.calls("qm")).toEqual(["status 9024"]);
  });

  test("says that Debian signs none, and takes a checksum from elsewhere", async () => {
    commands = node(content);
    const unsigned = await commands.run("import-cloud-image.sh", "debian-13", "9013", "local-lvm");
    expect(unsigned).toMatchObject({ code: 0, output: expect.stringContaining("debian-13 are not signed") });
    const right = await commands.run("import-cloud-image.sh", "debian-13", "9013", "local-lvm", sha("sha512", content));
    expect([right.code, right.output.includes("not signed")]).toEqual([0, false]);
    const wrong = await commands.run("import-cloud-image.sh", "debian-13", "9013", "local-lvm", sha("sha512", "other"));
    expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining("FAILED") });
  });

  test("follows no redirection to plain http", async () => {
    commands = node(content);
    await commands.run("import-cloud-image.sh", "ubuntu-24-04", "9024", "local-lvm");
    const calls = commands.calls("curl");
    expect(calls.length).toBeGreaterThan(3);
    for (const call of calls) expect(call).toContain("--proto =https --proto-redir =https");
  });

  test("removes a half-made VM", async () => {
    commands = node(content, { qm: '[ "$1 $2" = "disk resize" ] && exit 5' });
    expect(await commands.run("import-cloud-image.sh", "debian-13", "9013", "local-lvm")).toMatchObject({ code: 5 });
    expect(commands.calls("qm").at(-1)).toBe("destroy 9013 --purge");
  });

  test("leaves a VM alone that has the id already", async () => {
    commands = new Commands({ qm: "", curl: "exit 1" });
    expect(await commands.run("import-cloud-image.sh", "debian-13", "9013", "local-lvm")).toMatchObject({
      code: 1,
      output: expect.stringContaining("VM 9013 exists already"),
    });
    expect(commands.calls("curl")).toEqual([]);
  });

  test("names the images it knows", async () => {
    commands = new Commands({});
    const { code, output } = await commands.run("import-cloud-image.sh", "debian-14", "9014", "local-lvm");
    expect(code).toBe(2);
    for (const image of images) expect(output).toContain(image);
  });
});
