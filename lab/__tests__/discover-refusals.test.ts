import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ProxmoxApi } from "../../discover/api";
import { certificateOf, encrypted } from "../../discover/certificate";
import { selfSigned } from "../proxmox/certificate";
import type { ClusterOptions } from "../proxmox/cluster";
import { exampleHosts } from "../proxmox/example-hosts";
import {
  at,
  discovered,
  fingerprintOf,
  type Run,
  rootPassword,
  siteRights,
  token,
  tokenEnvironment,
  vmWith,
  withToken,
} from "./support/discovered";
import { proxmoxWith } from "./support/simulated-proxmox";

const root = join(__dirname, "../..");

const ends: (() => unknown)[] = [];
afterEach(() => {
  for (const end of ends.splice(0)) end();
});

describe("no site is written for a host that is not ready, and the reason says what to do:", () => {
  test.each<[string, ClusterOptions, RegExp]>([
    [
      "an IOMMU group that is shared",
      exampleHosts["shared-group"],
      /^01:00 .* cannot be passed through: IOMMU group 14 has 02:00[.]0 Samsung .* too, which the host could no longer use; move the card to a CPU-attached slot/,
    ],
    [
      "an IOMMU that is off",
      exampleHosts["iommu-off"],
      /^The IOMMU of pve is disabled, so 01:00 .* cannot be passed through:\n {2}1[.] enable VT-d or AMD-Vi in the firmware of pve, and reboot it\n {2}2[.] .*"intel_iommu=on".*update-grub.*proxmox-boot-tool refresh/,
    ],
    [
      "Proxmox 8.3, which has no imports, both at once",
      exampleHosts["proxmox-8.3"],
      / 1[.] Proxmox VE 8[.]3[.]5 cannot import disk images, which needs 8[.]4 or later; upgrade the host: .*\n {2}2[.] No storage of pve has the content type Import, .*; once the host is upgraded, enable Import for local /,
    ],
    [
      "no storage for imports",
      exampleHosts["no-import-storage"],
      /^No storage of pve has the content type Import, to download the image of Talos to; enable Import for local .*`pvesm set local --content iso,vztmpl,snippets,images,import`[.]$/,
    ],
    [
      "no room",
      exampleHosts["full-storage"],
      /^The storage local of pve has 5 GiB free and needs 10; make room on it[.]$/,
    ],
    ["no GPU", exampleHosts["no-gpu"], /^pve has no GPU; is the card seated and powered[?]/],
    ["no bridge", { bridges: [] }, /^root@pam sees no bridge of pve: make one/],
  ])("%s", async (_, options, reason) => {
    const { refusal, site, printed } = await at(options);
    expect(refusal).toMatch(reason);
    expect(site).toBeUndefined();
    // It is known all the same what the host has.
    expect(printed).toContain("node pve");
  });
});

describe("privileges", () => {
  test("without Sys.Audit the hardware is unknown, and the role is told", async () => {
    const proxmox = await withToken(siteRights.filter((privilege) => privilege !== "Sys.Audit"));
    const { refusal, printed, site } = await discovered(proxmox.endpoint, { environment: tokenEnvironment });
    expect(refusal).toMatch(
      /^terraform@pve!talos may not read the hardware of pve, which needs Sys[.]Audit on [/][.] Give it the roles.*\n\n {2}pveum role add TerraformHost --privs ".*Sys[.]Audit.*"\n[\s\S]*\n {2}pveum acl modify [/] --tokens 'terraform@pve!talos' --roles TerraformHost\n[\s\S]*\n$/,
    );
    expect(printed).toMatch(/privileges +terraform@pve!talos lacks Sys[.]Audit; on the host/);
    expect(printed).toMatch(/GPUs +not for this account to know/);
    expect(site).toBeUndefined();
  });

  test("without any, all of them are told", async () => {
    const proxmox = await withToken([]);
    const { printed } = await discovered(proxmox.endpoint, { environment: tokenEnvironment, args: ["--json"] });
    expect(JSON.parse(printed)).toMatchObject({ lackingPrivileges: siteRights });
  });

  test("that only deploying takes are told, and the site is written", async () => {
    const proxmox = await withToken(siteRights.filter((privilege) => privilege !== "Mapping.Modify"));
    const { printed, stack } = await discovered(proxmox.endpoint, { environment: tokenEnvironment });
    expect(printed).toMatch(/lacks Mapping[.]Modify; on the host/);
    expect(printed).toContain("and give terraform@pve!talos the privileges above");
    expect(stack).toBeDefined();
  });

  test("to see storages and bridges are told where they are missed", async () => {
    const hidden = ["Datastore.Allocate", "Datastore.AllocateSpace", "Datastore.Audit", "SDN.Use"];
    const proxmox = await withToken(siteRights.filter((privilege) => !hidden.includes(privilege)));
    const { refusal } = await discovered(proxmox.endpoint, { environment: tokenEnvironment });
    expect(refusal).toMatch(
      /sees no storage of pve: give it Datastore[.]Audit[\s\S]*sees no bridge of pve: .*SDN[.]Use/,
    );
  });
});

describe("who asks", () => {
  const refusalOf = async (options: ClusterOptions, how: Run) => (await at(options, how)).refusal;

  test("is refused with a wrong password, a wrong token, or one that is none", async () => {
    expect(await refusalOf({}, { environment: { ...rootPassword, PROXMOX_VE_PASSWORD: "wrong" } })).toBe(
      "Proxmox does not accept root@pam with this password: authentication failure. Mind the realm: @pam is for users of the host itself, such as root, @pve for those that Proxmox keeps.",
    );
    expect(await refusalOf({}, { environment: tokenEnvironment })).toMatch(
      /^Proxmox does not accept the API token terraform@pve!talos: invalid token value! .*`pveum user token list terraform@pve`/,
    );
    expect(await refusalOf({}, { environment: { PROXMOX_VE_API_TOKEN: token.secret } })).toMatch(
      /^The API token is not of the form user@realm!name=secret/,
    );
    expect(await refusalOf({}, { environment: { ...rootPassword, PROXMOX_VE_USERNAME: "admin" } })).toBe(
      'The user "admin" has no realm; write it as in "root@pam", or "terraform@pve".',
    );
  });

  test("is asked for at a terminal, root@pam unless another is named", async () => {
    const { stack, asked } = await at({}, { environment: {}, answers: ["", "proxmox"] });
    expect(asked).toEqual([
      "User with realm, or name of an API token (user@realm!name)",
      "Password of root@pam",
      "Name of the cluster and its VM",
      "IP address of the node, with the prefix length of vmbr0",
      "Memory in GiB, of 64",
      "Disk in GiB, of 1000 on local-lvm",
    ]);
    expect(stack).toBeDefined();
  });

  test("may give a token at the terminal, its secret by itself", async () => {
    const proxmox = await withToken(siteRights);
    const { stack } = await discovered(proxmox.endpoint, { environment: {}, answers: [token.id, token.secret] });
    expect(stack).toMatchObject({ provider: { proxmox: [{ api_token: "${var.proxmox_api_token}" }] } });
  });

  test("has to be in the environment where there is no terminal", async () => {
    expect(await refusalOf({}, { environment: {} })).toMatch(/^There is no terminal to ask for a password in; set /);
  });

  test("gives a second factor at a terminal, and the site is of a ticket", async () => {
    const host = exampleHosts["two-factor"];
    expect(await refusalOf(host, {})).toMatch(
      /^root@pam has a second factor, and there is no terminal .* make an API token/,
    );
    expect(await refusalOf(host, { answers: ["000000"] })).toMatch(/^Proxmox does not accept the one-time password: /);
    const { stack, asked } = await at(host, { answers: ["123456"] });
    expect(asked[0]).toBe("One-time password");
    expect(stack).toMatchObject({
      provider: { proxmox: [{ auth_ticket: "${var.proxmox_auth_ticket}" }] },
      ...vmWith({ hostpci: [expect.objectContaining({ id: "0000:01:00" })] }),
    });
  });

  test("shows no secret to anybody", async () => {
    const proxmox = await withToken(siteRights);
    const outcomes = [
      await discovered(proxmox.endpoint, { environment: tokenEnvironment }),
      await discovered(proxmox.endpoint, { environment: { PROXMOX_VE_API_TOKEN: `x@pve!y=${token.secret}` } }),
      await at({}, { environment: { ...rootPassword, PROXMOX_VE_PASSWORD: token.secret } }),
    ];
    expect(outcomes.map((outcome) => JSON.stringify(outcome).includes(token.secret))).toEqual([false, false, false]);
  });
});

describe("a certificate that nobody vouches for", () => {
  test("is shown, and nothing is sent before it is trusted", async () => {
    const proxmox = await proxmoxWith();
    const { endpoint, journal } = proxmox;
    const fingerprint = await fingerprintOf(endpoint);
    const address = [endpoint];
    const silent = await discovered(endpoint, { address });
    expect(silent.refusal).toContain(`\n  ${fingerprint}\n`);
    expect(silent.refusal).toMatch(/`pvenode cert info`.*give it with --fingerprint[.]$/);
    const declined = await discovered(endpoint, { address, answers: [""] });
    expect(declined.refusal).toBe("The certificate is not trusted, so no request was sent to the host.");
    const other = await discovered(endpoint, { address: [endpoint, "--fingerprint", "00:11"] });
    expect(other.refusal).toContain(`has the fingerprint ${fingerprint}, and not the one that was given`);
    expect(journal.entries).toEqual([]);
    const accepted = await discovered(endpoint, { address, answers: ["y"] });
    expect(accepted.told).toContain(fingerprint);
    expect(accepted.stack).toBeDefined();
  });

  test("is compared again at every connection, before a secret is sent", async () => {
    const { endpoint, journal } = await proxmoxWith();
    const socket = await encrypted(new URL(endpoint));
    const certificate = certificateOf(socket);
    socket.destroy();
    const api = new ProxmoxApi(
      new URL(endpoint),
      { ...certificate, fingerprint: "00:11" },
      {
        tell: () => {},
      },
    );
    await expect(api.call("POST", "/access/ticket", { username: "root@pam", password: "proxmox" })).rejects.toThrow(
      "shows another certificate than before",
    );
    expect(journal.entries).toEqual([]);
  });

  test("may be written without colons and in lower case", async () => {
    const { endpoint } = await proxmoxWith();
    const fingerprint = (await fingerprintOf(endpoint)).replaceAll(":", "").toLowerCase();
    expect((await discovered(endpoint, { address: [endpoint, "--fingerprint", fingerprint] })).refusal).toBeUndefined();
  });
});

describe("a host that is not Proxmox's API", () => {
  async function listening(server: Server | ReturnType<typeof createHttpServer>): Promise<number> {
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    ends.push(() => server.close());
    return (server.address() as AddressInfo).port;
  }

  test.each<[string, string | undefined]>([
    ["a web page", "<html>Hello</html>"],
    ["JSON of another kind", '{"data":null}'],
    ["a bare 404", undefined],
  ])("is told from it: %s", async (_, body) => {
    const server = createServer(await selfSigned("127.0.0.1"), (_request, response) => {
      response.writeHead(body === undefined ? 404 : 200);
      response.end(body);
    });
    const endpoint = `https://127.0.0.1:${await listening(server)}`;
    for (const environment of [rootPassword, tokenEnvironment]) {
      expect((await discovered(endpoint, { environment })).refusal).toMatch(
        /^127[.]0[.]0[.]1:\d+ answers, but not as the API of Proxmox VE; write the address of its web interface/,
      );
    }
  });

  test("may not speak TLS at all", async () => {
    const port = await listening(createHttpServer((_request, response) => response.end("Hello")));
    const { refusal } = await discovered("", { address: [`127.0.0.1:${port}`] });
    expect(refusal).toMatch(/^127[.]0[.]0[.]1:\d+ does not speak TLS .*at port 8006[.]$/);
  });

  test("may not be there", async () => {
    const server = createHttpServer();
    const port = await listening(server);
    server.close();
    await once(server, "close");
    const { refusal } = await discovered("", { address: [`https://127.0.0.1:${port}`] });
    expect(refusal).toBe(
      `127.0.0.1 refuses connections at port ${port}; Proxmox's API is at 8006, and \`systemctl status pveproxy\` on the host shows whether it runs.`,
    );
  });

  test("may fail, or break off", async () => {
    const proxmox = await proxmoxWith();
    proxmox.faults.add({ path: /nextid/, outcome: { status: 596, reason: "Connection timed out" } });
    expect((await discovered(proxmox.endpoint)).refusal).toMatch(
      /^Proxmox answers GET [/]cluster[/]nextid with 596 Connection timed out; /,
    );
    proxmox.faults.clear();
    proxmox.faults.add({ path: /nextid/, outcome: { drop: true } });
    expect((await discovered(proxmox.endpoint)).refusal).toMatch(/closed the connection .*; try again[.]$/);
  });
});

describe("the command", () => {
  const command = async (env: NodeJS.ProcessEnv, ...args: string[]) => {
    const child = spawn(process.execPath, ["--require", "./scripts/typescript.cjs", "discover/command.ts", ...args], {
      cwd: root,
      env: { ...process.env, ...env },
    });
    const texts = ["", ""];
    child.stdout.on("data", (text) => {
      texts[0] += text;
    });
    child.stderr.on("data", (text) => {
      texts[1] += text;
    });
    const [status] = await once(child, "close");
    return { status, stdout: texts[0] ?? "", stderr: texts[1] ?? "" };
  };

  test("needs an address, and options that are none are refused", async () => {
    expect((await discovered("", { address: [] })).refusal).toMatch(/^Usage: npm run discover/);
    expect((await discovered("", { address: ["pve", "--password", "x"] })).refusal).toMatch(
      /^Unknown option '--password'/,
    );
  });

  test("believes authorities that Node.js is told of, and ends well", async () => {
    const { endpoint, authority } = await proxmoxWith();
    const directory = mkdtempSync(join(tmpdir(), "discover-"));
    ends.push(() => rmSync(directory, { recursive: true }));
    const file = join(directory, "ca.pem");
    writeFileSync(file, authority.cert);
    const site = join(directory, "site.ts");
    const environment = { ...rootPassword, NODE_EXTRA_CA_CERTS: file };
    const { status, stdout } = await command(environment, endpoint, "--json", "--output", site);
    expect([status, JSON.parse(stdout)]).toEqual([0, expect.objectContaining({ isTrusted: true })]);
    expect(readFileSync(site, "utf8")).not.toContain("insecure");
  });

  test("tells what is wrong in a sentence, and ends with 1", async () => {
    const { status, stdout, stderr } = await command({}, "http://pve:8006");
    expect([status, stdout, stderr]).toEqual([
      1,
      "",
      '"http://pve:8006" is not https, the only protocol that Proxmox serves; write it as in https://pve.example:8006\n',
    ]);
  });
});
