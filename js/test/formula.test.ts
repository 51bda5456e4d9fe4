// The formula editor: colours, completion, and how it keeps in step with the model.
import { CompletionContext, type CompletionResult, pickedCompletion } from "@codemirror/autocomplete";
import { StringStream } from "@codemirror/language";
import { forEachDiagnostic } from "@codemirror/lint";
import { EditorState } from "@codemirror/state";
import { EditorView } from "@codemirror/view";
import { afterEach, describe, expect, it } from "vitest";
import { completer } from "../src/formula/complete.ts";
import { start } from "../src/formula/index.ts";
import { nextToken } from "../src/formula/language.ts";
import { difference, FormulaSession } from "../src/formula/session.ts";
import { ownNames, type Word } from "../src/formula/words.ts";
import { FakeModel } from "./helpers.ts";

const word = (name: string, kind: Word["kind"], takes = "", offered = true): Word => ({
  name,
  kind,
  help: `What ${name} is.`,
  takes,
  offered,
});
const WORDS = [
  word("$TargetDedicatedNodes", "target"),
  word("$NodeDeallocationOption", "target"),
  word("$PendingTasks", "metric"),
  word("$MemoryBytes", "metric", "", false),
  word("$TaskSlotsPerNode", "number"),
  word("max", "function", "numbers…"),
  word("rand", "function"),
  word("GetSample", "method", "start[, end]"),
  word("Count", "method"),
  word("hour", "field"),
  word("TimeInterval_Hour", "interval"),
  word("requeue", "option"),
  word("retaineddata", "option", "", false),
];
const BY_NAME = new Map(WORDS.map((one) => [one.name, one]));

function colours(line: string): [string, string | null][] {
  const stream = new StringStream(line, 2, 2);
  const found: [string, string | null][] = [];
  while (!stream.eol()) {
    stream.start = stream.pos;
    const kind = nextToken(stream, BY_NAME);
    expect(stream.pos).toBeGreaterThan(stream.start);
    const text = stream.current();
    if (text.trim()) found.push([text, kind]);
  }
  return found;
}

describe("colours", () => {
  it("tell the service's words, functions, numbers, texts and comments apart", () => {
    expect(colours("x1 = max($PendingTasks.GetSample(2.5e3), .5) + $own; // max = 1")).toEqual([
      ["x1", "own"],
      ["=", "operator"],
      ["max", "called"],
      ["(", null],
      ["$PendingTasks", "service"],
      [".", null],
      ["GetSample", "member"],
      ["(", null],
      ["2.5e3", "number"],
      [")", null],
      [",", null],
      [".5", "number"],
      [")", null],
      ["+", "operator"],
      ["$own", "own"],
      [";", null],
      ["// max = 1", "comment"],
    ]);
    expect(colours('time("a // b").hour ? TimeInterval_Hour : requeue')).toEqual([
      ["time", "own"],
      ["(", null],
      ['"a // b"', "string"],
      [")", null],
      [".", null],
      ["hour", "member"],
      ["?", "operator"],
      ["TimeInterval_Hour", "constant"],
      [":", "operator"],
      ["requeue", "constant"],
    ]);
    expect(colours("max = 1")[0]).toEqual(["max", "own"]);
  });

  it("get through anything", () => {
    for (const line of ['"open', "5y %&|$ é \\ '", "1..2", "$$$"]) expect(colours(line).length).toBeGreaterThan(0);
  });
});

function complete(text: string, explicit = true): CompletionResult | null {
  const at = text.indexOf("|");
  const state = EditorState.create({ doc: text.replace("|", "") });
  return completer(WORDS)(new CompletionContext(state, at, explicit));
}

const labels = (text: string): string[] => complete(text)?.options.map(({ label }) => label) ?? [];

describe("completion", () => {
  it("offers variables, functions and intervals with help, but no old words", () => {
    expect(labels("$Pend|")).toEqual([
      "$TargetDedicatedNodes",
      "$NodeDeallocationOption",
      "$PendingTasks",
      "$TaskSlotsPerNode",
      "max",
      "rand",
      "TimeInterval_Hour",
    ]);
    expect(complete("x = $Pend|")).toMatchObject({ from: 4 });
    expect(complete("x = $|")).toMatchObject({ from: 4 });
    expect(complete("m|")?.options.find(({ label }) => label === "max")).toMatchObject({
      detail: "(numbers…)",
      info: "What max is.",
    });
  });

  it("offers what was set further up first", () => {
    expect(labels("tasks = 1;\n$x = 2; // no = 3\n$TargetDedicatedNodes = t|").slice(0, 2)).toEqual(["tasks", "$x"]);
  });

  it("offers methods of metrics, and fields of all else", () => {
    expect(labels("x = $PendingTasks.|")).toEqual(["GetSample", "Count"]);
    expect(complete("x = $PendingTasks.GetS|")).toMatchObject({ from: 18 });
    expect(labels("x = time().|")).toEqual(["hour"]);
    expect(labels("x = now.h|")).toEqual(["hour"]);
    expect(complete("x = 1.|")?.from).toBe(6);
  });

  it("offers options where they belong", () => {
    expect(labels("$NodeDeallocationOption = |")).toEqual(["requeue"]);
    expect(complete("$NodeDeallocationOption = req|")).toMatchObject({ from: 26 });
  });

  it("keeps quiet in comments, and unasked where no word begins", () => {
    expect(complete("// $Pend|")).toBeNull();
    expect(complete("x = |", false)).toBeNull();
    expect(complete('x = time("//").|')).not.toBeNull();
  });

  it("puts the cursor between the parentheses of what takes something", () => {
    const accepted = (text: string, label: string): string => {
      const at = text.indexOf("|");
      const result = complete(text);
      const option = result?.options.find((one) => one.label === label);
      const view = new EditorView({ doc: text.replace("|", "") });
      const seen: unknown[] = [];
      view.setState(
        EditorState.create({
          doc: view.state.doc,
          extensions: EditorView.updateListener.of(({ transactions }) => {
            for (const one of transactions) seen.push(one.annotation(pickedCompletion)?.label);
          }),
        }),
      );
      if (typeof option?.apply === "function") option.apply(view, option, result?.from ?? 0, at);
      expect(seen).toEqual([label]);
      const { head } = view.state.selection.main;
      return `${view.state.sliceDoc(0, head)}|${view.state.sliceDoc(head)}`;
    };
    expect(accepted("x = m|", "max")).toBe("x = max(|)");
    expect(accepted("x = r|", "rand")).toBe("x = rand()|");
    expect(accepted("x = m|(1)", "max")).toBe("x = max|(1)");
  });
});

it("finds the variables that a formula sets", () => {
  expect(ownNames("a = 1; $b=2;\n c  =3; a = 4; d == 5; $PendingTasks = 1; // e = 1\n f", BY_NAME)).toEqual([
    "a",
    "$b",
    "c",
  ]);
});

describe("the smallest change", () => {
  it.each([
    ["", "abc"],
    ["abc", ""],
    ["abc", "abc"],
    ["aXc", "aYc"],
    ["aaa", "aa"],
    ["aa", "aaa"],
    ["x = 1;", "y = 1; x = 1;"],
  ])("makes %j into %j", (old, fresh) => {
    const { from, to, insert } = difference(old, fresh);
    expect(old.slice(0, from) + insert + old.slice(to)).toBe(fresh);
    expect(to - from + insert.length).toBeLessThanOrEqual(Math.max(old.length, fresh.length));
  });
});

const opened: { session: FormulaSession; undo: () => void; el: HTMLElement }[] = [];

function open(more: Record<string, unknown> = {}) {
  const model = new FakeModel({
    value: "x = 1",
    label: "Autoscale formula",
    placeholder: "",
    disabled: false,
    rows: 6,
    _words: WORDS,
    _findings: { length: 0, found: [] },
    ...more,
  });
  const session = new FormulaSession(model);
  const el = document.body.appendChild(document.createElement("div"));
  const undo = session.render(el);
  opened.push({ session, undo, el });
  const view = [...session.views][0] as EditorView;
  return { model, session, el, view, undo };
}

function marks(view: EditorView): [number, number, string][] {
  const found: [number, number, string][] = [];
  forEachDiagnostic(view.state, (one, from, to) => found.push([from, to, `${one.severity}: ${one.message}`]));
  return found;
}

afterEach(() => {
  for (const { session, el } of opened.splice(0)) {
    session.close();
    el.remove();
  }
});

describe("the editor", () => {
  it("shows the value and sends what is typed", () => {
    const { model, view, el } = open();
    expect(view.state.doc.toString()).toBe("x = 1");
    expect(el.querySelector("[role=textbox]")?.getAttribute("aria-label")).toBe("Autoscale formula");
    view.dispatch({ changes: { from: 5, insert: "2" } });
    expect(model.state["value"]).toBe("x = 12");
    expect(model.saved).toBe(1);
  });

  it("follows the kernel, and keeps the cursor where it was", () => {
    const { model, view } = open();
    view.dispatch({ selection: { anchor: 5 } });
    model.set("value", "// new\nx = 1");
    expect(view.state.doc.toString()).toBe("// new\nx = 1");
    expect(view.state.selection.main.head).toBe(12);
    expect(model.saved).toBe(0);
  });

  it("keeps two views of a model in step", () => {
    const { model, session, view } = open();
    const second = document.createElement("div");
    const undo = session.render(second);
    view.dispatch({ changes: { from: 0, insert: "y = 2; " } });
    expect([...session.views].map((one) => one.state.doc.toString())).toEqual(Array(2).fill("y = 2; x = 1"));
    expect(model.saved).toBe(1);
    undo();
    expect(session.views.size).toBe(1);
  });

  it("underlines what the kernel found", () => {
    const { model, view } = open();
    model.set("_findings", {
      length: 5,
      found: [
        { from: 0, to: 1, severity: "warning", message: "Odd." },
        { from: 5, to: 5, severity: "error", message: "Something is missing." },
      ],
    });
    expect(marks(view)).toEqual([
      [0, 1, "warning: Odd."],
      [4, 5, "error: Something is missing."],
    ]);
  });

  it("waits for findings about the text as it is now", () => {
    const { model, view } = open();
    view.dispatch({ changes: { from: 5, insert: "234" } });
    model.set("_findings", { length: 5, found: [{ from: 0, to: 1, severity: "error", message: "Old." }] });
    expect(marks(view)).toEqual([]);
    model.set("_findings", { length: 8, found: [{ from: 0, to: 1, severity: "error", message: "New." }] });
    expect(marks(view)).toEqual([[0, 1, "error: New."]]);
  });

  it("shows findings that were there before it", () => {
    const found = [{ from: 0, to: 1, severity: "error", message: "There." }];
    expect(marks(open({ _findings: { length: 5, found } }).view)).toHaveLength(1);
  });

  it("marks something missing in an empty text nowhere", () => {
    const found = [{ from: 0, to: 0, severity: "error", message: "Empty." }];
    expect(marks(open({ value: "", _findings: { length: 0, found } }).view)).toEqual([[0, 0, "error: Empty."]]);
  });

  it("can be disabled and enabled", () => {
    const { model, view, el } = open({ disabled: true, placeholder: "Type here" });
    expect(view.state.readOnly).toBe(true);
    expect(el.querySelector(".bw-off")).not.toBeNull();
    model.set("disabled", false);
    expect(view.state.readOnly).toBe(false);
    expect(el.querySelector(".bw-off")).toBeNull();
    model.set("value", "");
    expect(el.textContent).toContain("Type here");
    model.set("placeholder", "Or here");
    expect(el.textContent).toContain("Or here");
  });

  it("keeps keys from the notebook, but for an Escape that means nothing here", () => {
    const { view, el } = open();
    const heard: string[] = [];
    const hear = (event: KeyboardEvent) => heard.push(event.key);
    document.body.addEventListener("keydown", hear);
    for (const key of ["a", "d", "Enter", "Escape", "F8"]) {
      view.contentDOM.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    }
    document.body.removeEventListener("keydown", hear);
    expect(heard).toEqual(["Escape"]);
    expect(el.isConnected).toBe(true);
  });

  it("leaves Tab alone", () => {
    const { view } = open();
    const tab = new KeyboardEvent("keydown", { key: "Tab", keyCode: 9, bubbles: true, cancelable: true });
    view.contentDOM.dispatchEvent(tab);
    expect(tab.defaultPrevented).toBe(false);
    expect(view.state.doc.toString()).toBe("x = 1");
  });

  it("takes over from a plain field, cursor and all", () => {
    const { session } = open();
    const el = document.body.appendChild(document.createElement("div"));
    const area = el.appendChild(document.createElement("textarea"));
    area.value = "x = 1";
    area.focus();
    area.setSelectionRange(3, 3);
    session.render(el);
    const view = [...session.views][1] as EditorView;
    expect(el.querySelector("textarea")).toBeNull();
    expect(view.state.selection.main.head).toBe(3);
    expect(el.contains(document.activeElement)).toBe(true);
    el.remove();
  });

  it("leaves nothing behind", () => {
    const { model, session, undo } = open();
    undo();
    session.close();
    expect(session.views.size).toBe(0);
    expect(model.listening).toBe(0);
  });

  it("brings its style once", () => {
    for (const _ of [1, 2]) start(new FakeModel({ _words: [] })).close();
    const styles = document.querySelectorAll("#batch-widgets-formula-style");
    expect(styles).toHaveLength(1);
  });
});
