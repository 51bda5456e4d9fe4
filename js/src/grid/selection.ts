// What a click or a key does to the selection. Pure.

export interface Press {
  toggle?: boolean;
  extend?: boolean;
}

/** The selection after a press on `key`; `order` is what is visible, from top to bottom. */
export function press(
  order: readonly string[],
  selected: readonly string[],
  key: string,
  anchor: string | null,
  { toggle = false, extend = false }: Press,
): string[] {
  if (extend) {
    const range = between(order, anchor ?? key, key);
    return toggle ? union(selected, range) : range;
  }
  if (!toggle) return [key];
  return selected.includes(key) ? selected.filter((other) => other !== key) : [...selected, key];
}

/** All visible ones, or none of them when all were selected; what the filters hide keeps its state. */
export function pressAll(order: readonly string[], selected: readonly string[]): string[] {
  const visible = new Set(order);
  if (howMany(order, selected) !== "all") return union(selected, order);
  return selected.filter((key) => !visible.has(key));
}

export function howMany(order: readonly string[], selected: readonly string[]): "none" | "some" | "all" {
  const chosen = new Set(selected);
  const count = order.reduce((sum, key) => sum + (chosen.has(key) ? 1 : 0), 0);
  if (count === 0) return "none";
  return count === order.length ? "all" : "some";
}

function between(order: readonly string[], from: string, to: string): string[] {
  const a = order.indexOf(from);
  const b = order.indexOf(to);
  if (a < 0 || b < 0) return [to];
  return order.slice(Math.min(a, b), Math.max(a, b) + 1);
}

function union(a: readonly string[], b: readonly string[]): string[] {
  return [...new Set([...a, ...b])];
}
