import { describe, expect, it } from "vitest";
import { Measure } from "../src/grid/measure.ts";

// Without a canvas each character counts as 7 px.
describe("a text that is cut in the middle", () => {
  const measure = new Measure(document.createElement("div"));
  const text = "batch.node.windows amd64";

  it("is whole where it fits", () => {
    expect(measure.head(text, text.length * 7, false)).toBeNull();
  });

  it("keeps its end and as much of its beginning as fits", () => {
    expect(measure.head(text, 9 * 7 + 4 * 7, false)).toBe(4 * 7);
  });

  it("is cut at the end where no beginning would be left", () => {
    expect(measure.head(text, 9 * 7 + 7, false)).toBeNull();
  });
});
