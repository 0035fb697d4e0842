import { mkdtempSync, writeFileSync } from "node:fs";
import { createServer, type RequestListener } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Kubectl } from "../../kubectl";
import type { Lab } from "../../lab";
import { Processes } from "../../processes";

interface Service {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: { readonly ports: readonly { readonly name?: string; readonly port: number }[] };
  readonly status: { readonly loadBalancer?: { readonly ingress?: readonly { readonly ip: string }[] } };
}
interface EndpointSlice {
  readonly endpoints: readonly {
    readonly conditions: { readonly ready: boolean };
    readonly targetRef: { readonly name: string };
  }[];
  readonly ports: readonly { readonly name?: string; readonly port: number }[];
}

/** A container, as far as a request is concerned. */
export interface Container {
  readonly image: string;
  readonly ports?: readonly { readonly containerPort: number }[];
  readonly lifecycle?: { readonly postStart: { readonly exec: { readonly command: readonly string[] } } };
}

/** The container that answers at an address of a load balancer: behind its Service, the ready endpoints of that, and the port of their pod. */
async function containerAt(kubectl: Kubectl, { hostname, port }: URL): Promise<Container> {
  const { items: services } = await kubectl.get<{ items: Service[] }>("services", "--all-namespaces");
  const service = services.find(({ status }) => status.loadBalancer?.ingress?.some(({ ip }) => ip === hostname));
  const target = service?.spec.ports.find((each) => each.port === Number(port || 80));
  if (!service || !target) throw new Error(`no service has the address ${hostname} and the port ${port}`);
  const { name, namespace } = service.metadata;
  const inNamespace = `--namespace=${namespace}`;
  const selector = `--selector=kubernetes.io/service-name=${name}`;
  const { items: slices } = await kubectl.get<{ items: EndpointSlice[] }>("endpointslices", inNamespace, selector);
  for (const { endpoints, ports } of slices) {
    const pod = endpoints.find(({ conditions }) => conditions.ready)?.targetRef.name;
    const listening = ports.find((each) => each.name === target.name)?.port;
    if (pod === undefined) continue;
    const { spec } = await kubectl.get<{ spec: { containers: Container[] } }>("pod", pod, inNamespace);
    const found = spec.containers.find((each) => each.ports?.some(({ containerPort }) => containerPort === listening));
    if (found) return found;
  }
  throw new Error(`service ${name} has no ready endpoint with a container that listens there`);
}

/**
 * Runs a command with curl as its user types it. In the lab no traffic flows, so what the user reaches is a server that stands for the
 * container behind the address.
 */
export async function requested(
  lab: Lab,
  kubectl: Kubectl,
  command: string,
  standFor: (container: Container) => RequestListener,
): Promise<string> {
  const url = new URL(/https?:\/\/[^\s'"]+/.exec(command)?.[0] ?? "");
  const server = createServer(standFor(await containerAt(kubectl, url)));
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const home = mkdtempSync(join(lab.directory, "curl-"));
  const { port } = server.address() as AddressInfo;
  writeFileSync(join(home, ".curlrc"), `connect-to = "${url.hostname}:${url.port || 80}:127.0.0.1:${port}"\nsilent\n`);
  try {
    const environment = { ...lab.environment, CURL_HOME: home };
    const { output } = await new Processes().run("sh", ["-c", command], { directory: lab.directory, environment });
    return output;
  } finally {
    server.closeAllConnections();
    server.close();
  }
}
