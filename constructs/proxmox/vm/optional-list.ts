/** The list for a block or an attribute. One without items is as if it was left out: the provider reads nothing back for it. */
export const unlessEmpty = <Item>(list: readonly Item[] = []): Item[] | undefined =>
  list.length > 0 ? [...list] : undefined;
