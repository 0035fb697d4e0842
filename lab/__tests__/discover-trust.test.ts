import { X509Certificate } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { clusterAuthority, nodeCertificate, selfSigned } from "../proxmox/certificate";
import { exampleHosts } from "../proxmox/example-hosts";
import { at, discovered } from "./support/discovered";
import { proxmoxWith } from "./support/simulated-proxmox";

const same = (one = "", other = ""): boolean =>
  new X509Certificate(one).fingerprint256 === new X509Certificate(other).fingerprint256;

test("the CA of a Proxmox host is written beside the configuration, which is without `insecure`", async () => {
  const proxmox = await proxmoxWith(exampleHosts["two-nodes"]);
  const found = await discovered(proxmox.endpoint, { args: ["--gpu", "01:00", "--node", "pve1"] });
  expect(same(found.authority, proxmox.authority.cert)).toBe(true);
  expect(found.site).not.toContain("insecure");
  expect(found.printed).toMatch(
    /proxmox-ca[/]127[.]0[.]0[.]1[.]pem has the CA of its certificate, which `npm run diff`.*\bSSL_CERT_DIR="\$PWD[/].*proxmox-ca:[/]etc[/]ssl[/]certs/,
  );
});

test("a certificate that signed itself is its own CA", async () => {
  const proxmox = await proxmoxWith();
  const own = await selfSigned("127.0.0.1");
  proxmox.show("pveproxy-ssl.pem", own);
  expect(same((await discovered(proxmox.endpoint)).authority, own.cert)).toBe(true);
});

test.each<[string, (proxmox: Awaited<ReturnType<typeof proxmoxWith>>) => unknown]>([
  [
    "another CA has signed its certificate",
    async (proxmox) => proxmox.show("pveproxy-ssl.pem", await nodeCertificate(await clusterAuthority(), "pve")),
  ],
  [
    "it does not list its CA",
    (proxmox) => {
      proxmox.cluster.certificates = proxmox.cluster.certificates.slice(1);
    },
  ],
  [
    "it has no such call",
    (proxmox) =>
      proxmox.faults.add({ path: /certificates[/]info$/, outcome: { status: 501, reason: "not implemented" } }),
  ],
])("no CA is taken from a host if %s, and the way to copy it is told", async (_, prepare) => {
  const proxmox = await proxmoxWith();
  await prepare(proxmox);
  const { authority, site, printed } = await discovered(proxmox.endpoint);
  expect(authority).toBeUndefined();
  expect(site).not.toContain("insecure");
  expect(printed).toMatch(
    /does not return the CA .*scp root@127[.]0[.]0[.]1:[/]etc[/]pve[/]pve-root-ca[.]pem .*proxmox-ca[/]127[.]0[.]0[.]1[.]pem/,
  );
});

test("a certificate for other names is told, with the names", async () => {
  const proxmox = await proxmoxWith();
  const advice =
    /certificate of 127[.]0[.]0[.]1 is for 192[.]0[.]2[.]10, localhost, pve, pve[.]example, .*write one of these/;
  expect((await discovered(proxmox.endpoint)).printed).not.toMatch(advice);
  proxmox.show("pve-ssl.pem", await nodeCertificate(proxmox.authority, "pve", ["192.0.2.10"]));
  expect((await discovered(proxmox.endpoint)).printed).toMatch(advice);
});

test("a CA that is there for the host already is not written over unasked", async () => {
  const proxmox = await proxmoxWith();
  const directory = mkdtempSync(join(tmpdir(), "discover-"));
  const file = join(directory, "main.ts");
  const ca = join(directory, "proxmox-ca/127.0.0.1.pem");
  const args = ["--output", file, "--force"];
  await discovered(proxmox.endpoint, { args });
  const written = readFileSync(ca, "utf8");
  // The same again needs no question, whatever its line ends are.
  writeFileSync(ca, written.replaceAll("\n", "\r\n"));
  rmSync(file);
  expect((await discovered(proxmox.endpoint, { args: ["--output", file] })).refusal).toBeUndefined();

  rmSync(file);
  writeFileSync(ca, (await clusterAuthority()).cert);
  const { refusal } = await discovered(proxmox.endpoint, { args: ["--output", file] });
  expect(refusal).toMatch(/proxmox-ca[/]127[.]0[.]0[.]1[.]pem is unchanged/);
  rmSync(directory, { recursive: true });
});

test("root is told how to do with an API token", async () => {
  expect((await at()).printed).toMatch(/pveum role add TerraformDevice --privs ".*Mapping[.]Modify.*"/);
});
