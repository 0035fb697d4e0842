/** Works on several items at once, for work that is mostly waiting; answers in the items' order. */
export async function inParallel<Item, Result>(
  items: readonly Item[],
  work: (item: Item, place: number) => Promise<Result>,
  width = 4,
): Promise<Result[]> {
  const left = [...items.entries()];
  const results: Result[] = [];
  const worker = async (): Promise<void> => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}
