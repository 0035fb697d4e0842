import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname } from "node:path";
import { keptReleases, leavingReleases } from "../../scripts/left-releases";
import { statesIn } from "../../scripts/stack-state";
import { contentOf, file, program } from "../provisioner";

const release = (name: string) => ({
  type: "helm_release",
  name,
  instances: [{ attributes: { name: `${name}-release`, namespace: "apps" } }],
});
const talosconfig = {
  type: "local_file",
  name: "talosconfig",
  instances: [{ attributes: { filename: "../../../clusters/one/talosconfig", content: "" } }],
};

/** A cluster with these releases in its state, and those in its configuration. */
function withReleases(stored: readonly string[], configured: Readonly<Record<string, object>>) {
  mkdirSync(file("out/stacks/one"), { recursive: true });
  mkdirSync(file("clusters/one"), { recursive: true });
  writeFileSync(file("clusters/one/kubeconfig"), "");
  const backend = { local: { path: "../../../one.tfstate" } };
  const stack = { terraform: { backend }, resource: { helm_release: configured } };
  writeFileSync(file("out/stacks/one/cdk.tf.json"), JSON.stringify(stack));
  writeFileSync(file("one.tfstate"), JSON.stringify({ version: 4, resources: [talosconfig, ...stored.map(release)] }));
  return statesIn(file("out"));
}

let path: string | undefined;
beforeEach(() => {
  path = process.env.PATH;
  process.env.PATH = [dirname(file("x")), path].join(delimiter);
});
afterEach(() => {
  process.env.PATH = path;
});

/** What is said after an apply that has removed the release, where kubectl does this. */
async function saidWhere(kubectl: string): Promise<string[]> {
  const leaving = leavingReleases(withReleases(["cilium", "ollama"], { cilium: {} }));
  program("kubectl", `echo "$*" >>${file("calls")}\n${kubectl}`);
  return keptReleases(leaving, withReleases(["cilium"], { cilium: {} }), 0);
}

test("a release leaves that is in the state and not in the configuration, by address or name", () => {
  const states = withReleases(["cilium", "ollama", "argo", "moved"], {
    cilium: { name: "cilium-release" },
    argo: {},
    elsewhere: { name: "moved-release" },
  });
  expect(leavingReleases(states)).toEqual([
    { stack: "one", release: "ollama-release", namespace: "apps", kubeconfig: file("clusters/one/kubeconfig") },
  ]);
});

test("a release that the cluster still has after the apply is told, with the command that removes it", async () => {
  expect(await saidWhere("echo secret/sh.helm.release.v1.ollama-release.v1")).toEqual([
    `one has the Helm release ollama-release no longer, and it is still in the cluster; once the API answers, remove it: helm --kubeconfig '${file("clusters/one/kubeconfig")}' --namespace apps uninstall --ignore-not-found ollama-release`,
  ]);
  expect(contentOf("calls")).toMatch(/--namespace apps .*get secrets --selector=owner=helm,name=ollama-release /);
});

test("nothing is told of a release that is gone", async () => {
  expect(await saidWhere("exit 0")).toEqual([]);
});

test("an API that does not answer in time is told too", async () => {
  expect(await saidWhere("exit 1")).toEqual([
    expect.stringContaining("does not answer, so it may still be in the cluster"),
  ]);
});

test("an API that restarts is waited for", async () => {
  const leaving = leavingReleases(withReleases(["ollama"], {}));
  program("kubectl", `[ -e ${file("asked")} ] || { : >${file("asked")}; exit 1; }`);
  expect(await keptReleases(leaving, withReleases([], {}), 10_000)).toEqual([]);
});

test("nothing is asked if the plan was not approved, or the cluster has left", async () => {
  const states = withReleases(["ollama"], {});
  program("kubectl", "exit 1");
  expect(await keptReleases(leavingReleases(states), states, 0)).toEqual([]);

  const leaving = leavingReleases(states);
  rmSync(file("clusters/one/kubeconfig"));
  expect(await keptReleases(leaving, [], 0)).toEqual([]);
});
