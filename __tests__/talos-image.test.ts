import { parse } from "yaml";
import { DownloadFile } from "../.gen/providers/proxmox/download-file";
import { DataTalosImageFactoryUrls } from "../.gen/providers/talos/data-talos-image-factory-urls";
import { ImageFactorySchematic } from "../.gen/providers/talos/image-factory-schematic";
import { DownloadedImage, type NvidiaDriver, ProxmoxConnection, TalosImage, type TalosImageProps } from "../constructs";
import "./matchers";
import { nodeIn, password, problemsOf, synthesized, synthesizedJson } from "./stacks";

const customizationOf = (props: TalosImageProps) => {
  const { resource } = synthesizedJson((stack) => void new TalosImage(stack, "talos", props));
  return parse(resource[ImageFactorySchematic.tfResourceType].talos.schematic).customization;
};
const extensionsOf = (props: TalosImageProps) => customizationOf(props).systemExtensions.officialExtensions;

describe("TalosImage", () => {
  test("always contains the guest agent", () => {
    expect(extensionsOf({})).toEqual(["siderolabs/qemu-guest-agent"]);
  });

  test.each<[NvidiaDriver, string[]]>([
    [
      { kernelModules: "open", branch: "lts" },
      ["siderolabs/nvidia-container-toolkit-lts", "siderolabs/nvidia-open-gpu-kernel-modules-lts"],
    ],
    [
      { kernelModules: "open", branch: "production" },
      ["siderolabs/nvidia-container-toolkit-production", "siderolabs/nvidia-open-gpu-kernel-modules-production"],
    ],
    [
      { kernelModules: "proprietary", branch: "lts" },
      ["siderolabs/nonfree-kmod-nvidia-lts", "siderolabs/nvidia-container-toolkit-lts"],
    ],
    [
      { kernelModules: "proprietary", branch: "production" },
      ["siderolabs/nonfree-kmod-nvidia-production", "siderolabs/nvidia-container-toolkit-production"],
    ],
  ])("contains the pair of the NVIDIA driver %j", (nvidia, pair) => {
    expect(extensionsOf({ nvidia })).toEqual([...pair, "siderolabs/qemu-guest-agent"]);
  });

  test("names an extension once, in an order that does not depend on the props", () => {
    const extensions = ["siderolabs/iscsi-tools", "siderolabs/qemu-guest-agent"];
    expect(extensionsOf({ extensions })).toEqual(extensions);
    expect(extensionsOf({ extensions: extensions.toReversed() })).toEqual(extensions);
  });

  test("contains kernel arguments, in the order in which they were written", () => {
    expect(customizationOf({ extraKernelArgs: ["pcie_aspm=off", "-console"] }).extraKernelArgs).toEqual([
      "pcie_aspm=off",
      "-console",
    ]);
    expect(customizationOf({})).not.toHaveProperty("extraKernelArgs");
  });

  test.each([
    ["v1.11.6", "siderolabs/iscsi-tools", "siderolabs/xe"],
    ["v1.12.0", "siderolabs/nfs-utils", "siderolabs/intel-npu"],
    ["v1.13.9", "siderolabs/intel-npu", "siderolabs/hyperv-guest-agent"],
    ["v1.14.1", "siderolabs/hyperv-guest-agent", "siderolabs/nothing"],
  ])("of Talos %s knows the extension %s and not %s", (version, known, unknown) => {
    const problems = problemsOf(
      (stack) => void new TalosImage(stack, "talos", { version, extensions: [known, unknown] }),
    );
    expect(problems).toEqual([expect.stringContaining(`extensions[1] "${unknown}" is not an extension of Talos`)]);
  });

  test("downloads the nocloud disk image of its schematic and version for import", () => {
    const stack = synthesized((scope) => {
      const connection = new ProxmoxConnection(scope, "proxmox", password);
      const { file } = new TalosImage(scope, "talos", { version: "v1.14.1" });
      new DownloadedImage(scope, "talos_pve", { ...file, connection, node: "pve", datastore: "images" });
    });
    expect(stack).toHaveResourceWithProperties(DownloadFile, {
      node_name: "pve",
      datastore_id: "images",
      content_type: "import",
      url: "https://factory.talos.dev/image/${talos_image_factory_schematic.talos.id}/v1.14.1/nocloud-amd64.qcow2",
      file_name: "talos-v1.14.1-${talos_image_factory_schematic.talos.id}-nocloud-amd64.qcow2",
      overwrite: false,
    });
  });

  test("gives the machine configuration the installer of the same schematic and version", () => {
    const stack = synthesized((scope) => {
      nodeIn(scope, { talos: new TalosImage(scope, "talos", { version: "v1.12.0" }) });
    });
    expect(stack).toHaveDataSourceWithProperties(DataTalosImageFactoryUrls, {
      schematic_id: "${talos_image_factory_schematic.talos.id}",
      talos_version: "v1.12.0",
      platform: "nocloud",
      architecture: "amd64",
    });
    expect(stack).toContain('\\"image\\" = data.talos_image_factory_urls.talos.urls.installer');
  });

  test("comes from another factory where one is named", () => {
    const { provider, resource } = synthesizedJson((stack) => {
      const connection = new ProxmoxConnection(stack, "proxmox", password);
      const { file } = new TalosImage(stack, "talos", { factory: "https://factory.example" });
      new DownloadedImage(stack, "talos_pve", { ...file, connection, node: "pve" });
    });
    expect(provider.talos).toEqual([{ image_factory_url: "https://factory.example" }]);
    expect(resource[DownloadFile.tfResourceType].talos_pve.url).toMatch(/^https:\/\/factory\.example\/image\//);
  });

  test("tells the provider its factory, also where a node has made that before", () => {
    const { provider } = synthesizedJson((stack) => {
      nodeIn(stack);
      new TalosImage(stack, "talos", { factory: "https://factory.example" });
    });
    expect(provider.talos[0]).toEqual({ image_factory_url: "https://factory.example" });
  });

  test("is downloaded from a URL that is text, whatever Terraform would interpolate in it", () => {
    const { resource } = synthesizedJson((stack) => {
      const connection = new ProxmoxConnection(stack, "proxmox", password);
      const file = { url: "https://factory.example/${HOME}/%{if}.qcow2", fileName: "talos.qcow2" };
      new DownloadedImage(stack, "talos", { ...file, connection, node: "pve" });
    });
    expect(resource[DownloadFile.tfResourceType].talos.url).toBe("https://factory.example/$${HOME}/%%{if}.qcow2");
  });
});
