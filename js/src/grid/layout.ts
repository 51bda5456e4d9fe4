// Which columns fit, and how wide each is. Pure.
import type { ColumnSpec } from "./store.ts";

export const CHECK_WIDTH = 34;
export const MIN_WIDTH = 40;
const NARROW = 100;
// How much of its width a column gives up before another one has to leave, and before the grid scrolls sideways.
const GIVES = 0.15;
const GIVES_LAST = 0.4;

export interface Placed {
  spec: ColumnSpec;
  /** Position among all columns, which is the position of its cells. */
  index: number;
  width: number;
}

export interface Layout {
  columns: Placed[];
  total: number;
}

/**
 * Columns are made a little narrower, then leave by their drop number, until the rest fits; when none may leave any more they
 * are made narrower still, and then the grid scrolls. Those that grow share what is left. A width that the user chose stays.
 */
export function layOut(
  specs: readonly ColumnSpec[],
  available: number,
  chosen: ReadonlyMap<string, number> = new Map(),
  extra = 0,
): Layout {
  let columns: Placed[] = specs.map((spec, index) => ({ spec, index, width: chosen.get(spec.key) ?? spec.width }));
  const room = available - extra;
  const total = () => columns.reduce((sum, column) => sum + column.width, 0);
  // A text can be a little shorter; half an address or a state without its end helps nobody, so those give way last.
  const givesEarly = ({ spec }: Placed) => spec.kind === "text" || spec.kind === "command" || spec.cut === "middle";
  const pliable = (early: boolean) =>
    columns.filter((one) => one.width >= NARROW && !chosen.has(one.spec.key) && (!early || givesEarly(one)));
  const slack = (early: boolean) => pliable(early).reduce((sum, column) => sum + column.width, 0);
  const shrink = (early: boolean, most: number) => {
    const over = total() - room;
    if (room <= 0 || over <= 0) return;
    const share = Math.min(most, over / Math.max(1, slack(early)));
    for (const column of pliable(early)) column.width = Math.floor(column.width * (1 - share));
  };

  while (room > 0 && total() - slack(true) * GIVES > room) {
    const last = columns
      .filter((column) => column.spec.drop !== null)
      .reduce<Placed | null>((a, b) => (a && (a.spec.drop ?? 0) > (b.spec.drop ?? 0) ? a : b), null);
    if (!last) break;
    columns = columns.filter((column) => column !== last);
  }
  shrink(true, GIVES);
  shrink(false, GIVES_LAST);
  const left = room - total();
  if (left > 0) {
    const growing = columns.filter((column) => column.spec.grow && !chosen.has(column.spec.key));
    growing.forEach((column, place) => {
      column.width += Math.floor(left / growing.length) + (place < left % growing.length ? 1 : 0);
    });
  }
  return { columns, total: Math.max(total() + extra, available) };
}
