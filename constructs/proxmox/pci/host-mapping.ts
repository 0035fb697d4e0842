import { equal, not } from "../../rules/condition";
import { trimmed } from "../../rules/expression";
import { formatValue } from "../../rules/format-value";
import type { Rule } from "../../rules/rule";
import { includes, listed, some, valuesOf } from "../../terraform/rows";
import type { Host, MappingProblem } from "../host/host-facts";

const source = "https://pve.proxmox.com/pve-docs/chapter-qm.html#resource_mapping";

export const mappingValid: Omit<Rule<unknown>, "checks"> = {
  id: "mapping-valid",
  requirement: "a mapping fits the hardware of its node when Terraform plans",
  reason: "Proxmox compares them when the VM starts, and refuses: hardware probably changed",
  source,
};

/** A GPU by a mapping that is not made by the app. */
interface NamedGpu {
  readonly path: string;
  readonly name: string;
}

export interface Using {
  readonly existingMappings: readonly NamedGpu[];
  readonly host?: Host;
}

export const rules: readonly Rule<Using>[] = [
  {
    id: "mapping-exists",
    requirement: "the cluster has a mapping of the name when Terraform plans",
    reason: "Proxmox refuses the VM when it is created: mapping not found",
    source,
    checks: ({ existingMappings, host }) =>
      existingMappings.flatMap(({ path, name }) =>
        host
          ? {
              condition: includes(host.mappings, name),
              message: `${path} ${formatValue(name)} is not a mapping of the cluster, which has ${listed(host.mappings, "none")}; write the name of one, give the device to create one for, or give the account Mapping.Use on it`,
            }
          : [],
      ),
  },
  {
    ...mappingValid,
    checks: ({ existingMappings, host }) =>
      existingMappings.flatMap(({ path, name }) => {
        if (!host) return [];
        const isOf = ({ mapping }: MappingProblem) => equal(mapping, name);
        return {
          condition: not(some(host.mappingProblems, isOf)),
          message: `${path} ${formatValue(name)} does not fit node ${formatValue(host.name)}: ${listed(
            valuesOf(host.mappingProblems, ({ message }) => trimmed(message), isOf),
            "the hardware probably changed",
          )}; correct it in Datacenter → Resource Mappings`,
        };
      }),
  },
];
