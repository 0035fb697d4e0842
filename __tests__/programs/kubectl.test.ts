import { removeControlPlaneTaint, waitForKubernetes } from "../../constructs/talos/kubectl";
import { contentOf, file, program, run } from "../provisioner";

const wait = (resources = "", timeout = 1) =>
  waitForKubernetes("kubeconfig", "https://192.168.1.50:6443", timeout, resources);

describe("the wait for Kubernetes", () => {
  test("ends when the API is ready and has its node", () => {
    program("kubectl", 'case "$*" in *readyz*) echo ok;; *nodes*) echo node/talos-gpu;; *) exit 1;; esac');
    expect(run(wait())).toMatchObject({ status: 0, stderr: "" });
  });

  test("goes on after an answer that is not ready yet", () => {
    const asked = file("asked");
    program("kubectl", `if [ -e ${asked} ]; then echo node/talos-gpu; else touch ${asked}; exit 1; fi`);
    expect(run(wait("", 60)).status).toBe(0);
  });

  test("tells the endpoint, the time and the last answer when it ends without", () => {
    program("kubectl", "echo 'connection refused' >&2; exit 1");
    expect(run(wait())).toMatchObject({
      status: 1,
      stderr:
        "Kubernetes at https://192.168.1.50:6443 is not ready after 1 seconds; its last answer: connection refused\n",
    });
  });

  test("does not take an API without nodes for ready", () => {
    program("kubectl", 'case "$*" in *readyz*) echo ok;; esac');
    expect(run(wait()).status).toBe(1);
  });

  test("includes the resources that are awaited", () => {
    program("kubectl", 'case "$*" in *crd/missing*) echo "not there" >&2; exit 1;; *) echo ok;; esac');
    expect(run(wait("crd/there", 60)).status).toBe(0);
    expect(run(wait("crd/there crd/missing")).stderr).toMatch(/not there/);
  });

  test.each([
    ["as the kubeconfig has it", undefined, ""],
    ["at the endpoint itself", "directly", "--server=https://192.168.1.50:6443 "],
  ] as const)("asks the API %s", (_, at, server) => {
    program("kubectl", `echo "$*" >>${file("asked")}; echo node/talos-gpu`);
    expect(run(waitForKubernetes("kubeconfig", "https://192.168.1.50:6443", 1, "", at)).status).toBe(0);
    expect(contentOf("asked")).toMatch(
      new RegExp(`^(--kubeconfig=kubeconfig --request-timeout=10s ${server}get .*\n)+$`),
    );
  });

  test("says that kubectl is missing where it is", () => {
    expect(run(wait())).toMatchObject({
      status: 1,
      stderr: expect.stringMatching(/^kubectl is missing on the machine that runs Terraform; install it from https/),
    });
  });
});

describe("the removal of the control-plane taint", () => {
  const remove = () => run(removeControlPlaneTaint("kubeconfig"));

  test("asks for exactly that", () => {
    program("kubectl", `echo "$*" >${file("asked")}`);
    expect(remove().status).toBe(0);
    expect(contentOf("asked")).toBe(
      "--kubeconfig=kubeconfig --request-timeout=30s taint nodes --all node-role.kubernetes.io/control-plane-\n",
    );
  });

  test("takes a node without the taint for a success", () => {
    program("kubectl", `echo 'error: taint "node-role.kubernetes.io/control-plane" not found' >&2; exit 1`);
    expect(remove()).toMatchObject({ status: 0, stderr: "" });
  });

  test("fails on anything else, and tells what kubectl said", () => {
    program("kubectl", "echo 'Unauthorized' >&2; exit 1");
    expect(remove()).toMatchObject({
      status: 1,
      stderr: "the control-plane taint could not be removed: Unauthorized\n",
    });
  });
});
