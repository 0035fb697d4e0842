import { copyFileSync } from "node:fs";
import { join } from "node:path";
import type { CiliumInstallProps } from "../../constructs/cilium/install-props";
import type { Lab } from "../lab";
import { deployCluster } from "./support/cluster";
import { bundles, servedGateway, uidOf } from "./support/gateway";
import { Impostor, ports, selfSigned } from "./support/impostor";
import { succeeded } from "./support/succeeded";
import { startLab } from "./support/test-lab";
import { unchanged } from "./support/unchanged";
import { unwrapped } from "./support/unwrapped";

const deploy = (lab: Lab, cilium: Omit<CiliumInstallProps, "node">) => deployCluster(lab, { cilium, nvidia: false });

async function applied(lab: Lab, cilium: Omit<CiliumInstallProps, "node">): Promise<void> {
  const terraform = await deploy(lab, cilium);
  succeeded(await terraform.apply());
  await unchanged(terraform);
}

test("the CRDs go up with Cilium, gateways are served all the way, and none is lost when they are switched off", async () => {
  const lab = await startLab();
  await applied(lab, { version: "1.18.12", gatewayApi: true });
  const kubectl = await lab.kubectl(100);
  expect(await bundles(kubectl)).toEqual(["v1.3.0"]);
  const uid = await servedGateway(kubectl, 8001);

  const skipping = await (await deploy(lab, { version: "1.20.2", gatewayApi: true })).apply();
  expect(skipping.code).toBe(1);
  expect(unwrapped(skipping.output)).toContain(
    "Cilium is upgraded one minor version at a time, and 1.20.2 is too far from 1.18.12; write the newest of 1.19 first. Cilium was not changed [upgrade-one-minor]",
  );
  // Not the CRDs either, with which there would be no way back.
  expect(await bundles(kubectl)).toEqual(["v1.3.0"]);
  expect(await servedGateway(kubectl, 8001)).toBe(uid);

  await applied(lab, { version: "1.19.6", gatewayApi: true });
  expect(await bundles(kubectl)).toEqual(["v1.4.1"]);
  expect(await servedGateway(kubectl, 8002)).toBe(uid);

  await applied(lab, { version: "1.20.2", gatewayApi: true });
  expect(await bundles(kubectl)).toEqual(["v1.6.1"]);
  expect(await servedGateway(kubectl, 8003)).toBe(uid);

  const back = await deploy(lab, { version: "1.19.6", gatewayApi: true });
  const refused = await back.apply();
  expect(refused.code).not.toBe(0);
  expect(refused.output).toMatch(/CRDs\s+of\s+the\s+Gateway\s+API\s+v1\.6\.1,\s+with\s+which\s+Cilium\s+1\.19\.6/);
  expect(await bundles(kubectl)).toEqual(["v1.6.1"]);
  expect(await servedGateway(kubectl, 8004)).toBe(uid);

  await applied(lab, { version: "1.20.2", gatewayApi: false });
  expect(await bundles(kubectl)).toEqual(["v1.6.1"]);
  expect(await uidOf(kubectl)).toBe(uid);
});

test("the CRDs come from a file that is part of the stack, and a source that does not answer, or is an impostor, is named before anything is done", async () => {
  const lab = await startLab();
  lab.gatewayApi.answers = false;
  const unanswered = await (await deploy(lab, { gatewayApi: true })).apply();
  expect(unanswered.code).not.toBe(0);
  expect(unanswered.output).toMatch(/cannot\s+be\s+read\s+from\s+https:[^ ]*standard-install\.yaml/);
  const [address = ""] = await lab.moreAddresses(1);
  const impostor = await Impostor.at(address, await selfSigned("impostor", address));
  const gatewayApiDefinitions = `https://${address}:${ports.web}/standard-install.yaml`;
  const strange = await (await deploy(lab, { gatewayApi: true, gatewayApiDefinitions })).apply();
  await impostor.stop();
  expect([strange.code, unwrapped(strange.output)]).toEqual([1, expect.stringMatching(/failed to verify certificate/)]);
  expect(impostor.told).toEqual([]);
  const kubectl = await lab.kubectl(100);
  expect(await bundles(kubectl)).toEqual([]);

  const file = join(lab.directory, "crds.yaml");
  copyFileSync(join(__dirname, "../go/internal/manifests/gateway-api/v1.4.1.yaml"), file);
  await applied(lab, { gatewayApi: true, gatewayApiDefinitions: file });
  expect(await bundles(kubectl)).toEqual(["v1.4.1"]);
  await servedGateway(kubectl, 8001);
});
