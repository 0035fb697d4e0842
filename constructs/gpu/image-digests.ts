/** Written by `npm run digests`: the digests of images that the constructs name by tag. */
export const digests: Readonly<Record<string, string>> = {};
