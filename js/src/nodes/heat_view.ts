// One place where a heat map shows: pointer and keyboard, the size of the squares, and the note beside the pointer.

import { shown } from "../texts.ts";
import { onThemeChange } from "../theme.ts";
import type { HeatSession } from "./heat.ts";
import { boxOf, hasLetters, indexAt, type Layout, layoutOf, move } from "./heat_layout.ts";
import { CanvasPainter, ElementPainter, type Painter } from "./heat_painter.ts";
import type { Changed } from "./heat_store.ts";

let views = 0;

function make(parent: HTMLElement, className: string): HTMLElement {
  const made = parent.appendChild(document.createElement("div"));
  made.className = className;
  return made;
}

export class HeatView {
  #session: HeatSession;
  #box: HTMLElement;
  #field: HTMLElement;
  #mark: HTMLElement;
  /** Stands for the square that the keyboard is on: all the others are a picture to assistive technology. */
  #option: HTMLElement;
  #tip: HTMLElement;
  #painter: Painter | undefined;
  #layout: Layout = layoutOf(0, 0);
  #width = 0;
  #dirty: Changed | undefined = "all";
  #frame = 0;
  /** Where the keyboard is, and where a range begins. */
  #active: string | null = null;
  #anchor: string | null = null;
  #undo: (() => void)[] = [];

  constructor(session: HeatSession, el: HTMLElement) {
    this.#session = session;
    el.classList.add("bw-host", "bw-host-heat");
    el.replaceChildren();
    this.#box = make(el, "bw-heat");
    this.#box.tabIndex = 0;
    this.#box.setAttribute("role", "listbox");
    this.#box.setAttribute("aria-multiselectable", "true");
    this.#box.dataset["lmSuppressShortcuts"] = "true";
    const picture = make(this.#box, "bw-heat-picture");
    picture.setAttribute("aria-hidden", "true");
    this.#field = make(picture, "bw-heat-field");
    this.#mark = make(picture, "bw-heat-mark");
    this.#option = make(this.#box, "bw-sr");
    this.#option.id = `bw-heat-${++views}`;
    this.#option.setAttribute("role", "option");
    this.#tip = make(document.body, "bw-host bw-heat-tip");
    this.#tip.hidden = true;
    this.#tip.setAttribute("aria-hidden", "true");
    this.#listen(el);
    this.redraw("all");
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    for (const undo of this.#undo.splice(0)) undo();
    this.#tip.remove();
  }

  redraw(what: Changed): void {
    if (what === "all" || this.#dirty === "all") this.#dirty = "all";
    else this.#dirty = [...(this.#dirty ?? []), ...what];
    cancelAnimationFrame(this.#frame);
    this.#frame = requestAnimationFrame(() => this.#draw());
  }

  #listen(el: HTMLElement): void {
    const box = this.#box;
    const on = <K extends keyof HTMLElementEventMap>(type: K, act: (event: HTMLElementEventMap[K]) => void): void =>
      box.addEventListener(type, act);
    on("keydown", (event) => this.#onKey(event));
    on("mousedown", (event) => {
      if (event.shiftKey) event.preventDefault(); // it would mark text across the page
      if (event.shiftKey) box.focus({ preventScroll: true });
    });
    on("click", (event) => this.#onClick(event));
    on("dblclick", (event) => {
      const key = this.#keyAt(event);
      if (key !== undefined) this.#session.pick(key);
    });
    on("mousemove", (event) => this.#showTip(this.#indexAt(event)));
    on("mouseleave", () => this.#hideTip());
    on("focus", () => this.#drawMark());
    on("blur", () => {
      this.#hideTip();
      this.#drawMark();
    });
    const sizes = new ResizeObserver(() => this.#onSize());
    sizes.observe(el);
    this.#undo.push(
      () => sizes.disconnect(),
      onThemeChange(() => this.redraw("all")),
    );
  }

  #onSize(): void {
    const width = this.#box.clientWidth;
    // During a switch of the theme, or while hidden, there is no width.
    if (width === 0 || width === this.#width) return;
    this.#width = width;
    this.redraw("all");
  }

  #draw(): void {
    const { store, selected } = this.#session;
    const what = this.#dirty;
    this.#dirty = undefined;
    if (what === undefined || this.#width === 0) return;
    const { count } = store;
    if (what === "all") {
      this.#layout = layoutOf(count, this.#width);
      const Wanted = hasLetters(this.#layout) ? ElementPainter : CanvasPainter;
      if (!(this.#painter instanceof Wanted)) this.#painter = new Wanted(this.#field);
    }
    const isChosen = (index: number): boolean =>
      selected.length > 0 && this.#session.isChosen(store.keys[index] as string);
    const scene = { layout: this.#layout, count, square: (index: number) => store.square(index), isChosen };
    this.#painter?.paint(scene, what);
    this.#box.setAttribute("aria-label", this.#session.summary);
    this.#drawMark();
  }

  get #index(): number {
    const { store } = this.#session;
    const place = this.#active === null ? -1 : store.place(this.#active);
    return place < 0 && store.count ? 0 : place;
  }

  #drawMark(): void {
    const index = this.#index;
    const shows = index >= 0 && document.activeElement === this.#box && this.#active !== null;
    this.#mark.hidden = !shows;
    if (index < 0) {
      this.#option.textContent = "";
      this.#box.removeAttribute("aria-activedescendant");
      return;
    }
    const { store } = this.#session;
    this.#option.textContent = this.#words(index);
    this.#option.setAttribute("aria-selected", String(this.#session.isChosen(store.keys[index] as string)));
    this.#option.setAttribute("aria-posinset", String(index + 1));
    this.#option.setAttribute("aria-setsize", String(store.count));
    this.#box.setAttribute("aria-activedescendant", this.#option.id);
    if (!shows) return;
    const { left, top, size } = boxOf(this.#layout, index);
    const { style } = this.#mark;
    style.transform = `translate(${left}px, ${top}px)`;
    style.width = `${size}px`;
    style.height = `${size}px`;
  }

  #words(index: number): string {
    const { store } = this.#session;
    const words = store.square(index)[2];
    const key = shown(String(store.keys[index]));
    return words ? `${key}: ${shown(words)}` : key;
  }

  #indexAt(event: MouseEvent): number {
    const field = this.#field.getBoundingClientRect();
    return indexAt(this.#layout, event.clientX - field.left, event.clientY - field.top, this.#session.store.count);
  }

  #keyAt(event: MouseEvent): string | undefined {
    return this.#session.store.keys[this.#indexAt(event)];
  }

  #onClick(event: MouseEvent): void {
    const key = this.#keyAt(event);
    if (key === undefined) return;
    this.#active = key;
    this.#press({ toggle: event.ctrlKey || event.metaKey, extend: event.shiftKey });
  }

  #press(how: { toggle?: boolean; extend?: boolean }): void {
    const key = this.#active;
    if (key === null) return;
    this.#session.press(key, this.#anchor, how);
    if (!how.extend) this.#anchor = key;
  }

  #onKey(event: KeyboardEvent): void {
    const command = this.#command(event);
    if (command) {
      event.preventDefault();
      event.stopPropagation();
      command();
    } else if (event.key === "Escape" && !this.#tip.hidden) {
      event.stopPropagation();
      this.#hideTip();
    } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
      event.stopPropagation(); // the notebook has commands of single letters
    }
  }

  #command(event: KeyboardEvent): (() => void) | undefined {
    const { store } = this.#session;
    const index = this.#index;
    if (index < 0 || event.altKey) return undefined;
    if (event.ctrlKey || event.metaKey) {
      return event.key.toLowerCase() === "a" && !event.shiftKey ? () => this.#session.pressAll() : undefined;
    }
    if (event.key === " ") {
      return () => {
        this.#active = store.keys[index] as string;
        this.#press({ toggle: true });
      };
    }
    if (event.key === "Enter") return () => this.#session.pick(store.keys[index] as string);
    const to = move(this.#layout, index, event.key, store.count);
    if (to === undefined) return undefined;
    return () => {
      const first = this.#active === null && (event.key === "ArrowRight" || event.key === "ArrowDown");
      const from = store.keys[index] as string;
      const next = first && !event.shiftKey ? index : to;
      this.#active = store.keys[next] as string;
      if (event.shiftKey) {
        this.#anchor ??= from;
        this.#press({ extend: true });
      }
      this.#drawMark();
      this.#scrollTo(next);
      this.#showTip(next);
    };
  }

  #scrollTo(index: number): void {
    const { top, size } = boxOf(this.#layout, index);
    const box = this.#box;
    if (top < box.scrollTop) box.scrollTop = top;
    else if (top + size > box.scrollTop + box.clientHeight) box.scrollTop = top + size - box.clientHeight;
  }

  #showTip(index: number): void {
    if (index < 0) {
      this.#hideTip();
      return;
    }
    const field = this.#field.getBoundingClientRect();
    const { left, top, size } = boxOf(this.#layout, index);
    const tip = this.#tip;
    tip.textContent = this.#words(index);
    tip.hidden = false;
    const most = Math.max(0, document.documentElement.clientWidth - tip.offsetWidth - 4);
    tip.style.left = `${Math.min(field.left + left, most)}px`;
    tip.style.top = `${field.top + top + size + 6}px`;
  }

  #hideTip(): void {
    this.#tip.hidden = true;
  }
}
