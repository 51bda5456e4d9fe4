// A heat map: one square for each node, in step with whatever else shares its selection. One per model, with views.
import { press, pressAll } from "../grid/selection.ts";
import type { Message, Model, Session } from "../host.ts";
import { type Changed, HeatStore } from "./heat_store.ts";
import { HeatView } from "./heat_view.ts";

export class HeatSession implements Session {
  readonly store: HeatStore;
  #model: Model;
  #views = new Set<HeatView>();
  #selected: readonly string[] = [];
  #chosen = new Set<string>();
  #onLook = () => this.#redraw("all");

  constructor(model: Model) {
    this.#model = model;
    this.store = new HeatStore(model, (what) => this.#redraw(what));
    for (const name of ["selected", "noun"]) model.on(`change:${name}`, this.#onLook);
  }

  get noun(): string {
    return String(this.#model.get("noun") ?? "");
  }

  get selected(): readonly string[] {
    const selected = (this.#model.get("selected") as string[]) ?? [];
    if (selected !== this.#selected) {
      this.#selected = selected;
      this.#chosen = new Set(selected);
    }
    return selected;
  }

  isChosen(key: string): boolean {
    return this.selected.length > 0 && this.#chosen.has(key);
  }

  /** What the whole says: how many there are, of each state, and chosen. */
  get summary(): string {
    const { count } = this.store;
    const states = [...this.store.counts()].map(([words, number]) => `${number} ${words}`);
    const chosen = this.selected.length ? `; ${this.selected.length} selected` : "";
    return `${count} ${this.noun}${count === 1 ? "" : "s"}${count ? `: ${states.join(", ")}` : ""}${chosen}`;
  }

  press(key: string, anchor: string | null, how: { toggle?: boolean; extend?: boolean }): void {
    this.#select(press(this.store.keys, this.selected, key, anchor, how));
  }

  pressAll(): void {
    this.#select(pressAll(this.store.keys, this.selected));
  }

  pick(key: string): void {
    this.#model.send({ type: "pick", key });
  }

  message(content: Message): void {
    this.store.message(content);
  }

  render(el: HTMLElement): () => void {
    const view = new HeatView(this, el);
    this.#views.add(view);
    return () => {
      this.#views.delete(view);
      view.close();
    };
  }

  close(): void {
    for (const name of ["selected", "noun"]) this.#model.off(`change:${name}`, this.#onLook);
    this.store.close();
    for (const view of this.#views) view.close();
    this.#views.clear();
  }

  #select(keys: string[]): void {
    this.#model.set("selected", keys);
    this.#model.save_changes();
  }

  #redraw(what: Changed): void {
    for (const view of this.#views) view.redraw(what);
  }
}

export function startHeat(model: Model): Session {
  return new HeatSession(model);
}
