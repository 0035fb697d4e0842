import { StateEncryption } from "../constructs/state-encryption";
import { secretSection } from "../review/secret";
import { toHcl } from "../synth/hcl";
import { problemsOf, synthesizedJson } from "./stacks";

const method = "method.aes_gcm.passphrase";

test("OpenTofu encrypts state and plans, and refuses what is not encrypted", () => {
  const { terraform, variable } = synthesizedJson((stack) => void new StateEncryption(stack, "encryption"));
  expect((terraform as { encryption: unknown }).encryption).toMatchObject({
    state: { method, enforced: true },
    plan: { method, enforced: true },
  });
  expect(variable).toEqual({ state_passphrase: expect.objectContaining({ sensitive: true }) });
});

test("a state in plaintext is read for the apply that encrypts it, if asked for", () => {
  const { terraform } = synthesizedJson((stack) => void new StateEncryption(stack, "encryption", { migrate: true }));
  expect((terraform as { encryption: unknown }).encryption).toMatchObject({
    method: { unencrypted: { plaintext: {} } },
    state: { method, fallback: { method: "method.unencrypted.plaintext" } },
    plan: { method, enforced: true },
  });
});

test("a variable cannot decide it", () => {
  expect(problemsOf((stack) => void new StateEncryption(stack, "encryption", { migrate: "yes" as never }))).toEqual([
    expect.stringContaining('migrate is "yes"; write true or false [prop-type]'),
  ]);
});

test("HCL has references where OpenTofu takes no string", () => {
  const hcl = toHcl(synthesizedJson((stack) => void new StateEncryption(stack, "encryption", { migrate: true })));
  for (const line of [
    'method "aes_gcm" "passphrase" {',
    "keys = key_provider.pbkdf2.passphrase",
    "passphrase = var.state_passphrase",
    "method = method.unencrypted.plaintext",
  ])
    expect(hcl).toContain(line);
});

test("the review says so", () => {
  const stack = synthesizedJson((stack) => void new StateEncryption(stack, "encryption"));
  expect(secretSection(stack)).toContain(", encrypted by OpenTofu");
});
