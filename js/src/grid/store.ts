// The rows of one grid on one page, shared by all its views. Messages of the kernel are applied here, whether or not a view exists.
import type { Message, Model } from "../host.ts";
import { type Cell, foundBy } from "./cell.ts";

export interface ColumnSpec {
  key: string;
  label: string;
  kind: "text" | "mono" | "number" | "pill" | "chips" | "command";
  width: number;
  grow: boolean;
  align: "left" | "right" | "center" | null;
  cut: "end" | "middle";
  filter: "text" | "choice" | null;
  title: string | null;
  drop: number | null;
}

/** A row; a patch makes a new one, so that what is drawn or cached by identity follows. */
export class Row {
  readonly key: string;
  readonly cells: readonly Cell[];
  #text: string | undefined;

  constructor(key: string, cells: readonly Cell[]) {
    this.key = key;
    this.cells = cells;
  }

  /** What search looks at, in lower case. */
  get text(): string {
    this.#text ??= this.cells.map(foundBy).join(" ").toLowerCase();
    return this.#text;
  }
}

interface Snapshot {
  seq: number;
  keys: string[];
  cells: Cell[][];
}

interface Patch {
  seq: number;
  removed?: string[];
  order?: string[];
  added?: [number, string, Cell[]][];
  set?: [string, string, Cell][];
}

const EMPTY: Snapshot = { seq: 0, keys: [], cells: [] };

export class Store {
  rows: Row[] = [];
  columns: ColumnSpec[] = [];
  #model: Model;
  #snapshot: Snapshot = EMPTY;
  #byKey = new Map<string, number>();
  #listeners = new Set<() => void>();
  #onSnapshot = () => this.#load();

  constructor(model: Model) {
    this.#model = model;
    this.#load();
    model.on("change:_snapshot", this.#onSnapshot);
    model.on("change:_columns", this.#onSnapshot);
    // Patches that were sent while this page was loading are gone; the kernel answers only if there were any.
    model.send({ type: "sync", seq: this.#snapshot.seq });
  }

  get(key: string): Row | undefined {
    const index = this.#byKey.get(key);
    return index === undefined ? undefined : this.rows[index];
  }

  has(key: string): boolean {
    return this.#byKey.has(key);
  }

  subscribe(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#model.off("change:_snapshot", this.#onSnapshot);
    this.#model.off("change:_columns", this.#onSnapshot);
    this.#listeners.clear();
  }

  message(content: Message): void {
    if (content.type !== "patch") return;
    const patch = content as unknown as Patch;
    const { seq } = this.#snapshot;
    if (patch.seq <= seq) return;
    if (patch.seq !== seq + 1) {
      this.#model.send({ type: "sync", seq });
      return;
    }
    this.#apply(patch);
  }

  #load(): void {
    const columns = this.#model.get("_columns") as ColumnSpec[];
    const snapshot = this.#model.get("_snapshot") as Snapshot | number | null;
    this.#snapshot = snapshot && typeof snapshot === "object" ? snapshot : EMPTY;
    this.columns = columns;
    this.#rebuild();
  }

  #rebuild(): void {
    const { keys, cells } = this.#snapshot;
    const rows = keys.map((key, index) => {
      const known = this.get(key);
      const own = cells[index] ?? [];
      return known && known.cells === own ? known : new Row(key, own);
    });
    this.#byKey = new Map(keys.map((key, index) => [key, index]));
    this.#show(rows);
  }

  #show(rows: Row[]): void {
    this.rows = rows;
    for (const listener of this.#listeners) listener();
  }

  // The snapshot in the model is changed in place, so that a notebook saved with its widgets' state holds the latest rows.
  #apply(patch: Patch): void {
    const snapshot = this.#snapshot;
    const touched = new Set<number>();
    if (patch.set) {
      const place = new Map(this.columns.map((column, index) => [column.key, index]));
      for (const [key, column, value] of patch.set) {
        const row = this.#byKey.get(key);
        const at = place.get(column);
        const cells = row === undefined ? undefined : snapshot.cells[row];
        if (row === undefined || at === undefined || !cells) continue;
        if (!touched.has(row)) snapshot.cells[row] = cells.slice();
        (snapshot.cells[row] as Cell[])[at] = value;
        touched.add(row);
      }
    }
    snapshot.seq = patch.seq;
    if (!patch.removed && !patch.order && !patch.added) {
      // Of ten thousand rows a hundred change: the others are not gone through.
      const rows = this.rows.slice();
      for (const row of touched) rows[row] = new Row(snapshot.keys[row] as string, snapshot.cells[row] as Cell[]);
      this.#show(rows);
    } else {
      const cells = new Map(snapshot.keys.map((key, index) => [key, snapshot.cells[index] ?? []]));
      for (const key of patch.removed ?? []) cells.delete(key);
      const keys = patch.order ?? [...cells.keys()];
      for (const [place, key, values] of patch.added ?? []) {
        keys.splice(place, 0, key);
        cells.set(key, values);
      }
      snapshot.keys = keys;
      snapshot.cells = keys.map((key) => cells.get(key) ?? []);
      this.#rebuild();
    }
  }
}
