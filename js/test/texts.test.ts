import { describe, expect, it } from "vitest";
import { shown } from "../src/texts.ts";

describe("text from outside", () => {
  it("is drawn as it is where it is harmless", () => {
    for (const text of ["plain", "hé 漢 🙂", "\u05d0\u05d1", "two\n\tlines"]) expect(shown(text)).toBe(text);
  });

  it("turns no letters round, hides none, and steers nothing", () => {
    expect(shown("\u202egpj.exe\u2066\u200b\ufeff\u001b[2J\u009b31m\u{e0041}")).toBe("�gpj.exe����[2J�31m�");
  });

  it("has an end", () => {
    expect(shown("x".repeat(1_000_000))).toBe(`${"x".repeat(200)}…`);
    expect(shown("abcd", 3)).toBe("abc…");
  });
});
