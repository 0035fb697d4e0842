import { writeFileSync } from "node:fs";
import { waitForRuntimeClass } from "../../constructs/gpu/runtime-class";
import { contentOf, file, program, run } from "../provisioner";

function wait() {
  writeFileSync(file("kubeconfig"), "of the cluster");
  return run(waitForRuntimeClass("kubeconfig", "nvidia-prerequisites"));
}

/** What the API server has: the name of a RuntimeClass, its Helm release and its owner; later something else. */
const answers = (first: string, later = first): void =>
  program(
    "kubectl",
    `echo "$*" >>${file("calls")}
[ "$(wc -l <${file("calls")})" -gt 2 ] && printf '%s' '${later}' || printf '%s' '${first}'`,
  );

test.each([
  ["there is none", "", ""],
  ["it is of the release itself", "nvidia|nvidia-prerequisites| ", "nvidia|nvidia-prerequisites| "],
  ["that of the operator is collected", "nvidia||ClusterPolicy cluster-policy", ""],
  ["another release is uninstalled", "nvidia|other| ", ""],
])("the device plugin's RuntimeClass may come once %s", (_, first, later) => {
  answers(first, later);
  expect(wait()).toMatchObject({ status: 0, stdout: "no RuntimeClass nvidia is in the way\n", stderr: "" });
});

test.each([
  ["nvidia||ClusterPolicy cluster-policy", "it belongs to ClusterPolicy cluster-policy"],
  ["nvidia|other| ", "it belongs to the Helm release other"],
])("a RuntimeClass that stays, %s, is named with what it belongs to", (origin, owner) => {
  answers(origin);
  const { status, stderr } = wait();
  expect([status, stderr]).toEqual([
    1,
    `the RuntimeClass nvidia is in the way of the one that the device plugin needs: ${owner}. Remove what created it, or delete it, then apply again: kubectl delete runtimeclass nvidia\n`,
  ]);
});

test("a RuntimeClass of nobody is named at once", () => {
  answers("nvidia|| ");
  expect(wait().stderr).toContain("needs: nothing owns it. Remove");
  expect(contentOf("calls").trim().split("\n")).toHaveLength(1);
});

test("an API that does not answer stops nothing, and a cluster that is yet to be created is not asked", () => {
  program("kubectl", "echo 'connection refused' >&2; exit 1");
  const told = "Kubernetes does not report whether there is a RuntimeClass nvidia: connection refused\n";
  expect(wait()).toMatchObject({ status: 0, stdout: told });
  answers("nvidia|| ");
  const { status } = run(waitForRuntimeClass("none", "nvidia-prerequisites"));
  expect([status, contentOf("calls")]).toEqual([0, ""]);
});
