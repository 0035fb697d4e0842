import type { TalosNode } from "./node";

/** An IP address in the nodes' subnet, without prefix length, and what has it. */
export interface ClusterAddress {
  readonly by: string;
  readonly address: string;
}

/** The addresses of the nodes, of the virtual IP and of the gateways. */
export function addressesOf(
  nodes: readonly [TalosNode, ...TalosNode[]],
  virtualAddress: string | undefined,
): readonly ClusterAddress[] {
  const [{ address }] = nodes;
  const own =
    nodes.length === 1
      ? [{ by: "the node's own address", address }]
      : nodes.map(({ name, address }) => ({ by: `the address of ${name}`, address }));
  const gateways = nodes.flatMap(({ machine: { gateway, interfaces = [] } }) => [
    ...(gateway === undefined ? [] : [gateway]),
    ...interfaces.flatMap(({ gateways = [] }) => gateways),
  ]);
  return [
    ...own,
    ...(virtualAddress === undefined
      ? []
      : [{ by: "the virtual IP of the control plane nodes", address: virtualAddress }]),
    ...[...new Set(gateways)].map((address) => ({ by: "a gateway", address })),
  ];
}
