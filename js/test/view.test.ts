// What keys do, and what assistive technology is told. Sizes and scrolling are for the browser tests.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { GridSession } from "../src/grid/session.tsx";
import { type FakeModel, gridModel, spec } from "./helpers.ts";

const drawn = () => new Promise((resolve) => setTimeout(resolve, 30));

function rows(count: number): { keys: string[]; cells: [string, number][] } {
  const numbers = Array.from({ length: count }, (_, index) => index);
  return { keys: numbers.map((n) => `k${n}`), cells: numbers.map((n) => [`node ${n}`, n]) };
}

async function show(count = 50, more: Record<string, unknown> = {}) {
  const { keys, cells } = rows(count);
  const model = gridModel(keys, cells, more);
  const session = new GridSession(model);
  const el = document.body.appendChild(document.createElement("div"));
  const undo = session.render(el);
  await drawn();
  const grid = el.querySelector("[role=grid]") as HTMLElement;
  const press = async (key: string, init: KeyboardEventInit = {}) => {
    const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...init });
    grid.dispatchEvent(event);
    await drawn();
    return event;
  };
  const click = async (selector: string, init: MouseEventInit = {}) => {
    const target = el.querySelector(selector) as HTMLElement;
    target.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true, ...init }));
    await drawn();
  };
  const marked = () => document.getElementById(grid.getAttribute("aria-activedescendant") ?? "");
  const markedRow = () => marked()?.closest<HTMLElement>("[role=row]")?.dataset["key"];
  return { model, session, el, undo, grid, press, click, marked, markedRow };
}

const selected = (model: FakeModel) => model.state["selected"];

beforeEach(() => {
  vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(266);
  vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  vi.spyOn(HTMLElement.prototype, "offsetHeight", "get").mockReturnValue(266);
});

afterEach(() => {
  document.body.replaceChildren();
  vi.restoreAllMocks();
});

describe("assistive technology is told", () => {
  it("how many rows and columns there are, and which are drawn", async () => {
    const { grid, el } = await show();
    expect(grid.getAttribute("aria-rowcount")).toBe("51");
    expect(grid.getAttribute("aria-colcount")).toBe("3");
    expect(grid.getAttribute("aria-multiselectable")).toBe("true");
    const drawnRows = [...el.querySelectorAll("[data-key]")];
    expect(drawnRows.length).toBeGreaterThan(5);
    expect(drawnRows.length).toBeLessThan(40);
    expect(drawnRows[0]?.getAttribute("aria-rowindex")).toBe("2");
    expect([...(drawnRows[0]?.children ?? [])].map((cell) => cell.getAttribute("aria-colindex"))).toEqual([
      "1",
      "2",
      "3",
    ]);
  });

  it("of the filter row as a row", async () => {
    const { grid, el } = await show(50, { filter_row: true });
    expect(grid.getAttribute("aria-rowcount")).toBe("52");
    expect(el.querySelector("[data-key]")?.getAttribute("aria-rowindex")).toBe("3");
    expect(el.querySelectorAll(".bw-filter")).toHaveLength(2);
  });

  it("what sorts", async () => {
    const { el, click } = await show();
    await click("[role=columnheader]:nth-child(3)");
    expect(el.querySelector("[role=columnheader]:nth-child(3)")?.getAttribute("aria-sort")).toBe("ascending");
  });
});

describe("keys", () => {
  it("move through rows and cells, and stop at the ends", async () => {
    const { press, markedRow, marked, grid } = await show();
    await press("ArrowDown");
    expect(markedRow()).toBe("k1");
    await press("End");
    expect(markedRow()).toBe("k49");
    await press("ArrowDown");
    expect(markedRow()).toBe("k49");
    await press("PageUp");
    expect(markedRow()).toBe("k40");
    await press("Home");
    await press("ArrowUp");
    expect(marked()?.getAttribute("role")).toBe("columnheader");
    for (let step = 0; step < 5; step++) await press("ArrowRight");
    expect(marked()?.textContent).toBe("size");
    expect(grid.tabIndex).toBe(0);
  });

  it("sort and size columns in the header", async () => {
    const { press, model, el } = await show();
    const width = () => (el.querySelectorAll("[role=columnheader]")[1] as HTMLElement).style.width;
    await press("ArrowUp");
    await press("Enter");
    expect(model.state["sort"]).toEqual([["name", "asc"]]);
    await press("Enter");
    await press("Enter");
    expect(model.state["sort"]).toEqual([]);
    expect(width()).toBe("100px");
    await press("ArrowRight", { altKey: true });
    expect(width()).toBe("116px");
  });

  it("select", async () => {
    const { press, model } = await show(5);
    await press(" ");
    expect(selected(model)).toEqual(["k0"]);
    await press("ArrowDown", { shiftKey: true });
    await press("ArrowDown", { shiftKey: true });
    expect(selected(model)).toEqual(["k0", "k1", "k2"]);
    await press("ArrowUp", { shiftKey: true });
    expect(selected(model)).toEqual(["k0", "k1"]);
    await press("a", { ctrlKey: true });
    expect(selected(model)).toEqual(["k0", "k1", "k2", "k3", "k4"]);
    await press(" ");
    expect(selected(model)).not.toContain("k1");
  });

  it("pick", async () => {
    const { press, model } = await show(5, { selection: "single" });
    await press("ArrowDown");
    await press("Enter");
    expect(selected(model)).toEqual(["k1"]);
    expect(model.of("pick")).toEqual([{ type: "pick", key: "k1" }]);
  });

  it("copy rows as text with tabs", async () => {
    const writeText = vi.fn(async () => {});
    vi.spyOn(navigator, "clipboard", "get").mockReturnValue({ writeText } as unknown as Clipboard);
    const { press } = await show(5, { selected: ["k1", "k3"] });
    await press("c", { ctrlKey: true });
    expect(writeText).toHaveBeenCalledWith("node 1\t1\nnode 3\t3");
  });

  it("stay in the grid when they are its own or a letter, and leave otherwise", async () => {
    const { press } = await show();
    const heard: string[] = [];
    document.body.addEventListener("keydown", (event) => heard.push(event.key));
    for (const key of ["a", "d", "D", "ArrowDown", "Home", "Enter", " ", "Delete"]) await press(key);
    expect(heard).toEqual([]);
    await press("s", { ctrlKey: true });
    await press("Tab");
    await press("Enter", { shiftKey: true });
    expect(heard).toEqual(["s", "Tab", "Enter"]);
  });

  it("reach the buttons in a cell", async () => {
    const action = { text: "exit code 127", actions: [{ name: "log", label: "Show log" }] };
    const model = gridModel(["a"], [["x", 1]], {
      _columns: [spec("name"), spec("why")],
      _snapshot: { seq: 1, keys: ["a"], cells: [["x", action]] },
    });
    const el = document.body.appendChild(document.createElement("div"));
    new GridSession(model).render(el);
    await drawn();
    const grid = el.querySelector("[role=grid]") as HTMLElement;
    for (const key of ["ArrowRight", "ArrowRight", "Enter"]) {
      grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
      await drawn();
    }
    expect(model.of("action")).toEqual([{ type: "action", key: "a", column: "why", action: "log" }]);
    expect(model.of("pick")).toEqual([]);
  });
});

describe("the mouse", () => {
  it("selects one row, adds with Ctrl, extends with Shift", async () => {
    const { click, model } = await show();
    await click("[data-key=k2] [data-column='0']");
    expect(selected(model)).toEqual(["k2"]);
    await click("[data-key=k4] [data-column='0']", { ctrlKey: true });
    expect(selected(model)).toEqual(["k2", "k4"]);
    await click("[data-key=k6] [data-column='1']", { shiftKey: true });
    expect(selected(model)).toEqual(["k4", "k5", "k6"]);
  });

  it("toggles with the checkbox", async () => {
    const { el, model } = await show();
    (el.querySelector("[data-key=k2] input") as HTMLElement).click();
    (el.querySelector("[data-key=k3] input") as HTMLElement).click();
    await drawn();
    expect(selected(model)).toEqual(["k2", "k3"]);
    const all = el.querySelector("[role=columnheader] input") as HTMLInputElement;
    expect(all.indeterminate).toBe(true);
    all.click();
    await drawn();
    expect((selected(model) as string[]).length).toBe(50);
  });

  it("selects nothing where nothing can be selected", async () => {
    const { click, model, grid } = await show(5, { selection: "none" });
    await click("[data-key=k2] [data-column='0']");
    expect(selected(model)).toEqual([]);
    expect(grid.hasAttribute("aria-multiselectable")).toBe(false);
  });
});

describe("a patch", () => {
  it("leaves the mark on its row", async () => {
    const { session, press, markedRow } = await show(5);
    await press("ArrowDown");
    session.message({ type: "patch", seq: 2, removed: ["k0"], added: [[3, "new", ["n", 1]]] });
    await drawn();
    expect(markedRow()).toBe("k1");
    session.message({ type: "patch", seq: 3, removed: ["k1"] });
    await drawn();
    expect(markedRow()).toBe("k2");
  });

  it("shows text as text", async () => {
    const { session, el } = await show(2);
    session.message({ type: "patch", seq: 2, set: [["k0", "name", "<img src=x onerror=alert(1)>"]] });
    await drawn();
    expect(el.querySelector("img")).toBeNull();
    expect(el.textContent).toContain("<img");
  });
});

it("an empty grid says so", async () => {
  const { el } = await show(0, { empty_text: "No node yet." });
  expect(el.textContent).toContain("No node yet.");
  const other = await show(0);
  expect(other.el.textContent).toContain("No nodes");
});

it("two views of one grid follow one another, and one can go", async () => {
  const { session, undo, press, el } = await show(5);
  const second = document.body.appendChild(document.createElement("div"));
  const undoSecond = session.render(second);
  await drawn();
  await press(" ");
  expect(second.querySelector("[aria-selected=true]")?.getAttribute("data-key")).toBe("k0");
  undo();
  expect(el.textContent).toBe("");
  expect(second.querySelectorAll("[data-key]").length).toBe(5);
  undoSecond();
});
