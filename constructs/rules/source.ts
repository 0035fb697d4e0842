const talos = "https://docs.siderolabs.com/talos/v1.13";

/** A page of Talos's documentation, such as `learn-more/image-factory`, in the release that all links name. */
export const talosDocs = (page: string): string => `${talos}/${page}`;

/** The documentation of the providers, in the versions that the stacks pin. */
const providers = {
  "bpg/proxmox": "https://registry.terraform.io/providers/bpg/proxmox/0.112.0/docs",
  "hashicorp/helm": "https://registry.terraform.io/providers/hashicorp/helm/3.1.2/docs",
  "hashicorp/local": "https://registry.terraform.io/providers/hashicorp/local/2.6.1/docs",
  "siderolabs/talos": "https://registry.terraform.io/providers/siderolabs/talos/0.11.0/docs",
} as const;

/** The documentation of a provider, or a page of it, such as `/resources/release` or `#authentication`. */
export const providerDocs = (provider: keyof typeof providers, page: string): string => `${providers[provider]}${page}`;
