import { randomUUID } from "node:crypto";
import { basename } from "node:path";
import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest, Route } from "./api-request";
import type { RemoteFile } from "./host";
import { all, any, both, either, everyone } from "./permission";
import type { Storage } from "./storage";
import { demandVolume } from "./vm-key";

const audit = ["Datastore.Audit", "Datastore.AllocateSpace"] as const;

/** Reading from anywhere in the host's network is for few. */
const download = either(all("/", "Sys.Audit", "Sys.Modify"), all("/nodes/:node", "Sys.AccessNetwork"));

const storageOf = ({ host, path }: ApiRequest): Storage => host.storages.get(String(path.storage));

function demandRemoteFile(request: ApiRequest): RemoteFile {
  const url = request.required("url");
  const file = request.host.remoteFile(url);
  const answer = !file ? "404 Not Found" : isRefused(request, file) ? `500 Can't connect to ${hostIn(url)}` : undefined;
  if (!file || answer) throw new ApiError(500, `invalid server response: '${answer}'`);
  return file;
}

const hostIn = (url: string): string => new URL(url).host;

/** Certificates are checked unless the caller says otherwise. */
const isRefused = (request: ApiRequest, { trusted = true }: RemoteFile): boolean =>
  !trusted && request.optional("verify-certificates") !== "0";

const extensions: Readonly<Record<string, readonly [pattern: RegExp, reason: string]>> = {
  iso: [/.\.(iso|img)$/i, "wrong file extension"],
  vztmpl: [/.\.(tar|tar\.(gz|xz|zst|bz2))$/i, "wrong file extension"],
  import: [/^[a-zA-Z0-9\-.+=_]+\.(ova|qcow2|raw|vmdk)$/, "invalid filename or wrong extension"],
};

/** @see https://git.proxmox.com/?p=pve-common.git;a=blob;f=src/PVE/Tools.pm download_file_from_url */
function demandChecksum(request: ApiRequest, { checksums = {} }: RemoteFile): void {
  const [expected, algorithm] = [request.optional("checksum"), request.optional("checksum-algorithm")];
  if (expected === undefined || algorithm === undefined) return;
  const got = checksums[algorithm] ?? "";
  if (got !== expected.toLowerCase()) throw new Error(`checksum mismatch: got '${got}' != expect '${expected}'`);
}

function startDownload(request: ApiRequest): string {
  const { host } = request;
  const storage = storageOf(request);
  if (!storage.holdsFiles) {
    throw new ApiError(500, `can't upload to storage type '${storage.options.type}', not a file based storage!`);
  }
  const content = request.required("content");
  if (!storage.holds(content)) {
    throw new ApiError(500, `storage '${storage.name}' is not configured for content-type '${content}'`);
  }
  const filename = request.required("filename").replace(/^.*[/\\]/, "");
  const [pattern, reason] = extensions[content] ?? [/./, ""];
  if (!pattern.test(filename)) throw invalidParameters({ filename: reason });
  return request.task("download", filename, () => {
    const volid = `${storage.name}:${content}/${filename}`;
    if (storage.has(volid)) throw new Error(`refusing to override existing file '${storage.path(content, filename)}'`);
    const url = request.required("url");
    const file = host.remoteFile(url);
    if (!file) throw new Error("download failed: 404 Not Found");
    if (isRefused(request, file)) throw new Error(`download failed: the certificate of ${hostIn(url)} is not trusted`);
    demandChecksum(request, file);
    const format = filename.split(".").at(-1) ?? "raw";
    storage.add({ volid, content, format, size: file.size, virtualSize: file.virtualSize });
  });
}

/** Storages, the volumes on them, and downloads. */
export const storageRoutes: readonly Route[] = [
  [
    "GET",
    "/storage/:storage",
    all("/storage/:storage", "Datastore.Allocate"),
    (request) => {
      const { name, type, content, shared } = storageOf(request).options;
      const { hosts } = request.cluster;
      const having = hosts.filter(({ storages }) => storages.all.some((each) => each.name === name));
      return {
        ...{ storage: name, type, content: content.join(",") },
        ...(shared && { shared: 1 }),
        ...(having.length < hosts.length && { nodes: having.map(({ node }) => node).join(",") }),
      };
    },
  ],
  [
    "GET",
    "/nodes/:node/storage",
    everyone,
    ({ host, caller, parameters }) => {
      const [name, kinds] = [parameters.get("storage"), parameters.get("content")?.split(/[,;\s]+/)];
      if (name !== null) host.storages.get(name);
      return host.storages.all
        .filter((storage) => audit.some((privilege) => caller.may(`/storage/${storage.name}`, privilege)))
        .filter((storage) => name === null || storage.name === name)
        .filter((storage) => kinds === undefined || kinds.some((kind) => storage.holds(kind)))
        .map(({ options, used }) => {
          const { name, type, content, capacity, shared, unusable } = options;
          const common = { storage: name, type, content: content.join(","), shared: shared ? 1 : 0 };
          return unusable
            ? { ...common, active: 0, enabled: unusable === "disabled" ? 0 : 1, total: 0, used: 0, avail: 0 }
            : {
                ...common,
                ...{ active: 1, enabled: 1, total: capacity, used, avail: capacity - used },
                used_fraction: used / capacity,
              };
        });
    },
  ],
  [
    "GET",
    "/nodes/:node/storage/:storage/content",
    any("/storage/:storage", ...audit),
    (request) => {
      const [kind, vmid] = [request.optional("content"), request.optional("vmid")];
      const may = (volume: Parameters<typeof demandVolume>[1]): boolean => {
        try {
          demandVolume(request.caller, volume);
          return true;
        } catch {
          return false;
        }
      };
      return storageOf(request)
        .content.filter((volume) => kind === undefined || volume.content === kind)
        .filter((volume) => vmid === undefined || volume.vmid === Number(vmid))
        .filter(may)
        .map(({ virtualSize: _, ...volume }) => volume);
    },
  ],
  [
    "GET",
    "/nodes/:node/storage/:storage/content/:volume",
    everyone,
    (request) => {
      const volume = storageOf(request).get(String(request.path.volume));
      demandVolume(request.caller, volume);
      const { volid, format, size } = volume;
      return { format, size, used: size, path: `/dev/${volid.replace(":", "/")}` };
    },
  ],
  [
    "POST",
    "/nodes/:node/storage/:storage/content",
    all("/storage/:storage", "Datastore.AllocateSpace"),
    (request) => {
      const storage = storageOf(request);
      const [name, vmid] = [request.required("filename"), Number(request.required("vmid"))];
      const [, size = "0", unit] = /^(\d+)([MG])?$/.exec(request.required("size")) ?? [];
      const format = request.optional("format") ?? "raw";
      const volid = `${storage.name}:${storage.holdsFiles ? `${vmid}/${name}` : name}`;
      if (storage.has(volid)) throw new ApiError(500, `disk image '${name}' already exists`);
      const bytes = Number(size) * (unit === "G" ? 1024 ** 3 : unit === "M" ? 1024 ** 2 : 1024);
      return storage.add({ volid, content: "images", format, size: bytes, vmid, identity: randomUUID() }).volid;
    },
  ],
  [
    "DELETE",
    "/nodes/:node/storage/:storage/content/:volume",
    everyone,
    (request) => {
      const storage = storageOf(request);
      request.caller.demand(`/storage/${storage.name}`, "Datastore.Allocate");
      return request.task("imgdel", storage.name, () => storage.remove(String(request.path.volume)));
    },
  ],
  [
    "GET",
    "/nodes/:node/query-url-metadata",
    download,
    (request) => ({
      filename: basename(new URL(request.required("url")).pathname),
      mimetype: "application/octet-stream",
      size: demandRemoteFile(request).size,
    }),
  ],
  [
    "POST",
    "/nodes/:node/storage/:storage/download-url",
    both(all("/storage/:storage", "Datastore.AllocateTemplate"), download),
    startDownload,
  ],
];
