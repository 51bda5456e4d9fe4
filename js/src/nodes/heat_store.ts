// The squares of a heat map as the kernel gave them, and what its differences make of them.
import type { Message, Model } from "../host.ts";

/** Hue, letter, and the state in words. */
export type Square = [hue: string, letter: string, words: string];

interface Snapshot {
  seq: number;
  keys: string[];
  squares: Square[];
}

interface Patch {
  seq: number;
  removed?: string[];
  order?: string[];
  added?: [number, string, Square][];
  set?: [string, Square][];
}

/** Which squares look otherwise now; "all" when there are others, or in another order. */
export type Changed = "all" | number[];

export class HeatStore {
  #model: Model;
  #changed: (what: Changed) => void;
  #snapshot: Snapshot = { seq: 0, keys: [], squares: [] };
  #places = new Map<string, number>();
  #onSnapshot = () => this.#load();

  constructor(model: Model, changed: (what: Changed) => void) {
    this.#model = model;
    this.#changed = changed;
    this.#load();
    model.on("change:_squares", this.#onSnapshot);
    // Patches that were sent while this page was loading are gone; the kernel answers only if there were any.
    model.send({ type: "sync", seq: this.#snapshot.seq });
  }

  get keys(): readonly string[] {
    return this.#snapshot.keys;
  }

  get count(): number {
    return this.#snapshot.keys.length;
  }

  square(index: number): Square {
    return this.#snapshot.squares[index] ?? ["none", "", ""];
  }

  place(key: string): number {
    return this.#places.get(key) ?? -1;
  }

  /** How many there are of each state, in the order in which they are met. */
  counts(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const [, , words] of this.#snapshot.squares) counts.set(words, (counts.get(words) ?? 0) + 1);
    return counts;
  }

  close(): void {
    this.#model.off("change:_squares", this.#onSnapshot);
  }

  message(content: Message): void {
    if (content.type !== "patch") return;
    const patch = content as unknown as Patch;
    const { seq } = this.#snapshot;
    if (patch.seq <= seq) return;
    if (patch.seq !== seq + 1) this.#model.send({ type: "sync", seq });
    else this.#apply(patch);
  }

  #load(): void {
    const snapshot = this.#model.get("_squares") as Snapshot | number | null;
    if (snapshot && typeof snapshot === "object") this.#snapshot = snapshot;
    this.#index();
    this.#changed("all");
  }

  #index(): void {
    this.#places = new Map(this.#snapshot.keys.map((key, index) => [key, index]));
  }

  // The snapshot in the model is changed in place, so that a later view of a saved state has the latest squares.
  #apply(patch: Patch): void {
    const snapshot = this.#snapshot;
    const touched: number[] = [];
    for (const [key, square] of patch.set ?? []) {
      const place = this.place(key);
      if (place < 0) continue;
      snapshot.squares[place] = square;
      touched.push(place);
    }
    const others = Boolean(patch.removed || patch.order || patch.added);
    if (others) {
      const squares = new Map(snapshot.keys.map((key, index) => [key, this.square(index)]));
      for (const key of patch.removed ?? []) squares.delete(key);
      const keys = patch.order ?? [...squares.keys()];
      for (const [place, key, square] of patch.added ?? []) {
        keys.splice(place, 0, key);
        squares.set(key, square);
      }
      snapshot.keys = keys;
      snapshot.squares = keys.map((key) => squares.get(key) as Square);
      this.#index();
    }
    snapshot.seq = patch.seq;
    this.#changed(others ? "all" : touched);
  }
}
