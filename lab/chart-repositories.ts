import { once } from "node:events";
import { createServer, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { stringify } from "yaml";
import { type ChartArchive, ChartArchives, digestOf } from "./chart-archives";
import type { Json } from "./json";

/**
 * The chart repositories that the stacks name, on this machine: with an index over HTTP, or as an OCI registry.
 *
 * @see https://helm.sh/docs/topics/chart_repository/
 * @see https://helm.sh/docs/topics/registries/
 */
export class ChartRepositories {
  static async start(directory: string): Promise<ChartRepositories> {
    const repositories = new ChartRepositories(new ChartArchives(join(directory, "charts")), createServer());
    repositories.server.listen(0, "127.0.0.1");
    await once(repositories.server, "listening");
    return repositories;
  }

  private authorization?: string;

  private constructor(
    private readonly archives: ChartArchives,
    private readonly server: Server,
  ) {
    server.on("request", ({ url = "", headers }, response) => {
      const path = decodeURIComponent(url);
      const { authorization } = this;
      if (path.startsWith("/v2/") && authorization !== undefined && headers.authorization !== authorization) {
        response.writeHead(401, { "www-authenticate": 'Basic realm="charts"' }).end();
        return;
      }
      const registry =
        /^\/v2\/(?<repository>.+)\/(?<name>[^/]+)\/(?<kind>manifests|blobs|tags)\/(?<reference>.+)$/.exec(path);
      const file = /^\/(?<repository>.+)\/(?<name>[^/]+)$/.exec(path);
      if (path === "/v2/") answer(response, "{}");
      else if (registry?.groups) this.serveRegistry(registry.groups as never, response);
      else if (file?.groups) this.serveIndexed(file.groups as never, response);
      else answer(response);
    });
  }

  /** Lets this user alone read the registries. */
  protect(username: string, password: string): void {
    this.authorization = `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
  }

  /** Points the releases and templates of a configuration here. */
  redirect(configuration: Json): void {
    const { resource, data } = configuration as Partial<
      Record<"resource" | "data", Record<string, Record<string, Json>>>
    >;
    for (const user of [...Object.values(resource?.helm_release ?? {}), ...Object.values(data?.helm_template ?? {})]) {
      const chart = String(user.chart).split("/").at(-1) ?? "";
      this.archives.offer(chart, typeof user.version === "string" ? user.version : undefined);
      for (const key of ["repository", "chart"]) user[key] = this.local(user[key] as string);
    }
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, "close");
  }

  private local(address: string): string {
    const { port } = this.server.address() as AddressInfo;
    const [, scheme, path] = /^(https?|oci):\/\/(.+)$/.exec(String(address)) ?? [];
    if (path === undefined) return address;
    return `${scheme === "oci" ? "oci" : "http"}://127.0.0.1:${port}/${path}`;
  }

  private serveIndexed({ repository, name }: Record<"repository" | "name", string>, response: ServerResponse): void {
    const charts = this.archives.in(`https://${repository}`);
    if (name === "index.yaml" && charts.length > 0) answer(response, stringify(indexOf(charts)));
    else answer(response, charts.find((chart) => fileOf(chart) === name)?.content);
  }

  private serveRegistry(
    { repository, name, kind, reference }: Record<"repository" | "name" | "kind" | "reference", string>,
    response: ServerResponse,
  ): void {
    const charts = this.archives.in(`oci://${repository}`).filter((chart) => chart.name === name);
    if (kind === "tags") {
      answer(response, charts.length > 0 ? JSON.stringify({ name, tags: charts.map(tagOf) }) : undefined);
      return;
    }
    const manifests = charts.map((chart) => ({ tag: tagOf(chart), content: JSON.stringify(manifestOf(chart)) }));
    if (kind === "manifests") {
      const manifest = manifests.find(({ tag, content }) => tag === reference || digestOf(content) === reference);
      answer(response, manifest?.content, manifestType);
      return;
    }
    const blobs = charts.flatMap((chart) => [configurationOf(chart), chart.content]);
    answer(
      response,
      blobs.find((blob) => digestOf(blob) === reference),
    );
  }
}

function answer(response: ServerResponse, content?: Buffer | string, type = "application/octet-stream"): void {
  if (content === undefined) {
    response.writeHead(404).end();
    return;
  }
  response
    .writeHead(200, {
      "content-type": type,
      "content-length": Buffer.byteLength(content),
      "docker-content-digest": digestOf(content),
    })
    .end(content);
}

const fileOf = ({ name, version }: ChartArchive): string => `${name}-${version}.tgz`;

function indexOf(charts: readonly ChartArchive[]): object {
  const names = [...new Set(charts.map(({ name }) => name))];
  const versions = (name: string) =>
    charts
      .filter((chart) => chart.name === name)
      .map((chart) => ({ apiVersion: "v2", name, version: chart.version, urls: [fileOf(chart)] }));
  return { apiVersion: "v1", entries: Object.fromEntries(names.map((name) => [name, versions(name)])) };
}

const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** A tag has no plus sign; Helm writes an underscore for it. */
const tagOf = ({ version }: ChartArchive): string => version.replaceAll("+", "_");

const configurationOf = ({ name, version }: ChartArchive): Buffer =>
  Buffer.from(JSON.stringify({ apiVersion: "v2", name, version }));

function manifestOf(chart: ChartArchive): object {
  const part = (mediaType: string, content: Buffer) => ({
    mediaType,
    digest: digestOf(content),
    size: content.length,
  });
  return {
    schemaVersion: 2,
    mediaType: manifestType,
    config: part("application/vnd.cncf.helm.config.v1+json", configurationOf(chart)),
    layers: [part("application/vnd.cncf.helm.chart.content.v1.tar+gzip", chart.content)],
  };
}
