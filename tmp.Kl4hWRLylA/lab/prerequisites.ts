import { missing, terraform } from "../scripts/prerequisites";

/**
 * Throws what this machine lacks for the lab, all at once. OpenTofu the lab builds itself.
 *
 * @param platform for tests
 */
export function demandPrerequisites(platform: NodeJS.Platform = process.platform): void {
  const programs = ["go", ...(terraform === "tofu" ? [] : [terraform]), "kubectl"];
  const problems = missing("the lab", programs);
  if (platform !== "linux") {
    problems.unshift(
      `the lab needs Linux, and this is ${platform}: each of its nodes has an address of its own in 127.0.0.0/8, ` +
        "and what a node runs ends with it; use a virtual machine or a container",
    );
  }
  if (problems.length > 0) throw new Error(problems.join("\n"));
}
