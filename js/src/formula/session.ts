// The editor of autoscale formulas: one per model, with a view per place where it shows.
import { autocompletion, closeCompletion, completionKeymap, completionStatus } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap } from "@codemirror/commands";
import { bracketMatching } from "@codemirror/language";
import { type Diagnostic, nextDiagnostic, setDiagnostics } from "@codemirror/lint";
import { Compartment, EditorState, type Extension } from "@codemirror/state";
import { EditorView, highlightSpecialChars, keymap, lineNumbers, placeholder, tooltips } from "@codemirror/view";
import type { Model, Session } from "../host.ts";
import { completer } from "./complete.ts";
import { language } from "./language.ts";
import type { Word } from "./words.ts";

const LINE_PX = 18;

/** What the kernel found, and how long the text was of which it speaks. */
interface Findings {
  length: number;
  found: Diagnostic[];
}

/** Where lists and notes go, so that no cell cuts them off. */
function tipsPlace(): HTMLElement {
  const id = "batch-widgets-formula-tips";
  const there = document.getElementById(id);
  if (there) return there;
  const made = document.createElement("div");
  made.id = id;
  made.className = "bw-host bw-formula-tips";
  document.body.append(made);
  return made;
}

/** The smallest change that makes one text of another: what stays keeps cursor and marks. */
export function difference(old: string, fresh: string): { from: number; to: number; insert: string } {
  let from = 0;
  const shorter = Math.min(old.length, fresh.length);
  while (from < shorter && old[from] === fresh[from]) from++;
  let tail = 0;
  while (tail < shorter - from && old[old.length - 1 - tail] === fresh[fresh.length - 1 - tail]) tail++;
  return { from, to: old.length - tail, insert: fresh.slice(from, fresh.length - tail) };
}

export class FormulaSession implements Session {
  readonly views = new Set<EditorView>();
  #model: Model;
  #words: Word[];
  #able = new Compartment();
  #hint = new Compartment();
  #listeners: [string, () => void][];

  constructor(model: Model) {
    this.#model = model;
    this.#words = (model.get("_words") ?? []) as Word[];
    this.#listeners = [
      ["change:value", () => this.#toViews((view) => this.#showValue(view))],
      ["change:_findings", () => this.#toViews((view) => this.#showFindings(view))],
      [
        "change:disabled",
        () => this.#toViews((view) => view.dispatch({ effects: this.#able.reconfigure(this.#ability()) })),
      ],
      [
        "change:placeholder",
        () => this.#toViews((view) => view.dispatch({ effects: this.#hint.reconfigure(this.#placeholder()) })),
      ],
    ];
    for (const [event, act] of this.#listeners) model.on(event, act);
  }

  message(): void {}

  render(el: HTMLElement): () => void {
    el.classList.add("bw-host", "bw-host-formula");
    el.style.setProperty("--bw-f-height", `${Number(this.#model.get("rows") ?? 6) * LINE_PX + 8}px`);
    const plain = el.querySelector("textarea");
    const typing = plain !== null && plain === document.activeElement;
    const anchor = plain?.selectionStart ?? 0;
    const view = new EditorView({ state: this.#state() });
    el.replaceChildren(view.dom);
    const onKey = (event: KeyboardEvent): void => this.#keepKey(event);
    el.addEventListener("keydown", onKey);
    this.views.add(view);
    this.#showFindings(view);
    if (typing) {
      view.dispatch({ selection: { anchor: Math.min(anchor, view.state.doc.length) } });
      view.focus();
    }
    return () => {
      el.removeEventListener("keydown", onKey);
      this.views.delete(view);
      view.destroy();
    };
  }

  close(): void {
    for (const [event, act] of this.#listeners) this.#model.off(event, act);
    for (const view of this.views) view.destroy();
    this.views.clear();
  }

  /** The notebook's shortcuts don't see what is typed here; only an Escape that means nothing here goes on. */
  #keepKey(event: KeyboardEvent): void {
    if (event.key !== "Escape" || event.defaultPrevented) event.stopPropagation();
  }

  #state(): EditorState {
    const words = new Map(this.#words.map((word) => [word.name, word]));
    return EditorState.create({
      doc: String(this.#model.get("value") ?? ""),
      extensions: [
        lineNumbers(),
        highlightSpecialChars(),
        history(),
        bracketMatching(),
        EditorView.lineWrapping,
        language(words),
        autocompletion({ override: [completer(this.#words)], icons: false }),
        tooltips({ parent: tipsPlace() }),
        // Tab is not bound: it leaves the editor.
        keymap.of([
          { key: "Escape", run: (view) => completionStatus(view.state) !== null && closeCompletion(view) },
          { key: "F8", run: nextDiagnostic },
          ...completionKeymap,
          ...historyKeymap,
          ...defaultKeymap.filter(({ key }) => key !== "Tab"),
        ]),
        this.#able.of(this.#ability()),
        this.#hint.of(this.#placeholder()),
        EditorView.contentAttributes.of({
          "aria-label": String(this.#model.get("label") ?? ""),
          spellcheck: "false",
          autocapitalize: "off",
        }),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) this.#typed(update.view);
        }),
      ],
    });
  }

  #ability(): Extension {
    const off = Boolean(this.#model.get("disabled"));
    return [
      EditorState.readOnly.of(off),
      EditorView.editable.of(!off),
      EditorView.editorAttributes.of({ class: off ? "bw-off" : "" }),
    ];
  }

  #placeholder(): Extension {
    const text = String(this.#model.get("placeholder") ?? "");
    return text ? placeholder(text) : [];
  }

  #toViews(act: (view: EditorView) => void): void {
    for (const view of this.views) act(view);
  }

  #typed(view: EditorView): void {
    const text = view.state.doc.toString();
    if (text === this.#model.get("value")) return;
    this.#model.set("value", text);
    this.#model.save_changes();
  }

  #showValue(view: EditorView): void {
    const old = view.state.doc.toString();
    const fresh = String(this.#model.get("value") ?? "");
    if (old !== fresh) view.dispatch({ changes: difference(old, fresh) });
  }

  #showFindings(view: EditorView): void {
    const { length, found } = (this.#model.get("_findings") ?? { length: 0, found: [] }) as Findings;
    const size = view.state.doc.length;
    if (length !== size) return; // the text has gone on: the kernel will say more
    const marks = found.map((one) => {
      // A place where something is missing is shown on the character before it.
      const from = one.from === one.to ? Math.max(0, one.from - 1) : one.from;
      const to = one.from === one.to ? Math.min(size, Math.max(one.to, from + 1)) : one.to;
      return { from, to, severity: one.severity, message: one.message };
    });
    view.dispatch(setDiagnostics(view.state, marks));
  }
}
