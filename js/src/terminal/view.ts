// One place where a terminal shows: xterm in the host's colours, fitted to its width, with its keys kept from the notebook.
import { FitAddon } from "@xterm/addon-fit";
import { Terminal } from "@xterm/xterm";
import { h, render } from "preact";
import { copyText } from "../clipboard.ts";
import { shown } from "../texts.ts";
import { onThemeChange } from "../theme.ts";
import { Bar, Foot } from "./bar.tsx";
import { themeOf } from "./colours.ts";
import { isAnswer, meaningOf, wayOut } from "./keys.ts";
import type { TerminalSession, View } from "./session.ts";

const FONT_PX = 12;
const SCROLLBACK_LINES = 5000;
const MOST_NOTE = 1000;
// The notebook has commands for many of these.
const OWN_EVENTS = ["keydown", "keypress", "keyup", "copy", "cut", "paste", "contextmenu"];

export class XtermView implements View {
  readonly #session: TerminalSession;
  readonly #bar: HTMLElement;
  readonly #place: HTMLElement;
  readonly #foot: HTMLElement;
  #terminal: Terminal | undefined;
  #fit: FitAddon | undefined;
  #quiet = 0;
  #wantsFocus = false;
  #link = "";
  #undo: (() => void)[] = [];
  #encoder = new TextEncoder();

  constructor(session: TerminalSession, el: HTMLElement) {
    this.#session = session;
    el.classList.add("bw-host", "bw-host-terminal");
    el.replaceChildren();
    const part = (name: string): HTMLElement => {
      const made = el.appendChild(document.createElement("div"));
      made.className = `bw-term-${name}`;
      return made;
    };
    this.#bar = part("bar");
    this.#place = part("place");
    this.#foot = part("foot");
    // A stop of the Tab key of its own: who comes by is not caught in a terminal that takes Tab itself.
    this.#place.tabIndex = 0;
    this.#place.setAttribute("role", "group");
    this.#place.dataset["lmSuppressShortcuts"] = "true";
    const stop = (event: Event): void => event.stopPropagation();
    for (const type of OWN_EVENTS) this.#place.addEventListener(type, stop);
    this.#place.addEventListener("keydown", (event) => this.#onPlaceKey(event));
    for (const type of ["focusin", "focusout"]) this.#place.addEventListener(type, () => this.redraw());
    const sizes = new ResizeObserver(() => this.#onSize());
    sizes.observe(this.#place);
    this.#undo.push(() => sizes.disconnect());
    this.redraw();
  }

  get live(): boolean {
    return this.#terminal !== undefined;
  }

  get focused(): boolean {
    return document.hasFocus() && this.#within;
  }

  get #within(): boolean {
    return document.activeElement !== this.#place && this.#place.contains(document.activeElement);
  }

  write(data: Uint8Array | string, quiet: boolean, done?: () => void): void {
    if (quiet) this.#quiet += 1;
    this.#terminal?.write(data, () => {
      if (quiet) this.#quiet -= 1;
      done?.();
    });
  }

  clear(): void {
    this.#terminal?.write("\x1bc"); // in line with what is still to be drawn
  }

  resize(columns: number, rows: number): void {
    this.#terminal?.resize(columns, rows);
  }

  focus(): void {
    this.#wantsFocus = !this.live;
    this.#place.scrollIntoView({ block: "nearest" }); // xterm takes the focus where it stands, perhaps out of sight
    this.#terminal?.focus();
  }

  close(): void {
    for (const undo of this.#undo.splice(0)) undo();
    this.#terminal?.dispose();
    this.#terminal = undefined;
    render(null, this.#bar);
    render(null, this.#foot);
  }

  redraw(): void {
    const session = this.#session;
    const title = shown(session.text("title"));
    const out = wayOut(navigator.platform);
    const atPlace = document.activeElement === this.#place;
    const hint = this.#link || (this.#within ? `${out} leaves the terminal` : atPlace ? "Enter types in it" : "");
    this.#place.style.height = `${Number(session.model.get("height") ?? 288)}px`;
    this.#place.setAttribute("aria-label", `Terminal ${title}: Enter types in it`);
    const terminal = this.#terminal;
    if (terminal) {
      terminal.options.disableStdin = !session.takesInput;
      terminal.options.screenReaderMode = session.readsAloud;
      terminal.textarea?.setAttribute("aria-label", `Terminal ${title}. ${out} leaves it.`);
    }
    const bar = {
      title,
      state: session.text("state"),
      detail: shown(session.text("detail")),
      hint,
      closable: Boolean(session.model.get("closable")),
      readsAloud: session.readsAloud,
      onReader: () => session.toggleReader(),
      onClose: () => session.closePressed(),
    };
    render(h(Bar, bar), this.#bar);
    render(
      h(Foot, { reason: shown(session.text("reason"), MOST_NOTE), note: shown(session.text("note"), MOST_NOTE) }),
      this.#foot,
    );
  }

  #onSize(): void {
    // During a switch of the theme, or while hidden, there is no width.
    if (this.#place.clientWidth === 0 || this.#place.clientHeight === 0) return;
    if (!this.#terminal) this.#open();
    this.#refit();
  }

  #refit(): void {
    const fits = this.#fit?.proposeDimensions();
    if (!fits || !Number.isFinite(fits.cols) || !Number.isFinite(fits.rows)) return;
    this.#terminal?.resize(fits.cols, fits.rows);
    this.#session.fitted(this, fits.cols, fits.rows);
  }

  #open(): void {
    const terminal = new Terminal({
      fontFamily: getComputedStyle(this.#place).fontFamily,
      fontSize: FONT_PX,
      lineHeight: 1.2,
      scrollback: SCROLLBACK_LINES,
      cursorBlink: false,
      minimumContrastRatio: 4.5,
      macOptionIsMeta: true,
      theme: themeOf(this.#place),
      linkHandler: {
        activate: (event, uri) => this.#follow(event, uri),
        hover: (_event, uri) => this.#showLink(`Ctrl+click opens ${shown(uri)}`),
        leave: () => this.#showLink(""),
      },
    });
    this.#terminal = terminal;
    this.#fit = new FitAddon();
    terminal.loadAddon(this.#fit);
    terminal.open(this.#place);
    if (terminal.textarea) terminal.textarea.tabIndex = -1;
    terminal.attachCustomKeyEventHandler((event) => this.#onKey(event));
    terminal.onData((text) => {
      if (!(this.#quiet && isAnswer(text))) this.#session.input(this, this.#encoder.encode(text));
    });
    terminal.onBinary((text) =>
      this.#session.input(
        this,
        Uint8Array.from(text, (letter) => letter.charCodeAt(0)),
      ),
    );
    terminal.textarea?.addEventListener("focus", () => {
      const fits = this.#fit?.proposeDimensions();
      if (fits) {
        terminal.resize(fits.cols, fits.rows);
        this.#session.entered(this, fits.cols, fits.rows);
      }
    });
    this.#undo.push(
      onThemeChange(() => {
        terminal.options.theme = themeOf(this.#place);
      }),
    );
    this.redraw();
    this.#session.opened(this);
    if (this.#wantsFocus) this.focus();
  }

  /** False for a key that the program in the terminal does not get. */
  #onKey(event: KeyboardEvent): boolean {
    const terminal = this.#terminal;
    const meaning = terminal && meaningOf(event, terminal.hasSelection());
    if (!meaning) return true;
    if (event.type !== "keydown" || meaning === "paste") return false; // the browser pastes
    event.preventDefault();
    if (meaning === "leave") this.#place.focus({ preventScroll: true });
    else if (terminal.hasSelection()) {
      void copyText(terminal.getSelection()).then(() => terminal.focus());
      if (!event.shiftKey) terminal.clearSelection();
    }
    return false;
  }

  #onPlaceKey(event: KeyboardEvent): void {
    if (event.target !== this.#place || event.key !== "Enter") return;
    event.preventDefault();
    this.focus();
  }

  #follow(event: MouseEvent, uri: string): void {
    if ((event.ctrlKey || event.metaKey) && /^https?:\/\//i.test(uri))
      window.open(uri, "_blank", "noopener,noreferrer");
  }

  #showLink(text: string): void {
    this.#link = text;
    this.redraw();
  }
}
