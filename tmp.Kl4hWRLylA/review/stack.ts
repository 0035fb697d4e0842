import { entriesOf, isObject, type Json } from "./json";

/** A stack as Terraform reads it: the JSON that was synthesized. */
export type Stack = Json;

/** A resource or a data source. */
export interface Element {
  readonly isData: boolean;
  readonly type: string;
  readonly name: string;
  /** @example "data.proxmox_version.host" */
  readonly address: string;
  readonly body: Json;
}

const within = (blocks: unknown, isData: boolean): Element[] =>
  entriesOf(blocks).flatMap(([type, named]) =>
    entriesOf(named).flatMap(([name, body]) =>
      isObject(body) ? [{ isData, type, name, address: `${isData ? "data." : ""}${type}.${name}`, body }] : [],
    ),
  );

export const resourcesOf = (stack: Stack): Element[] => within(stack.resource, false);
export const dataOf = (stack: Stack): Element[] => within(stack.data, true);
export const elementsOf = (stack: Stack): Element[] => [...resourcesOf(stack), ...dataOf(stack)];

/** The elements of a type. */
export const ofType = (elements: readonly Element[], type: string): Element[] =>
  elements.filter((element) => element.type === type);
