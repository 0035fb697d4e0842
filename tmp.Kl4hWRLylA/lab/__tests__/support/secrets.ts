/**
 * What is secret in a machine configuration or in the state of a cluster: keys and tokens, however deep. Certificates are
 * public, and so is the cluster's id.
 */
export function secretsIn(value: unknown, name = ""): string[] {
  if (typeof value === "string") return /(key|secret|token)$/i.test(name) && value !== "" ? [value] : [];
  return value && typeof value === "object" ? Object.entries(value).flatMap(([key, each]) => secretsIn(each, key)) : [];
}
