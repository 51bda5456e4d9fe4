// The stub and the kernel's answers, with a small bundle in place of the real one.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { pageState } from "../src/host.ts";
import stub from "../src/stub.ts";
import { FakeModel } from "./helpers.ts";

const CODE = `
globalThis.__loads = (globalThis.__loads ?? 0) + 1;
export function start(model) {
  const heard = [];
  const session = {
    message: (content, buffers) => heard.push(content.n, ...buffers.map(({ byteLength }) => byteLength)),
    render: (el) => {
      el.textContent = "live " + heard.join();
      return () => { globalThis.__undone = session.message && el.textContent; };
    },
    close: () => { globalThis.__closed = (globalThis.__closed ?? 0) + 1; },
  };
  globalThis.__session = new WeakRef(session);
  return session;
}`;

interface Shared {
  __batch_widgets__?: unknown;
  __loads?: number;
  __closed?: number;
  __undone?: string;
  __session?: WeakRef<object>;
}
const shared = globalThis as unknown as Shared;

/** Collect garbage; Node has this when it is told so. */
async function collect(): Promise<void> {
  setFlagsFromString("--expose-gc");
  const gc = runInNewContext("gc") as () => void;
  for (let round = 0; round < 5; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    gc();
  }
}

function widget(state: Record<string, unknown> = {}) {
  const model = new FakeModel({ _bundle_hash: "abc", _kind: "grid", ...state });
  const { initialize, render } = stub();
  const close = initialize({ model }) as () => void;
  const el = document.createElement("div");
  return { model, close, el, render: () => render({ model, el }) };
}

function answer(model: FakeModel): void {
  const packed = gzipSync(CODE);
  model.emit("msg:custom", { type: "bundle", hash: "abc" }, [
    new DataView(packed.buffer, packed.byteOffset, packed.length),
  ]);
}

const turn = () => vi.advanceTimersByTimeAsync(0);

async function settled(check: () => void): Promise<void> {
  for (let round = 0; round < 200; round++) {
    await new Promise((resolve) => setImmediate(resolve));
    await turn();
    try {
      check();
      return;
    } catch {
      // not yet
    }
  }
  check();
}

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout", "setInterval", "clearInterval", "Date"] });
  // Node imports no Blob addresses, so they are made data addresses.
  vi.stubGlobal("Blob", globalThis.Blob);
  vi.spyOn(URL, "createObjectURL").mockImplementation(
    () => `data:text/javascript;base64,${Buffer.from(CODE).toString("base64")}`,
  );
  vi.spyOn(URL, "revokeObjectURL").mockImplementation(() => {});
  delete shared.__batch_widgets__;
  delete shared.__loads;
  delete shared.__closed;
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
  vi.unstubAllGlobals();
});

describe("the stub", () => {
  it("asks once for all widgets of a page, and all of them come to life", async () => {
    const all = [widget(), widget(), widget(), widget()];
    for (const one of all) one.render();
    await turn();
    expect(all.map(({ model }) => model.of("bundle").length)).toEqual([1, 0, 0, 0]);
    expect(all[0]?.model.of("bundle")[0]).toMatchObject({ page: pageState().page, hash: "abc" });
    answer(all[0]?.model as FakeModel);
    await settled(() => expect(all.map(({ el }) => el.textContent)).toEqual(Array(4).fill("live ")));
    const later = widget();
    later.render();
    await settled(() => expect(later.el.textContent).toBe("live "));
    expect(later.model.sent).toEqual([]);
  });

  it("hands over what came while it loaded, in order", async () => {
    const { model, el, render } = widget();
    await turn();
    model.emit("msg:custom", { type: "patch", n: 1 }, []);
    model.emit("msg:custom", { type: "patch", n: 2 }, [new DataView(new ArrayBuffer(7))]);
    answer(model);
    render();
    await settled(() => expect(el.textContent).toBe("live 1,2,7"));
  });

  it("lets another widget ask when the first is closed before the answer", async () => {
    const first = widget();
    const second = widget();
    await turn();
    first.close();
    await vi.advanceTimersByTimeAsync(600);
    expect(second.model.of("bundle")).toHaveLength(1);
  });

  it("asks again, more and more seldom", async () => {
    const { model } = widget();
    await vi.advanceTimersByTimeAsync(3000);
    expect(model.of("bundle")).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(57_000);
    expect(model.of("bundle").length).toBeGreaterThan(2);
    expect(model.of("bundle").length).toBeLessThan(7);
  });

  it("loads another bundle for another hash", async () => {
    const old = widget();
    const fresh = widget({ _bundle_hash: "def" });
    await turn();
    expect(old.model.of("bundle")).toHaveLength(1);
    expect(fresh.model.of("bundle")).toHaveLength(1);
  });

  it("shows the last rows when nobody answers, and comes to life later", async () => {
    const { model, el, render } = widget({
      _columns: [{ label: "Node" }, { label: "State" }],
      _snapshot: {
        cells: [
          ["a<b>", { text: "idle", note: "1 day" }],
          [null, [{ text: "x" }, "y"]],
        ],
      },
    });
    render();
    await vi.advanceTimersByTimeAsync(5100);
    expect(el.textContent).toContain("kernel does not answer");
    expect([...el.querySelectorAll("td")].map((cell) => cell.textContent?.trim())).toEqual([
      "a<b>",
      "idle 1 day",
      "",
      "x  y",
    ]);
    answer(model);
    await settled(() => expect(el.textContent).toBe("live "));
  });

  it("says nothing in place of what has no state to show", async () => {
    const copy = { _kind: "copy", text: "", label: "", title: "Download CSV" };
    for (const state of [{ _kind: "frame" }, copy, { _kind: "secret", label: "Password" }]) {
      const { el, render } = widget(state);
      render();
      await vi.advanceTimersByTimeAsync(5100);
      expect(el.textContent).toBe("");
    }
  });

  it("shows the text that a button would copy", async () => {
    const { el, render } = widget({ _kind: "copy", text: "ssh alice" });
    render();
    await vi.advanceTimersByTimeAsync(5100);
    expect(el.querySelector("pre")?.textContent).toBe("ssh alice");
  });

  it("cleans up views and the widget", async () => {
    const { model, el, render, close } = widget();
    await turn();
    answer(model);
    const undo = render() as () => void;
    await settled(() => expect(el.textContent).toBe("live "));
    undo();
    expect(shared.__undone).toBe("live ");
    expect(el.childNodes.length).toBe(0);
    close();
    expect(shared.__closed).toBe(1);
    expect(model.listening).toBe(0);
  });

  it("leaves nothing of a session to a host that keeps what is closed", async () => {
    const kept = widget();
    await turn();
    answer(kept.model);
    const undo = kept.render() as () => void;
    await settled(() => expect(kept.el.textContent).toBe("live "));
    await collect();
    expect(shared.__session?.deref()).toBeDefined();
    undo();
    kept.close();
    await collect();
    expect(shared.__session?.deref()).toBeUndefined();
    expect([kept.model, kept.el, kept.render, undo]).toHaveLength(4);
  });

  describe("of a widget with a plain field", () => {
    let see: (intersecting: boolean) => void;

    function plain(state: Record<string, unknown> = {}) {
      vi.stubGlobal(
        "IntersectionObserver",
        class {
          constructor(callback: (entries: { isIntersecting: boolean }[]) => void) {
            see = (isIntersecting) => callback([{ isIntersecting }]);
          }
          observe() {}
          disconnect() {}
        },
      );
      const made = widget({ _plain: "value", _kind: "formula", value: "x = 1", label: "Formula", rows: 4, ...state });
      const undo = made.render() as () => void;
      return { ...made, undo, area: made.el.querySelector("textarea") as HTMLTextAreaElement };
    }

    it("asks for the code when it comes into sight, and once", async () => {
      const { model, el } = plain();
      await vi.advanceTimersByTimeAsync(3000);
      see(false);
      expect(model.of("bundle")).toEqual([]);
      see(true);
      see(true);
      expect(model.of("bundle")).toHaveLength(1);
      answer(model);
      await settled(() => expect(el.textContent).toBe("live "));
    });

    it("works without any code", async () => {
      const { model, area, el } = plain();
      expect(area.value).toBe("x = 1");
      expect(area.getAttribute("rows")).toBe("4");
      expect(area.getAttribute("aria-label")).toBe("Formula");
      area.value = "x = 2";
      area.dispatchEvent(new Event("input"));
      expect(model.state["value"]).toBe("x = 2");
      expect(model.saved).toBe(1);
      model.set("value", "x = 3");
      expect(area.value).toBe("x = 3");
      model.set("disabled", true);
      expect(area.disabled).toBe(true);
      const key = new KeyboardEvent("keydown", { key: "d", bubbles: true });
      const heard = vi.fn();
      el.addEventListener("keydown", heard);
      area.dispatchEvent(key);
      expect(heard).not.toHaveBeenCalled();
      await vi.advanceTimersByTimeAsync(6000);
      expect(el.textContent).not.toContain("kernel");
      expect(el.querySelector("textarea")).toBe(area);
    });

    it("comes to life at once where the code is on the page", async () => {
      const first = plain();
      see(true);
      answer(first.model);
      await settled(() => expect(first.el.textContent).toBe("live "));
      const second = plain();
      await settled(() => expect(second.el.textContent).toBe("live "));
      expect(second.model.sent).toEqual([]);
    });

    it("leaves nothing behind", () => {
      const { model, undo, close } = plain();
      undo();
      close();
      expect(model.listening).toBe(0);
    });
  });
});
