import { flag, listOf, number, objectOf, required, type Shape, text } from "../constructs/rules/shape";

// What must not compile: `npm run typecheck` fails where one of these lines does.

interface Props {
  readonly name: string;
  readonly size?: number;
  readonly tags?: readonly string[];
  readonly ssd?: boolean;
  readonly inner?: { readonly depth?: number };
}

const inner = objectOf<{ readonly depth?: number }>({ depth: number });

export const fitting: Shape<Props> = { name: required(text), size: number, tags: listOf(text), ssd: flag, inner };

// @ts-expect-error a number is no text
export const wrongType: Shape<Props> = { ...fitting, size: text };

// @ts-expect-error one text is no list
export const noList: Shape<Props> = { ...fitting, tags: text };

// @ts-expect-error a list of numbers is none of texts
export const wrongItems: Shape<Props> = { ...fitting, tags: listOf(number) };

// @ts-expect-error what is required has to be said to be
export const notRequired: Shape<Props> = { ...fitting, name: text };

// @ts-expect-error every prop has a field
export const forgotten: Shape<Props> = { name: required(text), size: number, tags: listOf(text), ssd: flag };

// @ts-expect-error no prop of that name
export const unknown: Shape<Props> = { ...fitting, sise: number };

// @ts-expect-error also in an object within
export const within: Shape<Props> = { ...fitting, inner: objectOf<{ readonly depth?: string }>({ depth: text }) };
