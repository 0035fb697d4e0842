import { bracketsHoldAddress, host, port, withoutSecrets } from "../network/https-endpoint";
import { checkPlainHttp, plainHttp } from "../network/plain-http";
import { and, matches, not, or } from "../rules/condition";
import { formatValue } from "../rules/format-value";
import type { Check, Rule } from "../rules/rule";
import { providerDocs } from "../rules/source";

export const chartRepository: Omit<Rule<unknown>, "checks"> = {
  id: "chart-repository",
  requirement: "a chart repository is an https or oci URL that names no user and no password",
  reason: "Helm finds charts nowhere else, and the URL is written to the stack in plaintext",
  source: providerDocs("hashicorp/helm", "/resources/release"),
};

const url = new RegExp(`^(https?|oci):[/][/]${host}(${port})?([/?][!-~]*)?$`);

/** A percent sign that begins no two hexadecimal digits, on which Go's parser fails. */
const notEscaped = /%([^0-9a-fA-F]|[0-9a-fA-F]([^0-9a-fA-F]|$)|$)/;

interface Repository {
  readonly repository: string;
  readonly insecureHttp?: boolean;
}

/** The rules of a chart's repository. */
export const rules: readonly Rule<Repository>[] = [
  { ...chartRepository, checks: ({ repository }) => checkChartRepository(repository) },
  {
    ...plainHttp,
    checks: ({ repository, insecureHttp }) => [checkPlainHttp("repository", repository, insecureHttp)],
  },
];

export function checkChartRepository(repository: string): Check[] {
  const isUrl = and(matches(repository, url), bracketsHoldAddress(repository), not(matches(repository, notEscaped)));
  const hasUser = matches(repository, /@/);
  return [
    {
      condition: or(isUrl, hasUser),
      message: `repository ${formatValue(repository)} is not the URL of a chart repository; write it as in "https://charts.example/" or "oci://registry.example/charts"`,
    },
    {
      condition: or(isUrl, not(hasUser)),
      message: `repository ${formatValue(withoutSecrets(repository))} contains a user, perhaps with a password (hidden); leave it out, and set repositoryUsername and repositoryPassword of the construct's resource from variables`,
    },
  ];
}
