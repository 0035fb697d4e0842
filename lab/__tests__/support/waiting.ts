import type { TalosGpuCluster } from "../../../constructs";

/** Gives the waits for releases so many seconds, of which the props take no fewer than ten minutes. */
export const waiting =
  (seconds: number) =>
  ({ cilium, nvidia }: TalosGpuCluster): void => {
    for (const each of [cilium, nvidia].flatMap((part) => part?.rollout?.provisioners ?? [])) {
      if (each.type === "local-exec" && each.environment) each.environment.TIMEOUT = String(seconds);
    }
  };
