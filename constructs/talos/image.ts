import { type TerraformResource, TerraformStack } from "cdktf";
import { Construct } from "constructs";
import { DataTalosImageFactoryUrls } from "../../.gen/providers/talos/data-talos-image-factory-urls";
import { ImageFactorySchematic } from "../../.gen/providers/talos/image-factory-schematic";
import { TalosProvider } from "../../.gen/providers/talos/provider";
import { bracketsHoldAddress, host, port, withoutSecrets } from "../network/https-endpoint";
import { checkPlainHttp, plainHttp } from "../network/plain-http";
import { listOf, parseProps, type Schema, staticBoolean, string, urlString } from "../props/schema";
import { placeInStack } from "../rules/argument";
import { claim, type EarlierClaim } from "../rules/claims";
import { and, equal, isLine, matches } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import { enforce, ifSet, lifecycleWith, type Rule } from "../rules/rule";
import { providerDocs, talosDocs } from "../rules/source";
import { renderDocument } from "../terraform/document";
import { withLogicalId } from "../terraform/logical-id";
import { stackSingleton } from "../terraform/stack-singleton";
import type { GpuDriver } from "./driver";
import * as driver from "./driver";
import * as extension from "./extension";
import type { NvidiaDriver } from "./nvidia-driver";
import * as nvidia from "./nvidia-driver";
import * as talosVersion from "./version";
import { defaultTalosVersion, isSupported } from "./version";

/** The Talos that a node runs. */
export interface TalosRelease {
  /** Version in full, such as `v1.14.7`. */
  readonly version: string;

  /**
   * Installer image with the version's tag, such as `factory.talos.dev/nocloud-installer/<schematic>:v1.14.7`.
   *
   * @default - what is installed already
   */
  readonly installer?: string;

  /**
   * The NVIDIA driver among its extensions.
   *
   * @default - none
   */
  readonly nvidia?: NvidiaDriver;

  /**
   * The GPU driver among its extensions, of any vendor, or a list of several.
   *
   * @default - none
   */
  readonly driver?: GpuDriver | readonly GpuDriver[];

  /**
   * Resource that the name of the installer comes from, such as a schematic. If it is replaced, the machine
   * configuration is known only after that.
   *
   * @default - none: the name is known when Terraform plans
   */
  readonly resource?: TerraformResource;
}

/** What the image contains. */
export interface TalosImageProps {
  /**
   * Talos version.
   *
   * @default "v1.14.7"
   */
  readonly version?: string;

  /**
   * NVIDIA driver to include, the same as `driver: { vendor: "nvidia", … }`.
   *
   * @default - none
   */
  readonly nvidia?: NvidiaDriver;

  /**
   * GPU driver to include: NVIDIA's, AMD's or Intel's, or a list of several.
   *
   * @default - none
   */
  readonly driver?: GpuDriver | readonly GpuDriver[];

  /**
   * Further system extensions, such as `siderolabs/iscsi-tools`. The QEMU guest agent is always included.
   *
   * @default - none
   * @see https://github.com/siderolabs/extensions
   */
  readonly extensions?: readonly string[];

  /**
   * Kernel arguments beside Talos's own, one each, such as `pcie_aspm=off`; one that begins with a hyphen removes
   * Talos's own.
   *
   * @default - none
   * @see https://docs.siderolabs.com/talos/v1.13/reference/kernel
   */
  readonly extraKernelArgs?: readonly string[];

  /**
   * URL of the Image Factory.
   *
   * @default "https://factory.talos.dev"
   */
  readonly factory?: string;

  /**
   * Allow http to a private IP address: anyone on the way can replace what is downloaded.
   *
   * @default false
   */
  readonly insecureHttp?: boolean;
}

export const schema: Schema<TalosImageProps> = {
  version: string,
  nvidia: nvidia.schema,
  driver: driver.schema,
  extensions: listOf(string),
  extraKernelArgs: listOf(string),
  factory: urlString,
  insecureHttp: staticBoolean,
};

const factoryDocs = talosDocs("learn-more/image-factory");
const guestAgentExtension = "siderolabs/qemu-guest-agent";
const defaultFactory = "https://factory.talos.dev";

interface FromFactory {
  readonly factory?: string;
  readonly insecureHttp?: boolean;
  readonly extraKernelArgs?: readonly string[];
  /** Those of the stack's images before. */
  readonly earlierFactories: readonly EarlierClaim<string>[];
}

export const rules: readonly Rule<FromFactory>[] = [
  {
    id: "factory-url",
    requirement: "an Image Factory is a URL of a host, without user and path",
    reason: "the addresses of schematics and images are made from it, and are written to the stack in plaintext",
    source: factoryDocs,
    checks: ({ factory }) =>
      ifSet(factory, (factory) => ({
        condition: and(matches(factory, new RegExp(`^https?:[/][/]${host}(${port})?$`)), bracketsHoldAddress(factory)),
        message: `factory ${formatValue(withoutSecrets(factory))} is not the URL of an Image Factory; write it as in "${defaultFactory}"`,
      })),
  },
  {
    ...plainHttp,
    checks: ({ factory, insecureHttp }) =>
      ifSet(factory, (factory) => checkPlainHttp("factory", factory, insecureHttp)),
  },
  {
    id: "kernel-argument",
    requirement: "a kernel argument is one line",
    reason: "the boot loader has one line for all of them, and the Image Factory refuses anything else",
    source: talosDocs("reference/kernel"),
    checks: ({ extraKernelArgs = [] }) =>
      extraKernelArgs.map((argument, index) => ({
        condition: isLine(argument),
        message: `extraKernelArgs[${index}] ${formatValue(argument)} is not a kernel argument; write one line, as in "pcie_aspm=off"`,
      })),
  },
  {
    id: "factory-once",
    requirement: "all Talos images of a stack come from one Image Factory",
    reason: "the Talos provider of the stack uses one, and would create all schematics there",
    source: providerDocs("siderolabs/talos", "#image_factory_url"),
    checks: ({ factory = defaultFactory, earlierFactories }) =>
      earlierFactories.map(({ value, by }) => ({
        condition: equal(factory, value),
        message: `factory ${formatValue(withoutSecrets(factory))} is another than ${formatValue(withoutSecrets(value))} of ${by}; write the same, or create one of the images in another stack`,
      })),
  },
];

/**
 * A Talos image built by the Image Factory: a disk image to boot from and the installer that belongs to it, from one
 * schematic and of one version. The construct's id is its Terraform address.
 *
 * @example
 * new TalosImage(stack, "talos", {
 *   version: "v1.14.7",
 *   nvidia: { kernelModules: "open", branch: "production" },
 *   extensions: ["siderolabs/iscsi-tools"],
 * });
 *
 * @see https://docs.siderolabs.com/talos/v1.13/learn-more/image-factory
 */
export class TalosImage extends Construct implements TalosRelease {
  /** The schematic: what the image contains. */
  readonly resource: ImageFactorySchematic;
  /** The URLs of the image and the installer for the schematic. */
  readonly urls: DataTalosImageFactoryUrls;
  /** Talos version of the image. */
  readonly version: string;
  /** NVIDIA driver in the image; undefined without one. */
  readonly nvidia?: NvidiaDriver;
  /** GPU drivers in the image, as given; undefined without one. */
  readonly driver?: GpuDriver | readonly GpuDriver[];
  /** System extensions, in the order of the schematic. */
  readonly extensions: readonly string[];

  private readonly factory: string;
  private readonly insecureHttp: boolean;

  constructor(scope: Construct, id: string, props: TalosImageProps = {}) {
    super(...placeInStack(new.target.name, scope, id));
    const parsed = parseProps(this, props, schema);
    const { version = defaultTalosVersion, extensions = [], extraKernelArgs, factory } = parsed.props;
    const url = factory ?? defaultFactory;
    const earlierFactories = claim(`Image Factory of ${TerraformStack.of(this).node.path}`, "", url, this);
    const preconditions = [
      ...parsed.preconditions,
      ...enforce(this, talosVersion.rules, { version, path: "version" }),
      ...enforce(this, extension.rules, { ...parsed.props, version }),
      ...enforce(this, driver.rules, { ...parsed.props, version }),
      ...enforce(this, rules, { ...parsed.props, earlierFactories }),
    ];
    this.version = version;
    this.nvidia = driver.nvidiaOf(parsed.props);
    this.driver = driver.givenDrivers(parsed.props.driver);
    this.factory = url;
    this.insecureHttp = parsed.props.insecureHttp ?? false;
    const drivers = driver.driversOf(parsed.props);
    this.extensions = [...new Set([guestAgentExtension, ...driver.extensionsOf(drivers), ...extensions])].sort();
    const kernelArgs = [...driver.kernelArgsOf(drivers), ...(extraKernelArgs ?? [])];

    const provider = talosProvider(this);
    if (factory !== undefined) provider.imageFactoryUrl = factory;
    this.resource = withLogicalId(
      id,
      new ImageFactorySchematic(this, "Resource", {
        schematic: renderDocument({
          customization: {
            ...((extraKernelArgs || kernelArgs.length > 0) && { extraKernelArgs: kernelArgs }),
            systemExtensions: { officialExtensions: this.extensions },
          },
        }),
        lifecycle: lifecycleWith(preconditions),
      }),
    );
    this.urls = withLogicalId(
      id,
      new DataTalosImageFactoryUrls(this, "Urls", {
        schematicId: this.resource.id,
        talosVersion: version,
        architecture,
        platform,
      }),
    );
  }

  /** Installer image with the same contents. */
  get installer(): string {
    return this.urls.urls.installer;
  }

  /** The disk image, for a `DownloadedImage`. */
  get file() {
    const version = isSupported(this.version) === false ? string.invalid() : this.version;
    return {
      url: `${this.factory}/image/${this.resource.id}/${version}/${platform}-${architecture}.qcow2`,
      fileName: `talos-${version}-${this.resource.id}-${platform}-${architecture}.qcow2`,
      guestAgent: true,
      ...(this.insecureHttp && { insecureHttp: true }),
    };
  }
}

/** Of the platforms, nocloud takes its address from Proxmox's cloud-init drive. */
const platform = "nocloud";
const architecture = "amd64";

/** The Talos provider of the stack, which its images tell their factory. */
export const talosProvider = (scope: Construct): TalosProvider =>
  stackSingleton(scope, "talos_provider", (scope, id) => new TalosProvider(scope, id));

/**
 * The provider of the nodes that join the first: releases depend on them, but Helm's provider does not, as `kubernetesStep`
 * explains. Without it in the stack, Terraform could not remove the last of them.
 */
export const joiningProvider = (scope: Construct): TalosProvider =>
  stackSingleton(scope, "talos_joining", (scope, id) => new TalosProvider(scope, id, { alias: "joining" }));
