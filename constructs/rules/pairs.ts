/** Each with every one after it. */
export const pairsOf = <Item>(items: readonly Item[]): [Item, Item][] =>
  items.flatMap((one, place) => items.slice(place + 1).map((other): [Item, Item] => [one, other]));
