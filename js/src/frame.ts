// The invisible piece of a panel: says whether the panel is in sight, speaks for it, moves the focus in it, and keeps the
// letters that are typed on its buttons from the notebook's single-letter commands.
import { type Message, type Model, pageState, type Session } from "./host.ts";

const BEAT_MS = 20_000;
const QUIET_MS = 5_000;
const FOCUS_WITHIN_MS = 1_500;
const ON_ESCAPE = "bw-on-escape";

interface View {
  el: HTMLElement;
  region: HTMLElement;
  inSight: boolean;
}

function panelOf(el: HTMLElement): HTMLElement {
  return el.closest<HTMLElement>(".bw") ?? el.parentElement ?? el;
}

function isShown(el: HTMLElement): boolean {
  return el.isConnected && el.getClientRects().length > 0;
}

class FrameSession implements Session {
  #model: Model;
  #views = new Set<View>();
  #told = false;
  #beat: ReturnType<typeof setInterval>;
  #saidAt = Number.NEGATIVE_INFINITY;
  #speaking: ReturnType<typeof setTimeout> | undefined;
  #onAnnouncement = () => this.#announce();
  #onVisibility = () => this.#tell();
  #onHide = () => this.#send(0);

  constructor(model: Model) {
    this.#model = model;
    model.on("change:announcement", this.#onAnnouncement);
    document.addEventListener("visibilitychange", this.#onVisibility);
    globalThis.addEventListener("pagehide", this.#onHide);
    globalThis.addEventListener("pageshow", this.#onVisibility);
    this.#beat = setInterval(() => this.#tell(true), BEAT_MS);
  }

  message(content: Message): void {
    if (content.type === "focus") this.#focus(String(content["class"]), Date.now() + FOCUS_WITHIN_MS);
    else if (content.type === "settle") this.#model.send({ type: "settled", id: content["id"] });
  }

  render(el: HTMLElement): () => void {
    el.classList.add("bw-host", "bw-host-frame");
    const region = document.createElement("span");
    region.className = "bw-sr";
    region.setAttribute("role", "status");
    region.setAttribute("aria-live", "polite");
    el.replaceChildren(region);
    const view: View = { el, region, inSight: false };
    this.#views.add(view);

    let panel: HTMLElement | undefined;
    let observer: IntersectionObserver | undefined;
    let frame = 0;
    const attach = () => {
      // The host puts the element into the document after this.
      if (!el.isConnected) {
        frame = requestAnimationFrame(attach);
        return;
      }
      panel = panelOf(el);
      panel.addEventListener("keydown", onPanelKey);
      panel.addEventListener("keydown", onCapturedKey, true);
      observer = new IntersectionObserver((entries) => {
        view.inSight = entries.at(-1)?.isIntersecting ?? false;
        this.#tell();
      });
      observer.observe(panel);
    };
    attach();
    return () => {
      cancelAnimationFrame(frame);
      observer?.disconnect();
      panel?.removeEventListener("keydown", onPanelKey);
      panel?.removeEventListener("keydown", onCapturedKey, true);
      this.#views.delete(view);
      this.#tell();
    };
  }

  close(): void {
    clearInterval(this.#beat);
    clearTimeout(this.#speaking);
    this.#model.off("change:announcement", this.#onAnnouncement);
    document.removeEventListener("visibilitychange", this.#onVisibility);
    globalThis.removeEventListener("pagehide", this.#onHide);
    globalThis.removeEventListener("pageshow", this.#onVisibility);
    this.#views.clear();
  }

  #send(visible: number): void {
    this.#told = visible > 0;
    this.#model.send({ type: "views", page: pageState().page, visible });
  }

  #tell(again = false): void {
    const visible = document.visibilityState === "visible" ? [...this.#views].filter((view) => view.inSight).length : 0;
    const now = visible > 0;
    if (now !== this.#told || (again && now)) this.#send(visible);
  }

  #announce(): void {
    if (this.#speaking !== undefined) return;
    const wait = Math.max(0, this.#saidAt + QUIET_MS - Date.now());
    this.#speaking = setTimeout(() => {
      this.#speaking = undefined;
      this.#saidAt = Date.now();
      const view = [...this.#views].find(({ el }) => el.isConnected);
      if (view) view.region.textContent = String(this.#model.get("announcement") ?? "");
    }, wait);
  }

  // What gets the focus may be on its way from the kernel still.
  #focus(className: string, until: number): void {
    for (const { el } of this.#views) {
      const found = [...panelOf(el).getElementsByClassName(className)].find(
        (element): element is HTMLElement => element instanceof HTMLElement && isShown(element),
      );
      if (!found) continue;
      const inner = found.querySelector<HTMLElement>("button, input, select, textarea, [tabindex]");
      (found.tabIndex >= 0 || !inner ? found : inner).focus();
      return;
    }
    if (Date.now() < until) setTimeout(() => this.#focus(className, until), 50);
  }
}

// ipywidgets' fields let no key out. Our own pieces do, those apart that they need: a terminal takes Escape for itself.
function onCapturedKey(event: KeyboardEvent): void {
  if (event.key === "Escape" && !(event.target as HTMLElement).closest(".bw-host")) onPanelKey(event);
}

function onPanelKey(event: KeyboardEvent): void {
  const panel = event.currentTarget as HTMLElement;
  const target = event.target as HTMLElement;
  if (event.key === "Escape") {
    const ways = [...panel.getElementsByClassName(ON_ESCAPE)].filter(
      (element): element is HTMLElement => element instanceof HTMLElement && isShown(element),
    );
    const way = ways.at(-1);
    if (!way) return;
    event.stopPropagation();
    way.click();
  } else if (event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey) {
    if (!target.isContentEditable) event.stopPropagation();
  }
}

export function startFrame(model: Model): Session {
  return new FrameSession(model);
}
