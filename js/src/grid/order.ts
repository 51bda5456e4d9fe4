// Keeping the rows in their places while values change. Pure.

interface Keyed {
  key: string;
}

/** The rows of `sorted` in the order of `before`; one that is new stands behind the row it would follow if sorted. */
export function holdOrder<T extends Keyed>(before: readonly Keyed[], sorted: readonly T[]): T[] {
  const place = new Map(before.map((row, index) => [row.key, index]));
  const known = sorted.filter((row) => place.has(row.key));
  known.sort((a, b) => (place.get(a.key) ?? 0) - (place.get(b.key) ?? 0));
  if (known.length === sorted.length) return known;
  const followers = new Map<string | null, T[]>();
  let leader: string | null = null;
  for (const row of sorted) {
    if (place.has(row.key)) leader = row.key;
    else followers.set(leader, [...(followers.get(leader) ?? []), row]);
  }
  return [...(followers.get(null) ?? []), ...known.flatMap((row) => [row, ...(followers.get(row.key) ?? [])])];
}

export function sameOrder(a: readonly Keyed[], b: readonly Keyed[]): boolean {
  return a.length === b.length && a.every((row, index) => row.key === b[index]?.key);
}
