import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { startCopy } from "../src/copy.tsx";
import { startFrame } from "../src/frame.ts";
import { startSecret } from "../src/secret.tsx";
import { ensureStyle } from "../src/style.ts";
import { FakeModel } from "./helpers.ts";

const drawn = () => new Promise((resolve) => setTimeout(resolve, 20));

function type(input: HTMLInputElement, text: string): void {
  input.value = text;
  input.dispatchEvent(new Event("input", { bubbles: true }));
}

function place(): HTMLElement {
  return document.body.appendChild(document.createElement("div"));
}

afterEach(() => {
  document.body.replaceChildren();
  vi.useRealTimers();
});

describe("the secret field", () => {
  const start = () => {
    const model = new FakeModel({ label: "Password", placeholder: "", disabled: false, filled: false });
    const session = startSecret(model);
    const el = place();
    const undo = session.render(el);
    return { model, session, el, undo, input: el.querySelector("input") as HTMLInputElement };
  };

  it("never writes its content into the model", () => {
    const { model, input } = start();
    type(input, "hunter2");
    expect(JSON.stringify(model.state)).not.toContain("hunter2");
    expect(model.state["filled"]).toBe(true);
    expect(model.sent).toEqual([]);
  });

  it("answers a request once and is empty then", () => {
    const { model, session, input } = start();
    type(input, "hunter2");
    session.message({ type: "request", id: "7" });
    expect(model.sent).toEqual([{ type: "secret", id: "7", value: "hunter2" }]);
    expect(input.value).toBe("");
    expect(model.state["filled"]).toBe(false);
    session.message({ type: "request", id: "8" });
    expect(model.sent).toHaveLength(1);
  });

  it("answers from whichever view is filled", () => {
    const { model, session } = start();
    const other = place();
    session.render(other);
    type(other.querySelector("input") as HTMLInputElement, "second");
    session.message({ type: "request", id: "1" });
    expect(model.sent).toEqual([{ type: "secret", id: "1", value: "second" }]);
  });

  it("says Enter without the content", () => {
    const { model, input } = start();
    type(input, "hunter2");
    input.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
    expect(model.sent).toEqual([{ type: "submit" }]);
  });

  it("forgets when its view goes", () => {
    const { model, input, undo } = start();
    type(input, "hunter2");
    undo();
    expect(model.state["filled"]).toBe(false);
  });
});

describe("the frame", () => {
  let tell: (visible: boolean) => void = () => {};

  beforeEach(() => {
    vi.useFakeTimers();
    vi.stubGlobal(
      "IntersectionObserver",
      class {
        constructor(callback: (entries: { isIntersecting: boolean }[]) => void) {
          tell = (isIntersecting) => callback([{ isIntersecting }]);
        }
        observe() {}
        disconnect() {}
      },
    );
  });
  afterEach(() => vi.unstubAllGlobals());

  const start = () => {
    const model = new FakeModel({ announcement: "" });
    const session = startFrame(model);
    const panel = place();
    panel.className = "bw";
    const el = panel.appendChild(document.createElement("div"));
    const undo = session.render(el);
    return { model, session, panel, el, undo };
  };

  it("answers once what was typed before has been sent", () => {
    const { model, session } = start();
    session.message({ type: "settle", id: "7" });
    expect(model.sent).toEqual([{ type: "settled", id: "7" }]);
  });
  const visible = (model: FakeModel) => model.of("views").map((content) => content["visible"]);

  it("says when the panel comes into sight, goes, and goes on being there", () => {
    const { model, undo } = start();
    tell(true);
    tell(true);
    expect(visible(model)).toEqual([1]);
    vi.advanceTimersByTime(41_000);
    expect(visible(model)).toEqual([1, 1, 1]);
    tell(false);
    vi.advanceTimersByTime(60_000);
    expect(visible(model)).toEqual([1, 1, 1, 0]);
    tell(true);
    undo();
    expect(visible(model).at(-1)).toBe(0);
  });

  it("speaks at most every five seconds, and the latest wins", () => {
    const { model, el } = start();
    const say = (text: string) => model.set("announcement", text);
    const said = () => el.querySelector("[role=status]")?.textContent;
    say("one");
    vi.advanceTimersByTime(1);
    expect(said()).toBe("one");
    say("two");
    say("three");
    vi.advanceTimersByTime(4000);
    expect(said()).toBe("one");
    vi.advanceTimersByTime(1100);
    expect(said()).toBe("three");
  });

  it("moves the focus as soon as its aim is there", () => {
    const { session, panel } = start();
    session.message({ type: "focus", class: "bw-safe" });
    const button = document.createElement("button");
    button.className = "bw-safe";
    button.getClientRects = () => [1] as unknown as DOMRectList;
    panel.append(button);
    vi.advanceTimersByTime(200);
    expect(document.activeElement).toBe(button);
  });

  it("keeps letters from the notebook and lets shortcuts with Ctrl through", () => {
    const { panel } = start();
    const button = panel.appendChild(document.createElement("button"));
    const heard: string[] = [];
    document.body.addEventListener("keydown", (event) => heard.push(event.key));
    for (const init of [{ key: "d" }, { key: "s", ctrlKey: true }]) {
      button.dispatchEvent(new KeyboardEvent("keydown", { ...init, bubbles: true }));
    }
    expect(heard).toEqual(["s"]);
  });

  it("leaves nothing behind", () => {
    const { model, session, undo } = start();
    undo();
    session.close();
    model.sent = [];
    vi.advanceTimersByTime(60_000);
    expect(model.listening).toBe(0);
    expect(model.sent).toEqual([]);
  });
});

describe("the copy button", () => {
  const start = () => {
    const model = new FakeModel({ text: "ssh a", label: "Copy", title: "", disabled: false });
    const el = place();
    startCopy(model).render(el);
    return el;
  };

  it("copies", async () => {
    const writeText = vi.fn(async () => {});
    vi.spyOn(navigator, "clipboard", "get").mockReturnValue({ writeText } as unknown as Clipboard);
    const el = start();
    el.querySelector("button")?.click();
    await drawn();
    expect(writeText).toHaveBeenCalledWith("ssh a");
    expect(el.querySelector("[role=status]")?.textContent).toBe("Copied");
  });

  it("shows the text where the browser refuses", async () => {
    const writeText = async () => {
      throw new Error("no");
    };
    vi.spyOn(navigator, "clipboard", "get").mockReturnValue({ writeText } as unknown as Clipboard);
    const el = start();
    el.querySelector("button")?.click();
    await drawn();
    expect(el.querySelector("textarea")?.value).toBe("ssh a");
  });
});

describe("the style sheet", () => {
  it("is there once", () => {
    ensureStyle();
    ensureStyle();
    expect(document.querySelectorAll("#batch-widgets-style")).toHaveLength(1);
  });
});

describe("a text on demand", () => {
  it("is asked of the kernel, and answers to others are not taken", async () => {
    const model = new FakeModel({ text: "", label: "CSV", title: "", disabled: false, filename: "", on_demand: true });
    const el = document.body.appendChild(document.createElement("div"));
    const writeText = vi.fn().mockResolvedValue(undefined);
    vi.stubGlobal("navigator", { clipboard: { writeText } });
    const session = startCopy(model);
    session.render(el);
    el.querySelector("button")?.click();
    await Promise.resolve();
    const asked = model.sent.at(-1) as { type: string; page: string; request: number };
    expect(asked.type).toBe("text");
    session.message({ ...asked, page: "another", text: "no" });
    session.message({ ...asked, request: asked.request + 1, text: "no" });
    expect(writeText).not.toHaveBeenCalled();
    session.message({ ...asked, text: "yes" });
    await vi.waitFor(() => expect(writeText).toHaveBeenCalledWith("yes"));
    await vi.waitFor(() => expect(el.querySelector("[role=status]")?.textContent).toBe("Copied"));
    vi.unstubAllGlobals();
  });

  it("is downloaded under its name", async () => {
    const model = new FakeModel({ text: "a,b\n", label: "CSV", title: "", filename: "images.csv", on_demand: false });
    const el = document.body.appendChild(document.createElement("div"));
    const blobs: Blob[] = [];
    vi.spyOn(URL, "createObjectURL").mockImplementation((blob) => {
      blobs.push(blob as Blob);
      return "blob:x";
    });
    const names: string[] = [];
    vi.spyOn(HTMLAnchorElement.prototype, "click").mockImplementation(function (this: HTMLAnchorElement) {
      names.push(this.download);
    });
    startCopy(model).render(el);
    el.querySelector("button")?.click();
    await vi.waitFor(() => expect(names).toEqual(["images.csv"]));
    expect(await blobs[0]?.text()).toBe("a,b\n");
    expect(el.querySelector("[role=status]")?.textContent).toBe("Downloaded");
    vi.restoreAllMocks();
  });
});
