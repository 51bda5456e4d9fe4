// A terminal on one page: what the kernel sends goes to the views, what is typed in one of them to the kernel. Nothing of
// either is state. How far the page has drawn is told, so that the kernel can hold back what comes too fast.
import type { Message, Model, Session } from "../host.ts";
import { Kept } from "./kept.ts";

const KEPT_BYTES = 65_536;
const MOST_TOLD = 10_000;
const SIZE_MS = 80;
const TRAITS = ["title", "state", "detail", "note", "reason", "height", "disabled", "closable"];

/** A place where the terminal shows. */
export interface View {
  /** Whether it can draw yet; a view that nobody has seen has no size. */
  readonly live: boolean;
  readonly focused: boolean;
  /** Draw; a quiet text is one that was answered before, if there was a question in it. */
  write(data: Uint8Array | string, quiet: boolean, done?: () => void): void;
  clear(): void;
  redraw(): void;
  resize(columns: number, rows: number): void;
  focus(): void;
  close(): void;
}

/** What was typed, or a size: the kernel takes these in the order in which they were told. */
interface Told {
  content: Message;
  data: Uint8Array<ArrayBuffer>;
}

export type MakeView = (session: TerminalSession, el: HTMLElement) => View;

export class TerminalSession implements Session {
  readonly model: Model;
  /** Whether screen readers get what is drawn; of this page, and no state. */
  readsAloud = false;
  /** The kernel knows this showing by it: another one on the same page counts from 0 again. */
  readonly #name = Math.random().toString(36).slice(2);
  #make: MakeView;
  #views = new Set<View>();
  #kept = new Kept(KEPT_BYTES);
  /** The last of what was told in order, to be told again if it is missed. */
  #told: Told[] = [];
  #toldCount = 0;
  /** Who tells the size, and who answers what a program asks the terminal. */
  #leader: View | undefined;
  #drawn = 0;
  #acked = 0;
  #waiting = 0;
  #size = "";
  #sizing: ReturnType<typeof setTimeout> | undefined;
  #onLook = () => this.#each((view) => view.redraw());
  #onSize = () => this.#adoptSize();
  #onHide = () => this.#say("detach");
  #onShow = (event: PageTransitionEvent) => {
    if (event.persisted) this.#say("attach");
  };

  constructor(model: Model, make: MakeView) {
    this.model = model;
    this.#make = make;
    for (const name of TRAITS) model.on(`change:${name}`, this.#onLook);
    model.on("change:_size", this.#onSize);
    globalThis.addEventListener("pagehide", this.#onHide);
    globalThis.addEventListener("pageshow", this.#onShow);
    this.#say("attach");
  }

  text(trait: string): string {
    return String(this.model.get(trait) ?? "");
  }

  get takesInput(): boolean {
    return !this.model.get("disabled") && this.text("state") !== "ended";
  }

  message(content: Message, buffers: DataView<ArrayBuffer>[] = []): void {
    if (content.type === "focus") (this.#leader ?? [...this.#views][0])?.focus();
    else if (content.type === "clear") this.#clear();
    else if (content["page"] !== this.#name) return;
    else if (content.type === "output") this.#output(content, buffers);
    else if (content.type === "again") this.#tellAgain(Number(content["first"]), Number(content["until"]));
  }

  render(el: HTMLElement): () => void {
    const view = this.#make(this, el);
    this.#views.add(view);
    return () => {
      this.#views.delete(view);
      if (this.#leader === view) this.#leader = undefined;
      view.close();
    };
  }

  close(): void {
    clearTimeout(this.#sizing);
    this.#say("detach");
    for (const name of TRAITS) this.model.off(`change:${name}`, this.#onLook);
    this.model.off("change:_size", this.#onSize);
    globalThis.removeEventListener("pagehide", this.#onHide);
    globalThis.removeEventListener("pageshow", this.#onShow);
    this.#each((view) => view.close());
    this.#views.clear();
    this.#kept.clear();
  }

  /** A view has a size now: it gets what came before. */
  opened(view: View): void {
    this.#leader ??= view;
    for (const piece of this.#kept.pieces) view.write(piece, true);
    if (this.#leader !== view) this.#adoptSize();
  }

  /** What was typed in a view, or what its terminal answers to a program. */
  input(view: View, data: Uint8Array<ArrayBuffer>): void {
    if (!this.takesInput) return;
    const typed = view.focused;
    if (typed) this.#leader = view;
    else if (view !== this.#leader || [...this.#views].some((other) => other.focused)) return;
    this.#tell({ type: "input", typed }, data);
  }

  entered(view: View, columns: number, rows: number): void {
    this.#leader = view;
    this.#size = "";
    this.fitted(view, columns, rows, true);
  }

  /** As many columns and rows have a place in a view. */
  fitted(view: View, columns: number, rows: number, entered = false): void {
    if (view !== this.#leader || this.#size === `${columns} ${rows}`) return;
    this.#size = `${columns} ${rows}`;
    clearTimeout(this.#sizing);
    const tell = () => this.#tell({ type: "size", columns, rows, entered });
    if (entered) tell();
    else this.#sizing = setTimeout(tell, SIZE_MS);
  }

  closePressed(): void {
    this.model.send({ type: "close" });
  }

  toggleReader(): void {
    this.readsAloud = !this.readsAloud;
    this.#onLook();
  }

  #say(type: string, more: Record<string, unknown> = {}): void {
    this.model.send({ type, page: this.#name, ...more });
  }

  // Two threads of a kernel may handle two messages at once, or a later one first: these are numbered.
  #tell(content: Message, data = new Uint8Array()): void {
    this.#told.push({ content, data });
    if (this.#told.length > MOST_TOLD) this.#told.shift();
    this.#toldCount += 1;
    this.#tellAgain(this.#toldCount - 1, this.#toldCount);
  }

  #tellAgain(first: number, until: number): void {
    const oldest = this.#toldCount - this.#told.length;
    for (let number = Math.max(first, oldest); number < Math.min(until, this.#toldCount); number += 1) {
      const { content, data } = this.#told[number - oldest] as Told;
      this.model.send({ ...content, page: this.#name, number }, undefined, [data]);
    }
  }

  #each(act: (view: View) => void): void {
    for (const view of this.#views) act(view);
  }

  #clear(): void {
    this.#kept.clear();
    this.#each((view) => view.live && view.clear());
  }

  #output(content: Message, buffers: DataView<ArrayBuffer>[]): void {
    const [buffer] = buffers;
    if (!buffer) return;
    const data = new Uint8Array(buffer.buffer, buffer.byteOffset, buffer.byteLength);
    const end = Number(content["position"]) + data.length;
    const quiet = Boolean(content["replay"]);
    const skipped = Number(content["skipped"] ?? 0);
    if (content["reset"]) {
      this.#clear();
      this.#drawn = this.#acked = Number(content["position"]);
    }
    this.#kept.add(data);
    const live = [...this.#views].filter((view) => view.live);
    let left = live.length;
    this.#waiting += 1;
    const done = (): void => {
      left -= 1;
      if (left > 0) return;
      this.#waiting -= 1;
      this.#drawn = Math.max(this.#drawn, end);
      this.#acknowledge();
    };
    for (const view of live) {
      if (skipped) view.write(`\x1b[0m\r\n[${skipped.toLocaleString("en")} bytes of output left out]\r\n`, true);
      view.write(data, quiet, done);
    }
    if (!live.length) done();
  }

  #acknowledge(): void {
    if (this.#waiting && this.#drawn - this.#acked < KEPT_BYTES) return;
    this.#acked = this.#drawn;
    this.#say("ack", { position: this.#drawn });
  }

  // The program has one size: where it is another page's or view's, this one follows.
  #adoptSize(): void {
    const [columns, rows, page] = (this.model.get("_size") as [number, number, string] | undefined) ?? [];
    if (!columns || !rows) return;
    const ours = page === this.#name;
    this.#each((view) => {
      if (view.live && !(ours && view === this.#leader)) view.resize(columns, rows);
    });
  }
}
