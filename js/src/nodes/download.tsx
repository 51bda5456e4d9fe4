// A button that saves a file whose bytes come from the kernel, piece by piece, to the page that asks for them first.
import { render } from "preact";
import { type Message, type Model, pageState, type Session } from "../host.ts";
import { Icon } from "../icons.tsx";
import { shown } from "../texts.ts";

const DONE_MS = 1500;
const REVOKE_MS = 30_000;
const TRAITS = ["label", "title", "disabled", "busy"];

interface Job {
  name: string;
  size: number;
  got: number;
  pieces: DataView<ArrayBuffer>[];
}

function save(job: Job): void {
  // Whatever it is, it is a file to save and nothing to open.
  const url = URL.createObjectURL(new Blob(job.pieces, { type: "application/octet-stream" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = job.name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), REVOKE_MS);
}

function DownloadView({ session }: { session: DownloadSession }) {
  const { label, title, disabled, busy, percent, done } = session;
  const name = done ? `Saved ${shown(done)}` : title || label || "Download";
  return (
    <span class="bw-copy">
      <button
        type="button"
        class={`bw-btn ${label ? "" : "bw-btn-icon"}`}
        title={name}
        aria-label={label ? undefined : name}
        disabled={disabled}
        aria-busy={busy}
        onClick={() => session.click()}
      >
        <Icon name={done ? "check" : "download"} />
        {label && <span>{percent === null ? label : `${label} ${percent} %`}</span>}
      </button>
      <span class="bw-sr" role="status">
        {done ? `Saved ${shown(done)}` : ""}
      </span>
    </span>
  );
}

class DownloadSession implements Session {
  /** The name of what was just saved. */
  done = "";
  #model: Model;
  #jobs = new Map<string, Job>();
  #views = new Set<HTMLElement>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #redraw = () => {
    for (const el of this.#views) render(<DownloadView session={this} />, el);
  };

  constructor(model: Model) {
    this.#model = model;
    for (const name of TRAITS) model.on(`change:${name}`, this.#redraw);
  }

  get label(): string {
    return String(this.#model.get("label") ?? "");
  }

  get title(): string {
    return String(this.#model.get("title") ?? "");
  }

  get disabled(): boolean {
    return Boolean(this.#model.get("disabled"));
  }

  get busy(): boolean {
    return Boolean(this.#model.get("busy")) || this.#jobs.size > 0;
  }

  /** How much of what is on its way is here; null when it is all but at once. */
  get percent(): number | null {
    let size = 0;
    let got = 0;
    for (const job of this.#jobs.values()) {
      size += job.size;
      got += job.got;
    }
    return got === 0 ? null : Math.floor((100 * got) / size);
  }

  click(): void {
    if (!this.busy) this.#model.send({ type: "click", page: pageState().page });
  }

  message(content: Message, buffers: DataView<ArrayBuffer>[] = []): void {
    const id = String(content["id"]);
    const { page } = pageState();
    if (content.type === "offer") {
      if (content["page"] !== null && content["page"] !== page) return;
      this.#jobs.set(id, { name: String(content["name"]), size: Number(content["size"]), got: 0, pieces: [] });
      this.#pull(id, 0);
    } else if (content.type === "piece" && content["page"] === page) this.#take(id, Number(content["start"]), buffers);
    else if (content.type === "gone") {
      if (content["page"] !== page) this.#drop(id);
    }
  }

  render(el: HTMLElement): () => void {
    el.classList.add("bw-host", "bw-host-copy");
    el.replaceChildren();
    this.#views.add(el);
    this.#redraw();
    return () => {
      this.#views.delete(el);
      render(null, el);
    };
  }

  close(): void {
    for (const name of TRAITS) this.#model.off(`change:${name}`, this.#redraw);
    clearTimeout(this.#timer);
    this.#jobs.clear();
    for (const el of this.#views) render(null, el);
    this.#views.clear();
  }

  #pull(id: string, start: number): void {
    this.#model.send({ type: "pull", id, page: pageState().page, start });
  }

  #take(id: string, start: number, [piece]: DataView<ArrayBuffer>[]): void {
    const job = this.#jobs.get(id);
    if (!job || start !== job.got || !piece) return;
    job.pieces.push(piece);
    job.got += piece.byteLength;
    if (job.got < job.size) {
      this.#pull(id, job.got);
      this.#redraw();
      return;
    }
    save(job);
    this.done = job.name;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => {
      this.done = "";
      this.#redraw();
    }, DONE_MS);
    this.#model.send({ type: "saved", id, page: pageState().page });
    this.#drop(id);
  }

  #drop(id: string): void {
    this.#jobs.delete(id);
    this.#redraw();
  }
}

export function startDownload(model: Model): Session {
  return new DownloadSession(model);
}
