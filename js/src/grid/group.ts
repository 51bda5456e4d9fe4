// Rows under headings: a heading is a row too, so that the keyboard and the drawing need no second kind of place. Pure.
import { cellText, isRich } from "./cell.ts";
import { Row } from "./store.ts";

export interface Tally {
  text: string;
  hue: string;
  count: number;
}

/** What a heading says: how many of its rows search and filters leave, and what stands out among them. */
export interface Heading {
  name: string;
  open: boolean;
  count: number;
  tallies: Tally[];
}

const PREFIX = "\u0000group:";

export class HeadingRow extends Row {
  readonly heading: Heading;

  constructor(heading: Heading) {
    super(PREFIX + heading.name, []);
    this.heading = heading;
  }
}

export function headingOf(row: Row | undefined): Heading | undefined {
  return row instanceof HeadingRow ? row.heading : undefined;
}

/** The rows below headings by the text of one column, in the order of the names; those of closed headings are left out. */
export function groupRows(rows: readonly Row[], column: number, open: ReadonlySet<string>, descending: boolean): Row[] {
  const groups = new Map<string, Row[]>();
  for (const row of rows) {
    const name = cellText(row.cells[column] ?? null);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  const names = [...groups.keys()].sort(new Intl.Collator("en", { numeric: true }).compare);
  if (descending) names.reverse();
  return names.flatMap((name) => {
    const inside = groups.get(name) as Row[];
    const heading = { name, open: open.has(name), count: inside.length, tallies: tally(inside) };
    return [new HeadingRow(heading), ...(heading.open ? inside : [])];
  });
}

function tally(rows: readonly Row[]): Tally[] {
  const found = new Map<string, Tally>();
  for (const row of rows) {
    for (const cell of row.cells) {
      if (!isRich(cell) || !cell.tally) continue;
      const known = found.get(cell.tally);
      if (known) known.count += 1;
      else found.set(cell.tally, { text: cell.tally, hue: cell.hue ?? "none", count: 1 });
    }
  }
  return [...found.values()].sort((a, b) => a.hue.localeCompare(b.hue));
}
