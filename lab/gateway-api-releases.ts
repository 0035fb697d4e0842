import { once } from "node:events";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import type { Json } from "./json";
import { selfSigned } from "./proxmox/certificate";
import { resourcesOf } from "./site";

/** The same that the simulated Talos has in place of a download. */
const definitions = join(__dirname, "go/internal/manifests/gateway-api");
const releases = "https://github.com/kubernetes-sigs/gateway-api/releases/download";

/** The releases of the Gateway API, with definitions that take every object, over HTTPS on this machine. */
export class GatewayApiReleases {
  static async start(directory: string): Promise<GatewayApiReleases> {
    const certificate = await selfSigned("127.0.0.1");
    const trusted = [process.env.SSL_CERT_FILE, "/etc/ssl/certs/ca-certificates.crt"].find(
      (file) => file !== undefined && existsSync(file),
    );
    const certificates = join(directory, "certificates.pem");
    writeFileSync(certificates, `${certificate.cert}\n${trusted === undefined ? "" : readFileSync(trusted, "utf8")}`);
    const served = new GatewayApiReleases(createServer(certificate), certificates);
    served.server.listen(0, "127.0.0.1");
    await once(served.server, "listening");
    return served;
  }

  /** Whether they are there to be downloaded. */
  answers = true;

  private constructor(
    private readonly server: Server,
    /** File with the authorities that a download trusts. */
    readonly certificates: string,
  ) {
    server.on("request", ({ url = "" }, response) => {
      const [, version] = /^[/](v[0-9.]+)[/]standard-install[.]yaml$/.exec(url) ?? [];
      const file = join(definitions, `${version}.yaml`);
      if (!this.answers || version === undefined || !existsSync(file)) response.writeHead(404).end();
      else response.writeHead(200).end(readFileSync(file));
    });
  }

  /** Points a configuration here. */
  redirect(configuration: Json): void {
    const { gateway_api: step } = resourcesOf(configuration, "null_resource");
    if (step) Object.assign(step, JSON.parse(JSON.stringify(step).replaceAll(releases, this.url)));
  }

  get url(): string {
    return `https://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }
}
