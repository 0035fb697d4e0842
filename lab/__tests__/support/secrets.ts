/**
 * What is secret in a machine configuration or in the state of a cluster: keys and tokens, however deep. Certificates are
 * public, and so are the cluster's id and the keys of taints.
 */
export function secretsIn(value: unknown, name = ""): string[] {
  if (typeof value === "string") return /(key|secret|token)$/i.test(name) && value !== "" ? [value] : [];
  if (value === null || typeof value !== "object") return [];
  return Object.entries(value).flatMap(([key, each]) => (key === "registerWithTaints" ? [] : secretsIn(each, key)));
}
