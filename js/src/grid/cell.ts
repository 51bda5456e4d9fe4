// Cell values: their text for search and filters, and what they sort by. The Python side has the same rules.

export interface Action {
  name: string;
  label?: string;
  icon?: string;
}

export interface RichCell {
  text?: string;
  hue?: string;
  note?: string;
  muted?: boolean;
  title?: string;
  sort?: string | number | boolean | null;
  copy?: string;
  /** Words that the search finds the cell by, besides what it shows. */
  find?: string;
  /** What a heading above grouped rows counts; its hue is the cell's. */
  tally?: string;
  actions?: Action[];
}

export type Chip = string | RichCell;
export type Cell = null | string | number | boolean | RichCell | Chip[];

export function isRich(value: Cell): value is RichCell {
  return value !== null && typeof value === "object" && !Array.isArray(value);
}

export function plainText(value: Cell): string {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? "yes" : "no";
  if (Array.isArray(value)) return value.map(cellText).join(" ");
  return typeof value === "object" ? (value.text ?? "") : String(value);
}

/** Text and note, or the chips, joined by blanks. Missing is empty. */
export function cellText(value: Cell): string {
  const text = plainText(value);
  const note = value !== null && isRich(value) ? value.note : undefined;
  return text && note ? `${text} ${note}` : text || (note ?? "");
}

/** What a search finds a cell by: its text, and the words under which it is known besides. */
export function foundBy(value: Cell): string {
  if (Array.isArray(value)) return value.map(foundBy).join(" ");
  const more = value !== null && isRich(value) ? value.find : undefined;
  return more ? `${cellText(value)} ${more}` : cellText(value);
}

/** What a cell sorts by; undefined stands last in either direction. */
export function sortValue(value: Cell): string | number | undefined {
  let by: unknown = value;
  if (value !== null && typeof value === "object") {
    by = isRich(value) && value.sort !== undefined ? value.sort : cellText(value);
  }
  if (typeof by === "boolean") return by ? 1 : 0;
  if (typeof by === "number") return by;
  return by === null || by === undefined || by === "" ? undefined : String(by);
}

const natural = new Intl.Collator("en", { numeric: true, sensitivity: "base" });

/** Numbers by size, words without regard to case and with the numbers in them by size; numbers come before words. */
export function compare(a: string | number, b: string | number): number {
  if (typeof a === "number" && typeof b === "number") return a - b;
  if (typeof a === "number") return -1;
  if (typeof b === "number") return 1;
  return natural.compare(a, b);
}
