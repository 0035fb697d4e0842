import { basename } from "node:path";
import { ApiError, invalidParameters } from "./api-error";
import type { ApiRequest, Route } from "./api-request";
import type { RemoteFile } from "./host";

function demandDownload(request: ApiRequest): RemoteFile {
  const { caller, host } = request;
  if (!caller.may("Sys.AccessNetwork")) caller.demand("/", "Sys.Modify");
  const file = host.remoteFile(request.required("url"));
  if (!file) throw invalidParameters({ url: "invalid server response: '404 Not Found'" });
  return file;
}

function download(request: ApiRequest): string {
  const { host, caller } = request;
  const storage = host.storages.get(String(request.path.storage));
  caller.demand(`/storage/${storage.name}`, "Datastore.AllocateTemplate");
  const file = demandDownload(request);
  const [content, filename] = [request.required("content"), request.required("filename")];
  storage.demandContent(content);
  if (content === "import" && !/\.(qcow2|raw|vmdk|ova)$/.test(filename)) {
    throw invalidParameters({ filename: "invalid filename or wrong extension" });
  }
  const volid = `${storage.name}:${content}/${filename}`;
  if (storage.has(volid)) throw new ApiError(500, `refusing to override existing file '${filename}'`);
  const format = filename.split(".").at(-1) ?? "raw";
  return request.task("download", filename, () => {
    storage.add({ volid, content, format, size: file.size, virtualSize: file.virtualSize });
  });
}

/** Storages, the volumes on them, and downloads. */
export const storageRoutes: readonly Route[] = [
  [
    "GET",
    "/nodes/:node/storage",
    ({ host }) =>
      host.storages.all.map(({ options, used }) => ({
        storage: options.name,
        type: options.type,
        content: options.content.join(","),
        active: 1,
        enabled: 1,
        total: options.capacity,
        used,
        avail: options.capacity - used,
      })),
  ],
  [
    "GET",
    "/nodes/:node/storage/:storage/content",
    (request) => {
      const storage = request.host.storages.get(String(request.path.storage));
      request.caller.demand(`/storage/${storage.name}`, "Datastore.Audit");
      const [kind, vmid] = [request.optional("content"), request.optional("vmid")];
      return storage.content
        .filter((volume) => kind === undefined || volume.content === kind)
        .filter((volume) => vmid === undefined || volume.vmid === Number(vmid));
    },
  ],
  [
    "GET",
    "/nodes/:node/storage/:storage/content/:volid",
    (request) => {
      const storage = request.host.storages.get(String(request.path.storage));
      request.caller.demand(`/storage/${storage.name}`, "Datastore.Audit");
      const { volid, format, size, vmid } = storage.get(String(request.path.volid));
      return { volid, format, size, vmid, path: `/dev/${volid.replace(":", "/")}` };
    },
  ],
  [
    "DELETE",
    "/nodes/:node/storage/:storage/content/:volid",
    (request) => {
      const storage = request.host.storages.get(String(request.path.storage));
      request.caller.demand(`/storage/${storage.name}`, "Datastore.Allocate");
      storage.remove(String(request.path.volid));
      return null;
    },
  ],
  [
    "GET",
    "/nodes/:node/query-url-metadata",
    (request) => ({
      filename: basename(new URL(request.required("url")).pathname),
      mimetype: "application/octet-stream",
      size: demandDownload(request).size,
    }),
  ],
  ["POST", "/nodes/:node/storage/:storage/download-url", download],
];
