// One grid on one page: its rows, what search, filters and sort make of them, and its views.
//
// Live values and order: while the pointer or the focus is in a view, the rows stay in their places although their values
// change; the arrow in the header says that the order is held, and a press on it sorts again. Otherwise, and as soon as the
// user leaves, the rows are in order. Which rows are shown always follows the filters at once.
import { render } from "preact";
import type { Message, Model, Session } from "../host.ts";
import { cellText } from "./cell.ts";
import { Engine, type Sort } from "./engine.ts";
import type { Filters } from "./filter.ts";
import { groupRows } from "./group.ts";
import { holdOrder, sameOrder } from "./order.ts";
import { type Row, Store } from "./store.ts";
import { GridView } from "./view.tsx";

const INPUTS = ["search", "filters", "sort", "group_by"];
const LOOKS = ["selected", "selection", "height", "filter_row", "empty_text", "row_label", "busy", "group_totals"];
const TYPING_MS = 200;

export class GridSession implements Session {
  readonly store: Store;
  readonly model: Model;
  /** Widths that the user chose, by column. */
  readonly widths = new Map<string, number>();
  /** What is shown from top to bottom, headings of groups included. */
  visible: Row[] = [];
  /** Whether the order is not that of the values, for the user is looking. */
  held = false;
  #engine = new Engine();
  #ordered: Row[] = [];
  #open = new Set<string>();
  #groupedBy = "";
  #views = new Set<() => void>();
  #present = new Set<unknown>();
  #selected: readonly string[] = [];
  #chosen = new Set<string>();
  #typing: ReturnType<typeof setTimeout> | undefined;
  #onInput = () => this.#arrange(true);
  #onLook = () => this.redraw();

  constructor(model: Model) {
    this.model = model;
    this.store = new Store(model);
    this.store.subscribe(() => this.#arrange(false));
    for (const name of INPUTS) model.on(`change:${name}`, this.#onInput);
    for (const name of LOOKS) model.on(`change:${name}`, this.#onLook);
    this.#arrange(true);
  }

  get sort(): Sort {
    return (this.model.get("sort") as Sort) ?? [];
  }

  get filters(): Filters {
    return (this.model.get("filters") as Filters) ?? {};
  }

  get selection(): string {
    return String(this.model.get("selection"));
  }

  get selected(): readonly string[] {
    return (this.model.get("selected") as string[]) ?? [];
  }

  isSelected(key: string): boolean {
    if (this.#selected !== this.selected) {
      this.#selected = this.selected;
      this.#chosen = new Set(this.#selected);
    }
    return this.#chosen.has(key);
  }

  select(keys: string[]): void {
    this.#put("selected", keys);
  }

  setSort(sort: Sort): void {
    this.#put("sort", sort);
  }

  /** Sort again, although the user is looking. */
  sortNow(): void {
    this.#arrange(true);
  }

  /** While a text is typed the rows follow at once and the kernel a little later. */
  setFilter(column: string, value: string | string[]): void {
    const { [column]: _, ...others } = this.filters;
    this.model.set("filters", value.length ? { ...others, [column]: value } : others);
    clearTimeout(this.#typing);
    this.#typing = setTimeout(() => this.model.save_changes(), TYPING_MS);
  }

  /** The column that the rows are grouped by, or -1. */
  get groupColumn(): number {
    const key = this.model.get("group_by");
    return key ? this.store.columns.findIndex((column) => column.key === key) : -1;
  }

  /** How many rows a group has, those included that no filter lets through. */
  totalOf(name: string): number | undefined {
    return (this.model.get("group_totals") as Record<string, number> | undefined)?.[name];
  }

  /** Open or close a group; without a wish, turn it over. */
  fold(name: string, open = !this.#open.has(name)): void {
    if (open) this.#open.add(name);
    else this.#open.delete(name);
    this.#group();
    this.redraw();
  }

  pick(key: string): void {
    this.model.send({ type: "pick", key });
  }

  act(key: string, column: string, action: string): void {
    this.model.send({ type: "action", key, column, action });
  }

  setWidth(column: string, width: number | null): void {
    if (width === null) this.widths.delete(column);
    else this.widths.set(column, width);
    this.redraw();
  }

  /** A view says whether pointer or focus are in it. */
  setPresent(view: unknown, present: boolean): void {
    if (present) this.#present.add(view);
    else if (this.#present.delete(view) && this.held && this.#present.size === 0) this.#arrange(true);
  }

  subscribe(redraw: () => void): () => void {
    this.#views.add(redraw);
    return () => this.#views.delete(redraw);
  }

  redraw(): void {
    for (const view of this.#views) view();
  }

  message(content: Message): void {
    this.store.message(content);
  }

  render(el: HTMLElement): () => void {
    el.classList.add("bw-host", "bw-host-grid");
    render(<GridView session={this} />, el);
    return () => render(null, el);
  }

  close(): void {
    clearTimeout(this.#typing);
    for (const name of INPUTS) this.model.off(`change:${name}`, this.#onInput);
    for (const name of LOOKS) this.model.off(`change:${name}`, this.#onLook);
    this.store.close();
    this.#views.clear();
  }

  #put(name: string, value: unknown): void {
    this.model.set(name, value);
    this.model.save_changes();
  }

  #arrange(byUser: boolean): void {
    const { rows, columns } = this.store;
    const next = this.#engine.update(rows, columns, String(this.model.get("search") ?? ""), this.filters, this.sort);
    const hold = !byUser && this.#present.size > 0 && this.sort.length > 0;
    this.#ordered = hold ? holdOrder(this.#ordered, next) : next;
    this.held = hold && !sameOrder(this.#ordered, next);
    this.#group();
    this.redraw();
  }

  #group(): void {
    const column = this.groupColumn;
    const key = String(this.model.get("group_by") ?? "");
    if (key !== this.#groupedBy) {
      // What is selected stays in sight.
      this.#groupedBy = key;
      const chosen = this.#ordered.filter((row) => this.isSelected(row.key));
      this.#open = new Set(chosen.map((row) => cellText(row.cells[column] ?? null)));
    }
    const descending = this.sort.some(([name, direction]) => name === key && direction === "desc");
    this.visible = column < 0 ? this.#ordered : groupRows(this.#ordered, column, this.#open, descending);
  }
}

export function startGrid(model: Model): Session {
  return new GridSession(model);
}
