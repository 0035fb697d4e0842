import { mkdirSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { trustProxmox } from "../scripts/certificates";

describe("Terraform's folders of CA certificates", () => {
  const [before, home] = [process.env.SSL_CERT_DIR, process.cwd()];
  let directory: string;
  beforeEach(() => {
    directory = realpathSync(mkdtempSync(join(tmpdir(), "certificates-")));
    process.chdir(directory);
    delete process.env.SSL_CERT_DIR;
  });
  afterEach(() => {
    process.chdir(home);
    rmSync(directory, { recursive: true });
    if (before === undefined) delete process.env.SSL_CERT_DIR;
    else process.env.SSL_CERT_DIR = before;
  });

  test("stay as they are without a CA of Proxmox", () => {
    trustProxmox();
    expect(process.env.SSL_CERT_DIR).toBeUndefined();
  });

  test("are that of Proxmox's CA and those of the system, which the variable replaces", () => {
    mkdirSync(join(directory, "proxmox-ca"));
    trustProxmox();
    expect(process.env.SSL_CERT_DIR).toBe(`${directory}/proxmox-ca:/etc/ssl/certs:/etc/pki/tls/certs`);
  });

  test("keep those that are named already", () => {
    mkdirSync(join(directory, "proxmox-ca"));
    process.env.SSL_CERT_DIR = "/opt/certs";
    trustProxmox();
    expect(process.env.SSL_CERT_DIR).toBe(`${directory}/proxmox-ca:/opt/certs`);
  });
});
