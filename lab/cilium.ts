import { resolve } from "node:path";
import type { Json } from "./json";

/**
 * Fits Cilium to what the lab has: the chart comes from the archive in `LAB_CILIUM_CHART` where that is set, and the real
 * Helm provider gets no release to apply, as the simulated Kubernetes has no room for what a chart installs.
 */
export function fitCilium(configuration: Json, release: "kept" | "left out"): void {
  const { resource, data } = configuration as Partial<
    Record<"resource" | "data", Record<string, Record<string, Json>>>
  >;
  const chart = process.env.LAB_CILIUM_CHART;
  for (const user of [...Object.values(resource?.helm_release ?? {}), ...Object.values(data?.helm_template ?? {})]) {
    if (!chart || user.chart !== "cilium") continue;
    user.chart = resolve(chart);
    delete user.repository;
    delete user.version;
  }
  if (release === "left out") delete resource?.helm_release;
}
