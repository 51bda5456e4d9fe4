// The terminal's session and its keys; xterm itself is driven in a real browser.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { Kept } from "../src/terminal/kept.ts";
import { isAnswer, meaningOf, wayOut } from "../src/terminal/keys.ts";
import { TerminalSession, type View } from "../src/terminal/session.ts";
import { FakeModel } from "./helpers.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

/** A view that draws when it is told to. */
class FakeView implements View {
  live = true;
  focused = false;
  written: [string, boolean][] = [];
  sizes: string[] = [];
  cleared = 0;
  hadFocus = 0;
  closed = false;
  #done: (() => void)[] = [];

  write(data: Uint8Array | string, quiet: boolean, done?: () => void): void {
    this.written.push([typeof data === "string" ? data : new TextDecoder().decode(data), quiet]);
    if (done) this.#done.push(done);
  }
  draw(): void {
    for (const done of this.#done.splice(0)) done();
  }
  clear(): void {
    this.cleared += 1;
  }
  redraw(): void {}
  resize(columns: number, rows: number): void {
    this.sizes.push(`${columns} ${rows}`);
  }
  focus(): void {
    this.hadFocus += 1;
  }
  close(): void {
    this.closed = true;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

function begin(count = 1) {
  const model = new FakeModel({ title: "a@n", state: "connected", disabled: false, _size: [] });
  const views = Array.from({ length: count }, () => new FakeView());
  const waiting = [...views];
  const session = new TerminalSession(model, () => waiting.shift() as View);
  const undo = views.map(() => session.render(document.createElement("div")));
  for (const view of views) session.opened(view);
  const page = model.sent[0]?.["page"];
  const output = (position: number, text: string, more: Record<string, unknown> = {}) =>
    session.message({ type: "output", page, position, replay: false, skipped: 0, reset: false, ...more }, [
      new DataView(bytes(text).buffer as ArrayBuffer),
    ]);
  return { model, page, session, views, view: views[0] as FakeView, undo, output };
}

describe("the terminal on a page", () => {
  it("attaches, and goes with the page", () => {
    const { model, page } = begin();
    expect(model.sent).toEqual([{ type: "attach", page }]);
    globalThis.dispatchEvent(new Event("pagehide"));
    expect(model.sent.at(-1)).toEqual({ type: "detach", page });
    expect(begin().page, "each showing has a name of its own, and counts for itself").not.toBe(page);
  });

  it("tells how far it has drawn, once for what came together", () => {
    const { model, view, output } = begin();
    output(0, "abc", { reset: true });
    output(3, "de");
    expect(model.of("ack")).toEqual([]);
    view.draw();
    expect(model.of("ack").map(({ position }) => position)).toEqual([5]);
    output(5, "x".repeat(70_000));
    output(70_005, "y");
    view.draw();
    expect(model.of("ack").map(({ position }) => position)).toEqual([5, 70_005, 70_006]);
  });

  it("waits for the slowest of its views, and for none that nobody has seen", () => {
    const { model, views, output } = begin(3);
    const [first, second, unseen] = views as [FakeView, FakeView, FakeView];
    unseen.live = false;
    output(0, "abc");
    first.draw();
    expect(model.of("ack")).toEqual([]);
    second.draw();
    expect(model.of("ack")).toHaveLength(1);
    expect(unseen.written).toEqual([]);
  });

  it("says it has drawn where nothing shows", () => {
    const { model, output } = begin(0);
    output(0, "abc");
    expect(model.of("ack").map(({ position }) => position)).toEqual([3]);
  });

  it("leaves what is for another page", () => {
    const { model, view, output } = begin();
    output(0, "abc", { page: "another" });
    expect(view.written).toEqual([]);
    expect(model.of("ack")).toEqual([]);
  });

  it("gives a later view what came before, and answers nothing in it again", () => {
    const { session, view, output } = begin();
    output(0, "abc", { reset: true, replay: true });
    output(3, "de");
    expect(view.cleared).toBe(1);
    expect(view.written).toEqual([
      ["abc", true],
      ["de", false],
    ]);
    const later = new FakeView();
    session.opened(later);
    expect(later.written).toEqual([
      ["abc", true],
      ["de", true],
    ]);
  });

  it("says what was left out", () => {
    const { view, output } = begin();
    output(1_234_567, "abc", { skipped: 1_234_567 });
    expect(view.written[0]?.[0]).toContain("[1,234,567 bytes of output left out]");
  });

  it("sends what is typed as bytes, and the answers of one view", () => {
    const { model, session, views } = begin(2);
    const [first, second] = views as [FakeView, FakeView];
    const input = () => model.of("input").map(({ typed }) => typed);
    session.input(first, bytes("answer"));
    session.input(second, bytes("answer"));
    expect(input()).toEqual([false]);
    second.focused = true;
    session.input(second, bytes("x"));
    session.input(first, bytes("answer"));
    expect(input()).toEqual([false, true]);
    second.focused = false;
    session.input(second, bytes("answer"));
    expect(input()).toEqual([false, true, false]);
    model.set("state", "ended");
    session.input(second, bytes("x"));
    model.set("state", "connected");
    model.set("disabled", true);
    session.input(second, bytes("x"));
    expect(input()).toHaveLength(3);
    expect(JSON.stringify(model.state)).not.toContain("answer");
  });

  it("tells the size of the view where one types, at once when it is entered", () => {
    const { model, page, session, views } = begin(2);
    const [first, second] = views as [FakeView, FakeView];
    session.fitted(first, 80, 20);
    session.fitted(first, 90, 20);
    session.fitted(second, 40, 20);
    expect(model.of("size")).toEqual([]);
    vi.advanceTimersByTime(100);
    const sizes = () => model.of("size").map(({ columns, entered }) => [columns, entered]);
    expect(sizes()).toEqual([[90, false]]);
    session.entered(second, 40, 20);
    expect(sizes().at(-1)).toEqual([40, true]);
    session.fitted(first, 100, 20);
    vi.advanceTimersByTime(100);
    expect(sizes()).toHaveLength(2);
    model.set("_size", [40, 20, page]);
    expect([first.sizes, second.sizes]).toEqual([["40 20"], []]);
    model.set("_size", [60, 20, "another"]);
    expect([first.sizes.at(-1), second.sizes]).toEqual(["60 20", ["60 20"]]);
  });

  it("numbers what the kernel takes in order, and tells again what it missed", () => {
    const { model, page, session, view } = begin();
    view.focused = true;
    for (const letter of "abc") session.input(view, bytes(letter));
    session.entered(view, 80, 20);
    const told = model.sent.slice(1);
    expect(told.map(({ type, number }) => [type, number])).toEqual([
      ["input", 0],
      ["input", 1],
      ["input", 2],
      ["size", 3],
    ]);
    const sent = model.buffers.map(([data]) => new TextDecoder().decode(data));
    expect(sent.slice(1)).toEqual(["a", "b", "c", ""]);
    session.message({ type: "again", page, first: 1, until: 3 });
    expect(model.sent.slice(5)).toEqual([told[1], told[2]]);
    expect(model.buffers.slice(5)).toEqual(model.buffers.slice(2, 4));
    session.message({ type: "again", page: "another", first: 0, until: 3 });
    session.message({ type: "again", page, first: 4, until: 9 });
    expect(model.sent).toHaveLength(7);
  });

  it("tells what it still has under its own number", () => {
    const { model, page, session, view } = begin();
    view.focused = true;
    for (let number = 0; number <= 10_000; number += 1) session.input(view, bytes(String(number)));
    model.buffers = [];
    session.message({ type: "again", page, first: 0, until: 1 });
    expect(model.buffers).toEqual([]);
    session.message({ type: "again", page, first: 0, until: 3 });
    expect(model.buffers.map(([data]) => new TextDecoder().decode(data))).toEqual(["1", "2"]);
    expect(model.sent.slice(-2).map(({ number }) => number)).toEqual([1, 2]);
  });

  it("does what the kernel and the bar say", () => {
    const { model, session, view } = begin();
    session.message({ type: "focus" });
    session.message({ type: "clear" });
    session.closePressed();
    expect([view.hadFocus, view.cleared, model.sent.at(-1)]).toEqual([1, 1, { type: "close" }]);
  });

  it("leaves nothing behind", () => {
    const { model, session, views, undo } = begin();
    undo[0]?.();
    session.close();
    expect(views[0]?.closed).toBe(true);
    expect(model.listening).toBe(0);
    model.sent = [];
    globalThis.dispatchEvent(new Event("pagehide"));
    expect(model.sent).toEqual([]);
  });
});

describe("the keys", () => {
  const key = (text: string, selected = false) => {
    const parts = text.split("+");
    const event = {
      key: parts.at(-1) as string,
      ctrlKey: parts.includes("Ctrl"),
      shiftKey: parts.includes("Shift"),
      altKey: parts.includes("Alt"),
      metaKey: parts.includes("Meta"),
    };
    return meaningOf(event, selected);
  };

  it("belong to the program, but for the way out, copy and paste", () => {
    expect(["Ctrl+Shift+Escape", "Ctrl+Shift+Home", "Ctrl+Shift+C", "Ctrl+Shift+V"].map((one) => key(one))).toEqual([
      "leave",
      "leave",
      "copy",
      "paste",
    ]);
    const program = ["Escape", "Tab", "Ctrl+c", "Ctrl+v", "Ctrl+Alt+c", "Ctrl+Shift+x", "Meta+c", "d"];
    expect(program.map((one) => key(one))).toEqual(program.map(() => undefined));
    expect(key("Ctrl+c", true)).toBe("copy");
  });

  it("name a way out that the system does not take", () => {
    expect(wayOut("Win32")).toBe("Ctrl+Shift+Home");
    expect(wayOut("Linux x86_64")).toBe("Ctrl+Shift+Esc");
  });
});

describe("what a terminal says", () => {
  it("is its answer to a question, or what was typed", () => {
    const answers = [
      "[?1;2c",
      "[>0;276;0c",
      "[0n",
      "[24;80R",
      "[?24;80R",
      "[?2004;1$y",
      "[4;300;400t",
      "]11;rgb:0/0/0",
      "P1$r0m",
    ];
    for (const one of answers) expect(isAnswer(`\x1b${one}`)).toBe(true);
    const typed = [
      "a",
      "c",
      "\r",
      "\t",
      "\x03",
      "\x1b",
      "\x1bc",
      "\x1b[A",
      "\x1bOP",
      "\x1b[3~",
      "\x1b[1;5C",
      "\x1b[I",
      "é",
    ];
    for (const one of typed) expect(isAnswer(one)).toBe(false);
  });
});

describe("what is kept", () => {
  it("is the end, in whole pieces", () => {
    const kept = new Kept(10);
    for (const text of ["aaaaa", "bbbbb", "ccccc", "d"]) kept.add(bytes(text));
    expect(kept.pieces.map((one) => new TextDecoder().decode(one))).toEqual(["bbbbb", "ccccc", "d"]);
    kept.clear();
    expect(kept.pieces).toEqual([]);
  });
});
