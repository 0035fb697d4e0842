const talos = "https://docs.siderolabs.com/talos/v1.13";

/** A page of Talos's documentation, such as `learn-more/image-factory`, in the release that all links name. */
export const talosDocs = (page: string): string => `${talos}/${page}`;
