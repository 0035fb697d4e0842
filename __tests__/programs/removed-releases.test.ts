import { checkRemovedReleases } from "../../constructs/talos/removed-releases";
import { contentOf, directory, file, program, run } from "../provisioner";

/** The check in a cluster where kubectl answers so, and the stack has these releases. */
function check(kubectl: string, releases = "kube-system/cilium models/ollama") {
  program(
    "kubectl",
    `echo "$*" >>${file("calls")}
case "$*" in
  *"create configmap"*) echo "$*";;
  *" apply "*) for each; do case "$each" in --filename=*) cat "\${each#--filename=}" >${file("written")};; esac; done;;
  ${kubectl}
esac`,
  );
  return run(checkRemovedReleases("clusters/it's/kubeconfig", releases));
}

/** The note of the stack that was: it had these releases. */
const hadBefore = (releases: string) => `*"get configmap"*) echo "${releases}";;`;
const record = "echo secret/sh.helm.release.v1.old.v1";

test("the releases of a stack are noted before they are installed", () => {
  expect(check("")).toMatchObject({ status: 0, stderr: "" });
  expect(contentOf("written")).toContain("--from-literal=releases=kube-system/cilium models/ollama");
  expect(contentOf("calls")).not.toContain("secrets");
});

test("a release that has left the stack and the cluster is no longer noted", () => {
  expect(check(hadBefore("apps/old kube-system/cilium"))).toMatchObject({ status: 0, stderr: "" });
  expect(contentOf("calls").match(/.*secrets.*/g)).toEqual([
    "--kubeconfig=clusters/it's/kubeconfig --request-timeout=30s get secrets --namespace=apps --selector=owner=helm,name=old,status!=uninstalled --ignore-not-found --output=name",
  ]);
  expect(contentOf("written")).not.toContain("old");
});

test("one that the cluster still has fails the apply, with what to type, and stays noted", () => {
  const { status, stderr } = check(`${hadBefore("apps/old kube-system/cilium")}\n*secrets*) ${record};;`);
  expect(status).toBe(1);
  const kubeconfig = `'${directory}/clusters/it'\\''s/kubeconfig'`;
  expect(stderr).toContain("the cluster still has Helm releases that the stack no longer has: apps/old. Uninstall");
  expect(stderr).toContain(`\n  helm --kubeconfig ${kubeconfig} --namespace apps uninstall old\n`);
  expect(stderr).toContain(
    `\n  kubectl --kubeconfig ${kubeconfig} --namespace kube-system delete configmap helm-releases-of-stack\n`,
  );
  expect(stderr).toContain("\nThe last answer of Kubernetes: secret/sh.helm.release.v1.old.v1\n");
  expect(contentOf("written")).toBe("");
});

test("all of them are told at once", () => {
  const { stderr } = check(`${hadBefore("apps/old apps/older")}\n*secrets*) ${record};;`);
  expect(stderr).toMatch(/uninstall old\n.*uninstall older\n/);
});

test("what others have written into the note is in no command to copy", () => {
  const { status, stderr } = check(
    `*"get configmap"*) echo 'apps/x;reboot * apps/$(reboot) ../x/y';;\n*secrets*) ${record};;`,
  );
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
});

test("one that Helm is uninstalling is waited for, as is an API that restarts", () => {
  const restarts = `[ -e ${file("asked")} ] || { : >${file("asked")}; echo refused >&2; exit 1; }`;
  const uninstalls = `[ -e ${file("gone")} ] || { : >${file("gone")}; ${record}; }`;
  expect(check(`*"get configmap"*) ${restarts}; echo apps/old;;\n*secrets*) ${uninstalls};;`)).toMatchObject({
    status: 0,
    stderr: "",
  });
  expect(contentOf("written")).not.toBe("");
});

test.each([
  ["which releases there were", `*"get configmap"*) echo refused >&2; exit 1;;`, "does not report which Helm releases"],
  ["whether one is gone", `${hadBefore("apps/old")}\n*secrets*) echo refused >&2; exit 1;;`, "Kubernetes: refused"],
])("an API that does not tell %s fails the apply", (_, kubectl, message) => {
  const { status, stderr } = check(kubectl);
  expect({ status, stderr }).toEqual({ status: 1, stderr: expect.stringContaining(message) });
  expect(contentOf("written")).toBe("");
});
