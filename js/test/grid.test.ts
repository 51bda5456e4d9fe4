import { describe, expect, it } from "vitest";
import { cellText, compare, sortValue } from "../src/grid/cell.ts";
import { Engine } from "../src/grid/engine.ts";
import { layOut } from "../src/grid/layout.ts";
import { holdOrder } from "../src/grid/order.ts";
import { howMany, press, pressAll } from "../src/grid/selection.ts";
import { GridSession } from "../src/grid/session.tsx";
import { Row, Store } from "../src/grid/store.ts";
import { gridModel, spec } from "./helpers.ts";

const keys = (rows: readonly { key: string }[]) => rows.map((row) => row.key).join("");

describe("cells", () => {
  it("have a text", () => {
    expect(cellText({ text: "ended", note: "29 Feb" })).toBe("ended 29 Feb");
    expect(cellText([{ text: "Docker" }, "RDMA"])).toBe("Docker RDMA");
    expect(cellText(null)).toBe("");
    expect(cellText(false)).toBe("no");
  });

  it("sort by their sort value, else by their text", () => {
    expect(sortValue({ text: "73 days", sort: 73 })).toBe(73);
    expect(sortValue({ text: "idle" })).toBe("idle");
    expect(sortValue(null)).toBeUndefined();
    expect(sortValue("")).toBeUndefined();
  });

  it("compare numbers in words by size, without regard to case", () => {
    expect(["node10", "Node9", "node1"].sort(compare)).toEqual(["node1", "Node9", "node10"]);
    expect(compare(10, 9)).toBeGreaterThan(0);
    expect(compare(10, "a")).toBeLessThan(0);
  });
});

describe("sorting", () => {
  const columns = [spec("name"), spec("size")];
  const rows = [new Row("a", ["n10", 2]), new Row("b", ["N9", null]), new Row("c", [null, 1]), new Row("d", ["n9", 3])];

  it("goes back to rows that stand as they came, and on from there", () => {
    const engine = new Engine();
    const fewer = rows.slice(1);
    expect(keys(engine.update(rows, columns, "n", {}, [["size", "desc"]]))).toBe("dab");
    expect(keys(engine.update(fewer, columns, " ", { name: "" }, []))).toBe("bcd");
    expect(keys(engine.update(fewer, columns, "", {}, [["size", "asc"]]))).toBe("cdb");
  });

  it("makes nothing of rows that stand as they came", () => {
    const read: string[] = [];
    const watched = rows.map(({ key, cells }) => {
      const row = new Row(key, cells);
      return new Proxy(row, { get: (_, name) => read.push(String(name)) && Reflect.get(row, name) });
    });
    const shown = new Engine().update(watched, columns, "", {}, []);
    expect(read).toEqual([]);
    expect(shown.every((row, index) => row === watched[index])).toBe(true);
  });

  it("leaves the order of the kernel without a sort", () => {
    expect(keys(new Engine().update(rows, columns, "", {}, []))).toBe("abcd");
  });

  it("puts what is missing last in either direction", () => {
    expect(keys(new Engine().update(rows, columns, "", {}, [["size", "asc"]]))).toBe("cadb");
    expect(keys(new Engine().update(rows, columns, "", {}, [["size", "desc"]]))).toBe("dacb");
  });

  it("takes the second column where the first is equal", () => {
    const sort: [string, "asc" | "desc"][] = [
      ["name", "asc"],
      ["size", "asc"],
    ];
    expect(keys(new Engine().update(rows, columns, "", {}, sort))).toBe("dbac");
  });

  it("does not mind columns that are gone", () => {
    expect(keys(new Engine().update(rows, columns, "", { old: "x" }, [["old", "asc"]]))).toBe("abcd");
  });
});

describe("held order", () => {
  const row = (key: string) => ({ key });

  it("keeps the rows in their places", () => {
    expect(keys(holdOrder([..."abc"].map(row), [..."cba"].map(row)))).toBe("abc");
  });

  it("lets rows leave, and puts new ones behind their neighbours", () => {
    expect(keys(holdOrder([..."abc"].map(row), [..."xcyaz"].map(row)))).toBe("xazcy");
  });
});

describe("selection", () => {
  const order = [..."abcde"];

  it("is one row after a press, and toggles with Ctrl", () => {
    expect(press(order, ["a", "b"], "c", "a", {})).toEqual(["c"]);
    expect(press(order, ["a"], "c", "a", { toggle: true })).toEqual(["a", "c"]);
    expect(press(order, ["a", "c"], "c", "a", { toggle: true })).toEqual(["a"]);
  });

  it("extends from the anchor in either direction", () => {
    expect(press(order, ["d"], "b", "d", { extend: true })).toEqual(["b", "c", "d"]);
    expect(press(order, ["x", "b"], "c", "b", { extend: true, toggle: true })).toEqual(["x", "b", "c"]);
    expect(press(order, [], "c", "gone", { extend: true })).toEqual(["c"]);
  });

  it("takes all that the filters leave, and leaves alone what they hide", () => {
    expect(howMany(order, ["a", "hidden"])).toBe("some");
    expect(pressAll(["a", "b"], ["hidden"])).toEqual(["hidden", "a", "b"]);
    expect(pressAll(["a", "b"], ["hidden", "a", "b"])).toEqual(["hidden"]);
    expect(howMany([], [])).toBe("none");
  });
});

describe("widths", () => {
  const columns = [
    spec("a", { width: 100 }),
    spec("b", { width: 200, drop: 1 }),
    spec("c", { width: 90, drop: 2, grow: true }),
  ];
  const at = (available: number, chosen?: Map<string, number>) => layOut(columns, available, chosen);

  it("give what is left to those that grow", () => {
    expect(at(500).columns.map((column) => column.width)).toEqual([100, 200, 200]);
  });

  it("shrink a little before a column leaves, the highest number first", () => {
    expect(at(380).columns.map((column) => column.spec.key)).toEqual(["a", "b", "c"]);
    expect(at(330).columns.map((column) => column.spec.key)).toEqual(["a", "b"]);
    expect(at(120).columns.map((column) => column.spec.key)).toEqual(["a"]);
  });

  it("keep what the user chose", () => {
    expect(at(700, new Map([["c", 60]])).columns.map((column) => column.width)).toEqual([100, 200, 60]);
  });

  it("let the grid scroll when nothing may leave", () => {
    const fixed = layOut([spec("a", { width: 200 }), spec("b", { width: 200 })], 100);
    expect(fixed.columns.map((column) => column.width)).toEqual([102, 102]);
    expect(fixed.total).toBe(204);
  });

  it("spare addresses and states as long as a text can give way", () => {
    const mixed = layOut([spec("a", { width: 200 }), spec("b", { width: 200, kind: "mono" })], 380);
    expect(mixed.columns.map((column) => column.width)).toEqual([180, 200]);
  });

  it("do not drop anything while the size is unknown", () => {
    expect(at(0).columns).toHaveLength(3);
  });
});

describe("the rows of a page", () => {
  const model = () =>
    gridModel(
      ["a", "b", "c"],
      [
        ["x", 1],
        ["y", 2],
        ["z", 3],
      ],
    );

  it("ask whether a patch was missed, and for all when one was", () => {
    const made = model();
    const store = new Store(made);
    expect(made.of("sync")).toEqual([{ type: "sync", seq: 1 }]);
    store.message({ type: "patch", seq: 5, set: [["a", "name", "new"]] });
    expect(made.of("sync")).toHaveLength(2);
    expect(store.get("a")?.cells[0]).toBe("x");
    made.set("_snapshot", { seq: 5, keys: ["a"], cells: [["new", 1]] });
    expect(store.rows).toHaveLength(1);
    store.message({ type: "patch", seq: 5, set: [["a", "name", "old"]] });
    expect(store.get("a")?.cells[0]).toBe("new");
  });

  it("follow patches, and only changed rows are new objects", () => {
    const store = new Store(model());
    const { rows } = store;
    store.message({
      type: "patch",
      seq: 2,
      set: [
        ["b", "size", 9],
        ["b", "name", "Y"],
        ["gone", "size", 1],
      ],
    });
    expect(store.get("b")?.cells).toEqual(["Y", 9]);
    expect(store.rows[0]).toBe(rows[0]);
    expect(store.rows[1]).not.toBe(rows[1]);
  });

  it("are removed, put in another order and added", () => {
    const made = model();
    const store = new Store(made);
    store.message({
      type: "patch",
      seq: 2,
      removed: ["b"],
      order: ["c", "a"],
      added: [
        [1, "n", ["new", 7]],
        [3, "m", ["last", 8]],
      ],
      set: [["c", "size", 33]],
    });
    expect(keys(store.rows)).toBe("cnam");
    expect(store.get("c")?.cells).toEqual(["z", 33]);
    expect(made.state["_snapshot"]).toMatchObject({ seq: 2, keys: ["c", "n", "a", "m"] });
  });

  it("leave no listener behind", () => {
    const made = model();
    const session = new GridSession(made);
    expect(made.listening).toBeGreaterThan(5);
    session.close();
    expect(made.listening).toBe(0);
  });
});

describe("live values and order", () => {
  const start = () => {
    const model = gridModel(
      ["a", "b", "c"],
      [
        ["x", 1],
        ["y", 2],
        ["z", 3],
      ],
      { sort: [["size", "asc"]] },
    );
    return { model, session: new GridSession(model) };
  };

  it("sorts at once while nobody is in the grid", () => {
    const { session } = start();
    session.message({ type: "patch", seq: 2, set: [["a", "size", 9]] });
    expect(keys(session.visible)).toBe("bca");
  });

  it("holds the order while somebody is, and sorts when they leave", () => {
    const { session } = start();
    session.setPresent("view", true);
    session.message({ type: "patch", seq: 2, set: [["a", "size", 9]] });
    expect(keys(session.visible)).toBe("abc");
    expect(session.held).toBe(true);
    session.setPresent("view", false);
    expect(keys(session.visible)).toBe("bca");
    expect(session.held).toBe(false);
  });

  it("follows the filters at once", () => {
    const { model, session } = start();
    session.setPresent("view", true);
    model.set("search", "x");
    session.message({ type: "patch", seq: 2, set: [["a", "name", "gone"]] });
    expect(session.visible).toHaveLength(0);
  });
});
