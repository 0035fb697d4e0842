import { checkUpgrade } from "../../constructs/cilium/upgrade";
import { program, run } from "../provisioner";

const check = (version: string) => run(checkUpgrade("kubeconfig", version));

/** A cluster whose agents are of the image. */
const running = (image: string) => program("kubectl", `printf '%s' '${image}'`);

test.each([
  ["quay.io/cilium/cilium:v1.18.12@sha256:0123abcd", "1.19.8"],
  ["quay.io/cilium/cilium:v1.19.6", "1.19.8"],
  ["mirror.example:5000/cilium:1.19.6", "1.20.3"],
  ["quay.io/cilium/cilium:v1.20.2", "1.19.8"],
])("%s can become %s", (image, version) => {
  running(image);
  const { status, stdout, stderr } = check(version);
  expect([status, stderr]).toEqual([0, ""]);
  expect(stdout).toMatch(new RegExp(`^Cilium 1[.0-9]+ can become ${version}\n$`));
});

test.each([
  ["quay.io/cilium/cilium:v1.18.12@sha256:0123abcd", "1.20.3", "1.18.12", "the newest of 1.19 first"],
  ["mirror.example:5000/cilium:1.17.1", "1.20.0", "1.17.1", "the newest of 1.18, then of 1.19 first"],
])("%s cannot become %s, and the steps are named", (image, version, from, steps) => {
  running(image);
  expect(check(version)).toMatchObject({
    status: 1,
    stdout: "",
    stderr: `Cilium is upgraded one minor version at a time, and ${version} is too far from ${from}; write ${steps}. Cilium was not changed [upgrade-one-minor]\n`,
  });
});

test("a cluster without Cilium is a new one", () => {
  running("");
  expect(check("1.20.3")).toMatchObject({ status: 0, stdout: "the cluster has no Cilium yet\n", stderr: "" });
});

test("an image without a version is named, and not judged", () => {
  running("mirror.example:5000/cilium@sha256:0123abcd");
  expect(check("1.20.3")).toMatchObject({
    status: 0,
    stdout: "the image mirror.example:5000/cilium@sha256:0123abcd of Cilium has no version to compare with\n",
  });
});

test("waits for the API, and changes nothing without its answer", () => {
  program("kubectl", "echo 'connection refused' >&2; exit 1");
  expect(check("1.20.3")).toMatchObject({
    status: 1,
    stderr: expect.stringMatching(
      /after 300 seconds, so Cilium was not changed[.] Its last answer: connection refused/,
    ),
  });
});
