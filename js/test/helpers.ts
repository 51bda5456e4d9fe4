// A model without a kernel, and short ways to columns and rows.
import type { Cell } from "../src/grid/cell.ts";
import type { ColumnSpec } from "../src/grid/store.ts";
import type { Message, Model } from "../src/host.ts";

export function spec(key: string, more: Partial<ColumnSpec> = {}): ColumnSpec {
  return {
    key,
    label: key,
    kind: "text",
    width: 100,
    grow: false,
    align: null,
    cut: "end",
    filter: "text",
    title: null,
    drop: null,
    ...more,
  };
}

export class FakeModel implements Model {
  sent: Message[] = [];
  /** What went with each of them. */
  buffers: ArrayBufferView<ArrayBuffer>[][] = [];
  saved = 0;
  state: Record<string, unknown>;
  #listeners = new Map<string, Set<(...args: never[]) => void>>();

  constructor(state: Record<string, unknown> = {}) {
    this.state = state;
  }

  get(name: string): unknown {
    return this.state[name];
  }

  set(name: string, value: unknown): void {
    this.state[name] = value;
    this.emit(`change:${name}`);
  }

  save_changes(): void {
    this.saved += 1;
  }

  send(content: unknown, _callbacks?: unknown, buffers: ArrayBufferView<ArrayBuffer>[] = []): void {
    this.sent.push(content as Message);
    this.buffers.push(buffers);
  }

  on(event: string, callback: (...args: never[]) => void): void {
    this.#listeners.set(event, (this.#listeners.get(event) ?? new Set()).add(callback));
  }

  off(event: string, callback: (...args: never[]) => void): void {
    this.#listeners.get(event)?.delete(callback);
  }

  emit(event: string, ...args: unknown[]): void {
    for (const callback of this.#listeners.get(event) ?? []) (callback as (...all: unknown[]) => void)(...args);
  }

  get listening(): number {
    return [...this.#listeners.values()].reduce((sum, callbacks) => sum + callbacks.size, 0);
  }

  /** What was sent of one type. */
  of(type: string): Message[] {
    return this.sent.filter((content) => content.type === type);
  }
}

export function gridModel(keys: string[], cells: Cell[][], more: Record<string, unknown> = {}): FakeModel {
  return new FakeModel({
    _kind: "grid",
    _columns: [spec("name"), spec("size", { kind: "number" })],
    _snapshot: { seq: 1, keys, cells },
    selection: "multiple",
    selected: [],
    search: "",
    filters: {},
    sort: [],
    height: 300,
    filter_row: false,
    row_label: "node",
    empty_text: "",
    ...more,
  });
}
