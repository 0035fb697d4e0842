/**
 * Proxmox's notation for structured values, to read from: `key=value` pairs joined by commas, the default key's name left
 * out at will.
 */
export class PropertyString {
  private constructor(private readonly entries: Map<string, string>) {}

  static parse(text: string, defaultKey: string): PropertyString {
    const parts = text.split(",").filter((part) => part !== "");
    return new PropertyString(
      new Map(
        parts.map((part) => {
          const at = part.indexOf("=");
          return at < 0 ? [defaultKey, part] : [part.slice(0, at), part.slice(at + 1)];
        }),
      ),
    );
  }

  get(key: string): string | undefined {
    return this.entries.get(key);
  }

  /** Only when it is written as "1" or "on"; `fallback` is Proxmox's default for a missing key. */
  flag(key: string, fallback = false): boolean {
    const value = this.get(key);
    return value === undefined ? fallback : ["1", "on", "yes", "true"].includes(value);
  }
}
