const units = ["", "K", "M", "G", "T"] as const;

/** Bytes of a size as Proxmox writes it: `4M`, `40G`, or a plain number of bytes. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)([KMGT]?)$/.exec(text);
  if (!match) throw new Error(`"${text}" is not a size`);
  return Math.round(Number(match[1]) * 1024 ** units.indexOf(match[2] as (typeof units)[number]));
}

/** The largest unit that keeps the number whole, as Proxmox prints sizes. */
export function formatSize(bytes: number): string {
  let [value, unit] = [bytes, 0];
  while (value >= 1024 && value % 1024 === 0 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${value}${units[unit]}`;
}

export const gibibyte = 1024 ** 3;
