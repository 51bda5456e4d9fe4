// Rows in groups: order, counts, and what mouse and keyboard do to headings.
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Cell } from "../src/grid/cell.ts";
import { groupRows, headingOf } from "../src/grid/group.ts";
import { GridSession } from "../src/grid/session.tsx";
import { Row } from "../src/grid/store.ts";
import { gridModel, spec } from "./helpers.ts";

const drawn = () => new Promise((resolve) => setTimeout(resolve, 30));
const ENDED: Cell = { text: "ended", hue: "err", tally: "ended" };
const SOON: Cell = { text: "9 days", hue: "warn", tally: "end soon" };
const ROWS: [string, Cell[]][] = [
  ["k1", ["agent 10", "a", ENDED]],
  ["k2", ["agent 9", "b", null]],
  ["k3", ["agent 10", "c", SOON]],
  ["k4", ["agent 10", "d", ENDED]],
];
const rows = ROWS.map(([key, cells]) => new Row(key, cells));
const told = (list: Row[]) => list.map((row) => headingOf(row)?.name ?? row.key);

describe("groups", () => {
  it("stand in the order of their names, numbers by size", () => {
    expect(told(groupRows(rows, 0, new Set(["agent 10"]), false))).toEqual(["agent 9", "agent 10", "k1", "k3", "k4"]);
    expect(told(groupRows(rows, 0, new Set(), true))).toEqual(["agent 10", "agent 9"]);
  });

  it("count what stands out", () => {
    const [, second] = groupRows(rows, 0, new Set(), false);
    expect(headingOf(second)).toEqual({
      name: "agent 10",
      open: false,
      count: 3,
      tallies: [
        { text: "ended", hue: "err", count: 2 },
        { text: "end soon", hue: "warn", count: 1 },
      ],
    });
  });

  it("take rows without a value together", () => {
    const odd = [new Row("x", [null]), new Row("y", [""])];
    expect(told(groupRows(odd, 0, new Set([""]), false))).toEqual(["", "x", "y"]);
  });
});

describe("a grid in groups", () => {
  beforeEach(() => {
    vi.spyOn(HTMLElement.prototype, "clientHeight", "get").mockReturnValue(400);
    vi.spyOn(HTMLElement.prototype, "clientWidth", "get").mockReturnValue(600);
  });
  afterEach(() => {
    vi.restoreAllMocks();
    document.body.replaceChildren();
  });

  async function show(more: Record<string, unknown> = {}) {
    const model = gridModel(
      ROWS.map(([key]) => key),
      ROWS.map(([, cells]) => cells),
      {
        _columns: [spec("a"), spec("b"), spec("c", { kind: "pill" })],
        selection: "single",
        group_by: "a",
        group_totals: { "agent 10": 5 },
        row_label: "image",
        ...more,
      },
    );
    const session = new GridSession(model);
    const el = document.body.appendChild(document.createElement("div"));
    session.render(el);
    await drawn();
    const grid = el.querySelector("[role=treegrid]") as HTMLElement;
    const press = async (key: string) => {
      grid.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
      await drawn();
    };
    const shown = () => [...el.querySelectorAll("[role=row][aria-level]")].map((row) => row.textContent);
    return { model, session, el, grid, press, shown };
  }

  it("shows headings with counts, closed", async () => {
    const { el, shown } = await show();
    expect(shown()).toEqual(["agent 91 image", "agent 103 of 5 images2 ended1 end soon"]);
    expect(el.querySelector("[aria-expanded]")?.getAttribute("aria-expanded")).toBe("false");
  });

  it("keeps the group of what is selected open", async () => {
    const { shown } = await show({ selected: ["k2"] });
    expect(shown().length).toBe(3);
  });

  it("opens and closes by keys and by a click, and picks rows only", async () => {
    const { model, el, grid, press, shown } = await show();
    await press("ArrowDown");
    await press("ArrowRight");
    expect(shown().length).toBe(5);
    expect(document.getElementById(grid.getAttribute("aria-activedescendant") ?? "")?.textContent).toContain(
      "agent 10",
    );
    await press("ArrowDown");
    await press("Enter");
    expect(model.state["selected"]).toEqual(["k1"]);
    expect(model.sent.at(-1)).toEqual({ type: "pick", key: "k1" });
    await press("ArrowUp");
    await press("ArrowLeft");
    expect(shown().length).toBe(2);
    await press("Enter");
    expect(shown().length).toBe(5);
    await press(" ");
    expect(shown().length).toBe(2);
    expect(model.state["selected"]).toEqual(["k1"]);
    (el.querySelector("[aria-expanded] [role=gridcell]") as HTMLElement).click();
    await drawn();
    expect(shown().length).toBe(3);
    expect(model.state["selected"]).toEqual(["k1"]);
  });

  it("follows search and the way back to a list", async () => {
    const { model, shown, el } = await show();
    model.set("search", "days");
    await drawn();
    expect(shown()).toEqual(["agent 101 of 5 images1 end soon"]);
    model.set("search", "");
    model.set("group_by", "");
    await drawn();
    expect(el.querySelectorAll("[data-key]").length).toBe(4);
    expect(el.querySelector("[role=treegrid]")).toBeNull();
  });
});
