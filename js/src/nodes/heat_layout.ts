// Where the squares stand: how large they are, and which is at a point. Pure.

export interface Layout {
  /** The side of a square, and the distance between the beginnings of two, in px. */
  size: number;
  pitch: number;
  columns: number;
  rows: number;
}

export interface Box {
  left: number;
  top: number;
  size: number;
}

// The largest squares that don't take more height than this; if none do, the smallest.
const MOST_PX = 120;
const SIZES = [
  [16, 18],
  [8, 10],
  [6, 7],
  [4, 5],
  [3, 4],
] as const;

/** Letters have a place in the largest squares alone. */
export function hasLetters(layout: Layout): boolean {
  return layout.size >= 16;
}

export function layoutOf(count: number, width: number): Layout {
  const made = SIZES.map(([size, pitch]) => {
    const columns = Math.max(1, Math.floor((width + pitch - size) / pitch));
    return { size, pitch, columns, rows: Math.ceil(count / columns) };
  });
  return (made.find(({ rows, pitch }) => rows * pitch <= MOST_PX) ?? made.at(-1)) as Layout;
}

/** The index of the square at a point, or -1; the gap after a square is a part of it. */
export function indexAt(layout: Layout, x: number, y: number, count: number): number {
  const column = Math.floor(x / layout.pitch);
  const row = Math.floor(y / layout.pitch);
  if (x < 0 || y < 0 || column >= layout.columns) return -1;
  const index = row * layout.columns + column;
  return index < count ? index : -1;
}

export function boxOf(layout: Layout, index: number): Box {
  const left = (index % layout.columns) * layout.pitch;
  const top = Math.floor(index / layout.columns) * layout.pitch;
  return { left, top, size: layout.size };
}

/** Where a key of the keyboard leads from a square; undefined for a key that moves nothing. */
export function move(layout: Layout, index: number, key: string, count: number): number | undefined {
  const { columns } = layout;
  const steps: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  if (key === "Home") return 0;
  if (key === "End") return count - 1;
  const step = steps[key];
  if (step === undefined) return undefined;
  const to = index + step;
  return to < 0 || to >= count ? index : to;
}
