// The cases that the Python side is held to as well.
import { describe, expect, it } from "vitest";
import cases from "../../tests/data/grid_filter_cases.json" with { type: "json" };
import type { Cell } from "../src/grid/cell.ts";
import { Engine } from "../src/grid/engine.ts";
import type { Filters } from "../src/grid/filter.ts";
import { Row } from "../src/grid/store.ts";
import { spec } from "./helpers.ts";

const columns = cases.columns.map((key) => spec(key));
const rows = Object.entries(cases.rows).map(([key, cells]) => new Row(key, cells as Cell[]));

describe("search and filters", () => {
  for (const { name, search, filters, keys } of cases.cases) {
    it(name, () => {
      const left = new Engine().update(rows, columns, search, filters as Filters, []);
      expect(left.map((row) => row.key)).toEqual(keys);
    });
  }
});
