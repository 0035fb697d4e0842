import { digests } from "./image-digests";

/** The image by its digest, if one is known: then its registry cannot give another one for the tag. */
export const byDigest = (image: string, known = digests): string =>
  Object.hasOwn(known, image) ? `${image}@${known[image]}` : image;

/** The images that are named anywhere in the data. */
export const imagesIn = (data: unknown): string[] => {
  const found = JSON.stringify(data).matchAll(/"image":"([^"]+)"/g);
  return [...new Set([...found].map(([, image = ""]) => image))].sort();
};
