import { enumOf, objectOf, required, string } from "../../props/schema";
import { and, equal, isUnknown, matches, or } from "../../rules/condition";
import { formatValue } from "../../rules/format-value";
import { ifSet, type Rule } from "../../rules/rule";
import { providerDocs } from "../../rules/source";

const algorithms = ["sha256", "sha512"] as const;

/** What a download is compared with. */
export interface ImageChecksum {
  /** The algorithm of `value`. */
  readonly algorithm: (typeof algorithms)[number];

  /** The checksum, in hex. */
  readonly value: string;
}

export const schema = objectOf<ImageChecksum>({ algorithm: required(enumOf(algorithms)), value: required(string) });

const digits = { sha256: 64, sha512: 128 } as const;

export const rules: readonly Rule<{ readonly checksum?: ImageChecksum }>[] = [
  {
    id: "image-checksum",
    requirement: "a checksum has the hex digits of its algorithm: 64 for sha256, 128 for sha512",
    reason: "Proxmox would refuse every download",
    source: providerDocs("bpg/proxmox", "/resources/download_file#checksum"),
    checks: ({ checksum }) =>
      ifSet(checksum, ({ algorithm, value }) => {
        const ofAlgorithm = algorithms.map((each) =>
          and(equal(algorithm, each), matches(value, new RegExp(`^[0-9a-fA-F]{${digits[each]}}$`))),
        );
        const count = isUnknown(algorithm)
          ? "64 hex digits of sha256, or 128 of sha512"
          : `${digits[algorithm]} hex digits`;
        return {
          condition: or(...ofAlgorithm),
          message: `checksum.value ${formatValue(value)} is not a checksum of ${algorithm}; write its ${count}`,
        };
      }),
  },
];

export const block = (checksum?: ImageChecksum) =>
  checksum && { checksum: checksum.value, checksumAlgorithm: checksum.algorithm };
