// Heat map, shown-once secret and download button against a model without a kernel.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pageState } from "../src/host.ts";
import { startDownload } from "../src/nodes/download.tsx";
import { startHeat } from "../src/nodes/heat.ts";
import { boxOf, hasLetters, indexAt, layoutOf, move } from "../src/nodes/heat_layout.ts";
import { start } from "../src/nodes/index.ts";
import { startOnce } from "../src/nodes/once.tsx";
import { FakeModel } from "./helpers.ts";

const WIDTH = 184;
const drawn = () => new Promise((resolve) => setTimeout(resolve, 40));

function place(): HTMLElement {
  return document.body.appendChild(document.createElement("div"));
}

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(WIDTH);
  vi.stubGlobal(
    "ResizeObserver",
    class {
      #act: () => void;
      constructor(act: () => void) {
        this.#act = act;
      }
      observe() {
        this.#act();
      }
      disconnect() {}
    },
  );
});

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("the layout of the squares", () => {
  it("has large squares with letters for dozens, and smaller ones for hundreds and thousands", () => {
    const sizes = [24, 330, 1_000, 2_000, 10_000].map((count) => layoutOf(count, 900).size);
    expect(sizes).toEqual([16, 8, 8, 6, 3]);
    expect(sizes.map((size) => hasLetters({ size, pitch: 0, columns: 0, rows: 0 }))).toEqual([
      true,
      ...Array(4).fill(false),
    ]);
  });

  it("has at least one column", () => {
    expect(layoutOf(3, 1).columns).toBe(1);
    expect(layoutOf(0, 0).rows).toBe(0);
  });

  it("finds each square at its own place, and nothing beside them", () => {
    const layout = layoutOf(95, WIDTH);
    for (let index = 0; index < 95; index++) {
      const { left, top, size } = boxOf(layout, index);
      expect(indexAt(layout, left + size / 2, top + size / 2, 95)).toBe(index);
    }
    expect(indexAt(layout, -1, 5, 95)).toBe(-1);
    expect(indexAt(layout, layout.columns * layout.pitch + 1, 5, 95)).toBe(-1);
    expect(indexAt(layout, 5, 10_000, 95)).toBe(-1);
  });

  it("moves by rows and stops at the ends", () => {
    const layout = layoutOf(25, WIDTH);
    expect(layout.columns).toBe(10);
    const to = (index: number, key: string) => move(layout, index, key, 25);
    expect([to(0, "ArrowLeft"), to(0, "ArrowDown"), to(20, "ArrowDown"), to(24, "ArrowRight")]).toEqual([
      0, 10, 20, 24,
    ]);
    expect([to(7, "Home"), to(7, "End"), to(7, "x")]).toEqual([0, 24, undefined]);
  });
});

function heatModel(count: number): FakeModel {
  const keys = Array.from({ length: count }, (_, index) => `n${index}`);
  const squares = keys.map((_, index) => (index === 1 ? ["err", "!", "unusable"] : ["ok", "", "idle"]));
  return new FakeModel({ _kind: "heat", _squares: { seq: 1, keys, squares }, selected: [], noun: "node" });
}

describe("the heat map", () => {
  const begin = async (count: number) => {
    const model = heatModel(count);
    const session = startHeat(model);
    const el = place();
    const undo = session.render(el);
    await drawn();
    const box = el.querySelector("[role=listbox]") as HTMLElement;
    return { model, session, el, undo, box, squares: () => [...el.querySelectorAll("i")] };
  };
  const at = (index: number, init: MouseEventInit = {}) => {
    const layout = layoutOf(25, WIDTH);
    const { left, top } = boxOf(layout, index);
    return { bubbles: true, clientX: left + 3, clientY: top + 3, ...init };
  };
  const press = (box: HTMLElement, key: string, init: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
    box.dispatchEvent(event);
    return event;
  };

  it("has a square for each, with hue and letter, and says how many there are of each state", async () => {
    const { el, box, squares } = await begin(25);
    expect(squares().map(({ className, textContent }) => `${className} ${textContent}`)).toEqual([
      "bw-ok ",
      "bw-err !",
      ...Array(23).fill("bw-ok "),
    ]);
    expect(box.getAttribute("aria-label")).toBe("25 nodes: 24 idle, 1 unusable");
    expect(el.querySelectorAll("[tabindex]")).toHaveLength(1);
  });

  it("redraws what a patch names, and asks for everything after one that it missed", async () => {
    const { model, session, squares, box } = await begin(25);
    const before = squares();
    session.message({ type: "patch", seq: 2, set: [["n3", ["run", "r", "running"]]] });
    await drawn();
    expect(squares()[3]?.className).toBe("bw-run");
    expect(squares()[3]?.textContent).toBe("r");
    expect(squares()).toEqual(before);
    expect(box.getAttribute("aria-label")).toBe("25 nodes: 23 idle, 1 unusable, 1 running");
    session.message({
      type: "patch",
      seq: 3,
      removed: ["n0"],
      added: [[0, "new", ["busy", "s", "starting"]]],
    });
    await drawn();
    expect(squares()).toHaveLength(25);
    expect(squares()[0]?.className).toBe("bw-busy");
    expect((model.get("_squares") as { keys: string[] }).keys.slice(0, 2)).toEqual(["new", "n1"]);
    model.sent = [];
    session.message({ type: "patch", seq: 9, removed: ["n1"] });
    expect(model.sent).toEqual([{ type: "sync", seq: 3 }]);
    session.message({ type: "patch", seq: 3, removed: ["n1"] });
    await drawn();
    expect(squares()).toHaveLength(25);
  });

  it("selects by click, with Ctrl one more, with Shift a range", async () => {
    const { model, box, squares } = await begin(25);
    box.dispatchEvent(new MouseEvent("click", at(2)));
    expect(model.state["selected"]).toEqual(["n2"]);
    box.dispatchEvent(new MouseEvent("click", at(5, { ctrlKey: true })));
    expect(model.state["selected"]).toEqual(["n2", "n5"]);
    box.dispatchEvent(new MouseEvent("click", at(7, { shiftKey: true })));
    expect(model.state["selected"]).toEqual(["n5", "n6", "n7"]);
    await drawn();
    const chosen = squares().flatMap(({ className }, index) => (className.includes("bw-chosen") ? [index] : []));
    expect(chosen).toEqual([5, 6, 7]);
    expect(box.getAttribute("aria-label")).toContain("; 3 selected");
  });

  it("follows a selection from elsewhere", async () => {
    const { model, squares } = await begin(25);
    model.set("selected", ["n4"]);
    await drawn();
    expect(squares()[4]?.className).toBe("bw-ok bw-chosen");
  });

  it("is worked by keyboard, and the notebook hears none of its keys", async () => {
    const { model, el, box } = await begin(25);
    const heard: string[] = [];
    document.body.addEventListener("keydown", (event) => heard.push(event.key));
    box.focus();
    press(box, "ArrowRight");
    expect(el.querySelector("[role=option]")?.textContent).toBe("n0: idle");
    press(box, "ArrowRight");
    expect(el.querySelector("[role=option]")?.textContent).toBe("n1: unusable");
    expect(box.getAttribute("aria-activedescendant")).toBe(el.querySelector("[role=option]")?.id);
    press(box, " ");
    expect(model.state["selected"]).toEqual(["n1"]);
    press(box, "ArrowDown", { shiftKey: true });
    expect(model.state["selected"]).toEqual(Array.from({ length: 11 }, (_, index) => `n${index + 1}`));
    press(box, "a", { ctrlKey: true });
    expect(model.state["selected"]).toHaveLength(25);
    press(box, "Enter");
    expect(model.of("pick")).toEqual([{ type: "pick", key: "n11" }]);
    press(box, "d");
    press(box, "s", { ctrlKey: true });
    expect(heard).toEqual(["s"]);
  });

  it("shows which square the pointer is on, and Escape takes the note away", async () => {
    const { box, undo } = await begin(25);
    box.dispatchEvent(new MouseEvent("mousemove", at(1)));
    const tip = document.querySelector(".bw-heat-tip") as HTMLElement;
    expect([tip.hidden, tip.textContent]).toEqual([false, "n1: unusable"]);
    press(box, "Escape");
    expect(tip.hidden).toBe(true);
    undo();
    expect(document.querySelector(".bw-heat-tip")).toBeNull();
  });

  it.each([1000, 10_000])("has as few elements for %i as for one", async (count) => {
    const { el } = await begin(count);
    expect(el.querySelectorAll("canvas")).toHaveLength(1);
    expect(el.querySelectorAll("*").length).toBeLessThan(20);
  });

  it("leaves nothing behind", async () => {
    const { model, session, undo } = await begin(3);
    undo();
    session.close();
    expect(model.listening).toBe(0);
  });
});

describe("a secret that is shown once", () => {
  const begin = () => {
    const model = new FakeModel({ label: "Password of alice", status: "empty" });
    const session = startOnce(model);
    const el = place();
    session.render(el);
    return { model, session, el };
  };

  it("shows nothing before there is one", () => {
    expect(begin().el.textContent).toBe("");
  });

  it("comes as a message, is in no state, and goes with Hide", () => {
    const { model, session, el } = begin();
    session.message({ type: "reveal", text: "<b>s3cret" });
    model.set("status", "shown");
    expect(el.querySelector("code")?.textContent).toBe("<b>s3cret");
    expect(JSON.stringify(model.state)).not.toContain("s3cret");
    [...el.querySelectorAll("button")].find(({ textContent }) => textContent === "Hide")?.click();
    expect(model.sent).toEqual([{ type: "hide" }]);
    expect(el.textContent).toBe("Password of alice was shown once. It is kept nowhere.");
    session.message({ type: "reveal", text: "another" });
    expect(el.querySelector("code")?.textContent).toBe("another");
  });

  it("goes when it is hidden elsewhere", () => {
    const { model, session, el } = begin();
    model.set("status", "shown");
    session.message({ type: "reveal", text: "s3cret" });
    model.set("status", "hidden");
    expect(el.textContent).not.toContain("s3cret");
    expect(JSON.stringify(session)).not.toContain("s3cret");
  });

  it("is not there after a reload, which is said", () => {
    const model = new FakeModel({ label: "Password of alice", status: "shown" });
    const el = place();
    startOnce(model).render(el);
    expect(el.textContent).toBe("Password of alice was shown once. It is kept nowhere.");
  });
});

describe("the download button", () => {
  const begin = () => {
    const model = new FakeModel({ label: "Download", title: "", disabled: false, busy: false });
    const session = startDownload(model);
    const el = place();
    session.render(el);
    const saved: { name: string; blob: Blob }[] = [];
    let made: Blob;
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      made = blob as Blob;
      return "blob:x";
    });
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      saved.push({ name: this.download, blob: made });
    });
    const piece = (start: number, text: string, id = "1") =>
      session.message({ type: "piece", id, page: pageState().page, start }, [
        new DataView(new TextEncoder().encode(text).buffer),
      ]);
    return { model, session, el, saved, piece };
  };
  const page = () => pageState().page;

  it("tells a press", () => {
    const { model, el } = begin();
    el.querySelector("button")?.click();
    expect(model.sent).toEqual([{ type: "click", page: page() }]);
    model.set("busy", true);
    el.querySelector("button")?.click();
    expect(model.sent).toHaveLength(1);
  });

  it("takes a file piece by piece and saves it", async () => {
    const { model, session, el, saved, piece } = begin();
    session.message({ type: "offer", id: "1", name: "out.txt", size: 6, page: null });
    piece(0, "abc");
    expect(el.textContent).toContain("50 %");
    piece(0, "abc");
    piece(3, "def");
    expect(model.sent).toEqual([
      { type: "pull", id: "1", page: page(), start: 0 },
      { type: "pull", id: "1", page: page(), start: 3 },
      { type: "saved", id: "1", page: page() },
    ]);
    expect(saved.map(({ name }) => name)).toEqual(["out.txt"]);
    expect(await saved[0]?.blob.text()).toBe("abcdef");
    expect(el.querySelector("[role=status]")?.textContent).toBe("Saved out.txt");
  });

  it("saves an empty file", () => {
    const { session, saved, piece } = begin();
    session.message({ type: "offer", id: "1", name: "empty", size: 0, page: page() });
    piece(0, "");
    expect(saved).toHaveLength(1);
  });

  it("leaves what another page takes", () => {
    const { model, session, saved, piece } = begin();
    session.message({ type: "offer", id: "2", name: "a", size: 3, page: "another" });
    expect(model.sent).toEqual([]);
    session.message({ type: "offer", id: "1", name: "a", size: 3, page: null });
    session.message({ type: "gone", id: "1", page: "another" });
    piece(0, "abc");
    expect(saved).toEqual([]);
  });
});

describe("the bundle", () => {
  it("knows its kinds and brings its style sheet", () => {
    for (const kind of ["once", "download"]) start(new FakeModel({ _kind: kind })).close();
    start(heatModel(1)).close();
    expect(document.querySelectorAll("#batch-widgets-nodes-style")).toHaveLength(1);
    expect(() => start(new FakeModel({ _kind: "grid" }))).toThrow("no front end");
  });
});
