import { boolean, listOf, number, objectOf, required, type Schema, string } from "../constructs/props/schema";

// What must not compile: `npm run typecheck` fails where one of these lines does.

interface Props {
  readonly name: string;
  readonly size?: number;
  readonly tags?: readonly string[];
  readonly ssd?: boolean;
  readonly inner?: { readonly depth?: number };
}

const inner = objectOf<{ readonly depth?: number }>({ depth: number });

export const parsed: Schema<Props> = {
  name: required(string),
  size: number,
  tags: listOf(string),
  ssd: boolean,
  inner,
};

// @ts-expect-error a number is no text
export const wrongType: Schema<Props> = { ...parsed, size: string };

// @ts-expect-error one text is no list
export const noList: Schema<Props> = { ...parsed, tags: string };

// @ts-expect-error a list of numbers is none of texts
export const wrongItems: Schema<Props> = { ...parsed, tags: listOf(number) };

// @ts-expect-error what is required has to be said to be
export const notRequired: Schema<Props> = { ...parsed, name: string };

// @ts-expect-error every prop has a field
export const forgotten: Schema<Props> = { name: required(string), size: number, tags: listOf(string), ssd: boolean };

// @ts-expect-error no prop of that name
export const unknown: Schema<Props> = { ...parsed, sise: number };

// @ts-expect-error also in an object within
export const within: Schema<Props> = { ...parsed, inner: objectOf<{ readonly depth?: string }>({ depth: string }) };
