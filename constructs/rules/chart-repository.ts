import { matches, not, or } from "./condition";
import { host, port, withoutSecrets } from "./https-endpoint";
import type { Check, Rule } from "./rule";
import { shown } from "./shown";

export const chartRepository: Omit<Rule<unknown>, "checks"> = {
  id: "chart-repository",
  demands: "a chart repository is an https, http or oci URL that names no user and no password",
  because: "Helm finds charts nowhere else, and the URL is written to the stack in clear",
  source: "https://registry.terraform.io/providers/hashicorp/helm/3.1.2/docs/resources/release",
};

const url = new RegExp(`^(https?|oci):[/][/]${host}(${port})?([/?][!-~]*)?$`);

export function isChartRepository(repository: string): Check[] {
  const isUrl = matches(repository, url);
  const hasUser = matches(repository, /@/);
  return [
    {
      holds: or(isUrl, hasUser),
      problem: `repository ${shown(repository)} is not the URL of a chart repository; write it as in "https://charts.example/" or "oci://registry.example/charts"`,
    },
    {
      holds: or(isUrl, not(hasUser)),
      problem: `repository ${shown(withoutSecrets(repository))} names a user, with a password perhaps, not shown here; leave that out, and set repositoryUsername and repositoryPassword of the construct's resource from variables`,
    },
  ];
}
