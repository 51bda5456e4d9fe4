// A secret that is shown once: it comes as a message, is in this page's memory alone, and goes with Hide or a reload.
import { render } from "preact";
import { CopyView } from "../copy.tsx";
import type { Message, Model, Session } from "../host.ts";

function OnceView({ session }: { session: OnceSession }) {
  const { text, status, label } = session;
  if (text === null && status === "empty") return null;
  if (text === null) return <span class="bw-muted">{label} was shown once. It is kept nowhere.</span>;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset brings a look of its own
    <div class="bw-revealed" role="group" aria-label={label}>
      <span class="bw-once-label">{label}</span>
      <code>{text}</code>
      <CopyView text={() => text} label="Copy" title={`Copy: ${label}`} />
      <button type="button" class="bw-btn" title={`Hide: ${label}`} onClick={() => session.hide()}>
        Hide
      </button>
      <span class="bw-muted">Shown once. It is not saved with the notebook.</span>
    </div>
  );
}

class OnceSession implements Session {
  text: string | null = null;
  #model: Model;
  #views = new Set<HTMLElement>();
  #onStatus = () => {
    if (this.status === "hidden") this.text = null; // in another tab, or by the kernel
    this.#redraw();
  };
  #redraw = () => {
    for (const el of this.#views) render(<OnceView session={this} />, el);
  };

  constructor(model: Model) {
    this.#model = model;
    model.on("change:label", this.#redraw);
    model.on("change:status", this.#onStatus);
  }

  get status(): string {
    return String(this.#model.get("status") ?? "empty");
  }

  get label(): string {
    return String(this.#model.get("label") ?? "");
  }

  message(content: Message): void {
    if (content.type !== "reveal") return;
    this.text = String(content["text"] ?? "");
    this.#redraw();
  }

  hide(): void {
    this.text = null;
    this.#model.send({ type: "hide" });
    this.#redraw();
  }

  render(el: HTMLElement): () => void {
    el.classList.add("bw-host", "bw-host-once");
    el.replaceChildren();
    this.#views.add(el);
    this.#redraw();
    return () => {
      this.#views.delete(el);
      render(null, el);
    };
  }

  close(): void {
    this.#model.off("change:label", this.#redraw);
    this.#model.off("change:status", this.#onStatus);
    this.text = null;
    for (const el of this.#views) render(null, el);
    this.#views.clear();
  }
}

export function startOnce(model: Model): Session {
  return new OnceSession(model);
}
