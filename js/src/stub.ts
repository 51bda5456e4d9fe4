// The only code that each widget carries. It gets the bundle, from the page or else from the kernel, and hands the model over.
// Nothing here may wait inside initialize: the host holds back the messages, and with them the bundle, until it returns.
import { type Bundle, type Message, type Model, pageState, type Session } from "./host.ts";

const FALLBACK_AFTER_MS = 5000;
const WATCH_MS = 500;
const ASK_AGAIN_MS = 4000;
const ASK_AGAIN_MOST_MS = 60000;

interface Snapshot {
  cells?: unknown[][];
}

async function unpack(packed: DataView<ArrayBuffer>): Promise<Bundle> {
  const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const url = URL.createObjectURL(new Blob([await new Response(stream).text()], { type: "text/javascript" }));
  try {
    return await import(url);
  } finally {
    URL.revokeObjectURL(url);
  }
}

function put(parent: Element, tag: string, text = ""): HTMLElement {
  const made = parent.appendChild(document.createElement(tag));
  made.textContent = text;
  return made;
}

/** A plain field for a trait, until the code comes and where it never does; undo it by calling the answer. */
function plainField(model: Model, el: HTMLElement, trait: string): () => void {
  const area = put(el, "textarea") as HTMLTextAreaElement;
  const draw = (): void => {
    const value = String(model.get(trait));
    if (area.value !== value) area.value = value;
    area.disabled = Boolean(model.get("disabled"));
  };
  area.rows = Number(model.get("rows"));
  area.style.width = "100%";
  area.setAttribute("aria-label", String(model.get("label")));
  area.oninput = () => {
    model.set(trait, area.value);
    model.save_changes();
  };
  area.onkeydown = (event) => event.stopPropagation();
  draw();
  const events = [`change:${trait}`, "change:disabled"];
  for (const event of events) model.on(event, draw);
  return () => {
    for (const event of events) model.off(event, draw);
  };
}

/** Without a kernel: the last state as a plain table, and a line that says so. What is for the hand alone leaves nothing. */
function fallback(model: Model, el: HTMLElement): void {
  const text = model.get("text");
  const rows = (model.get("_snapshot") as Snapshot | undefined)?.cells;
  if (!text && !rows) return;
  put(el, "em", "The kernel does not answer, so this is what was seen last. Run the cell to make it live.");
  if (text) put(el, "pre", String(text));
  if (!rows) return;
  const table = put(el, "table");
  const cell = (value: unknown): string => {
    const v = value as { text?: unknown; note?: unknown } | null;
    if (Array.isArray(v)) return v.map(cell).join(" ");
    return v === null || typeof v !== "object" ? String(v ?? "") : `${v.text ?? ""} ${v.note ?? ""}`;
  };
  const head = put(table, "tr");
  for (const column of model.get("_columns") as { label: string }[]) put(head, "th", column.label);
  for (const row of rows.slice(0, 200)) {
    const line = put(table, "tr");
    for (const value of row) put(line, "td", cell(value));
  }
}

function closed(): Promise<Session> {
  const never = Promise.reject(new Error("closed"));
  never.catch(() => {});
  return never;
}

export default () => {
  let session: Promise<Session>;
  let want = (): void => {};
  return {
    initialize({ model }: { model: Model }) {
      const state = pageState();
      const hash = model.get("_bundle_hash") as string;
      let loading = state.bundles[hash];
      if (!loading) {
        let arrived: (bundle: Bundle | Promise<Bundle>) => void = () => {};
        const ready = new Promise<Bundle>((resolve) => {
          arrived = resolve;
        });
        loading = state.bundles[hash] = { ready, arrived, asker: null, here: false };
      }
      const entry = loading;
      const me = {};
      const early: [Message, DataView<ArrayBuffer>[]][] = [];
      let wait = ASK_AGAIN_MS;
      let due = 0;
      let live: Session | undefined;
      let open = true;
      // What has a plain field for a while asks for its code when it is first in sight.
      let wanted = !model.get("_plain");

      const hear = (content: Message, buffers: DataView<ArrayBuffer>[]): void => {
        if (content.type === "bundle") {
          // An answer to another tab comes here too.
          if (buffers[0] && !entry.here) {
            entry.here = true;
            entry.arrived(unpack(buffers[0]));
          }
        } else if (live) live.message(content, buffers);
        else early.push([content, buffers]);
      };
      model.on("msg:custom", hear);

      const watch = (): void => {
        if (!wanted) return;
        entry.asker ??= me;
        if (entry.asker !== me || Date.now() < due) return;
        due = Date.now() + wait;
        wait = Math.min(wait * 2, ASK_AGAIN_MOST_MS);
        model.send({ type: "bundle", page: state.page, hash });
      };
      const timer = setInterval(watch, WATCH_MS);
      const stop = (): void => {
        clearInterval(timer);
        if (entry.asker === me) entry.asker = null;
      };

      session = entry.ready.then((bundle) => {
        stop();
        if (!open) throw new Error("closed");
        live = bundle.start(model);
        for (const [content, buffers] of early.splice(0)) live.message(content, buffers);
        return live;
      });
      want = () => {
        if (wanted) return;
        wanted = true;
        if (open && !entry.here) watch();
      };
      // A bundle that is on the page already answers first.
      Promise.race([entry.ready, Promise.resolve()]).then(
        (bundle) => bundle || !open || watch(),
        () => {},
      );

      // The host may keep what is closed for as long as the page is open (JupyterLab 4.6 does): little is left to keep.
      return () => {
        open = false;
        stop();
        model.off("msg:custom", hear);
        live?.close();
        live = undefined;
        early.length = 0;
        session = closed();
      };
    },

    render({ model, el }: { model: Model; el: HTMLElement }) {
      let undo: (() => void) | undefined;
      let open = true;
      const plain = model.get("_plain") as string | undefined;
      const late = setTimeout(() => fallback(model, el), FALLBACK_AFTER_MS);
      const unplain = plain && plainField(model, el, plain);
      const sight = plain && new IntersectionObserver((seen) => seen.some((one) => one.isIntersecting) && want());
      if (sight) sight.observe(el);
      const settle = (): void => {
        clearTimeout(late);
        if (sight) sight.disconnect();
      };
      session.then(
        (live) => {
          settle();
          if (!open) return;
          if (unplain) unplain();
          else el.replaceChildren();
          undo = live.render(el);
        },
        (problem) => {
          console.error("batch_widgets:", problem);
          settle();
          if (open) fallback(model, el);
        },
      );
      return () => {
        open = false;
        settle();
        if (unplain) unplain();
        undo?.();
        undo = undefined;
        el.replaceChildren();
      };
    },
  };
};
