// A button that copies a text; where the browser refuses, the text is shown selected.
import { Component, render } from "preact";
import { copyText } from "./clipboard.ts";
import { type Model, pageState, type Session } from "./host.ts";
import { Icon } from "./icons.tsx";

const DONE_MS = 1500;
const TRAITS = ["text", "label", "title", "disabled", "filename"];

function download(text: string, filename: string): boolean {
  const url = URL.createObjectURL(new Blob([text], { type: "text/plain;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = filename;
  link.click();
  URL.revokeObjectURL(url);
  return true;
}

interface State {
  done: boolean;
  refused: string | null;
}

interface Props {
  /** Gives the text, which may have to come from the kernel. */
  text: () => string | Promise<string>;
  label: string;
  title: string;
  disabled?: boolean;
  /** With a name the text is downloaded instead. */
  filename?: string;
}

export class CopyView extends Component<Props, State> {
  override state: State = { done: false, refused: null };
  #timer: ReturnType<typeof setTimeout> | undefined;

  override componentWillUnmount(): void {
    clearTimeout(this.#timer);
  }

  #act = async (): Promise<void> => {
    const text = await this.props.text();
    const { filename } = this.props;
    const done = filename ? download(text, filename) : await copyText(text);
    this.setState({ done, refused: done ? null : text });
    clearTimeout(this.#timer);
    if (done) this.#timer = setTimeout(() => this.setState({ done: false }), DONE_MS);
  };

  render() {
    const { label, title, disabled = false, filename } = this.props;
    const { done, refused } = this.state;
    const after = filename ? "Downloaded" : "Copied";
    const name = done ? after : title || label || "Copy";
    return (
      <span class="bw-copy">
        <button
          type="button"
          class={`bw-btn ${label ? "" : "bw-btn-icon"}`}
          title={name}
          aria-label={label && !done ? undefined : name}
          disabled={disabled}
          onClick={() => void this.#act()}
        >
          <Icon name={done ? "check" : filename ? "download" : "copy"} />
          {label && <span>{label}</span>}
        </button>
        <span class="bw-sr" role="status">
          {done ? after : ""}
        </span>
        {refused !== null && (
          <span class="bw-refused">
            <label>
              The browser refuses to copy. Press Ctrl+C:
              <textarea
                readOnly
                rows={1}
                value={refused}
                ref={(area) => area?.select()}
                onKeyDown={(event) => event.stopPropagation()}
                onBlur={() => this.setState({ refused: null })}
              />
            </label>
          </span>
        )}
      </span>
    );
  }
}

export function startCopy(model: Model): Session {
  const draws = new Set<() => void>();
  const redraw = () => {
    for (const draw of draws) draw();
  };
  for (const name of TRAITS) model.on(`change:${name}`, redraw);
  // A text that would be too large to be state is asked for when it is wanted.
  const waiting = new Map<number, (text: string) => void>();
  let asked = 0;
  const text = () => {
    if (!model.get("on_demand")) return String(model.get("text") ?? "");
    asked += 1;
    const request = asked;
    return new Promise<string>((resolve) => {
      waiting.set(request, resolve);
      model.send({ type: "text", page: pageState().page, request });
    });
  };
  return {
    message(content) {
      if (content.type !== "text" || content["page"] !== pageState().page) return;
      const request = Number(content["request"]);
      waiting.get(request)?.(String(content["text"]));
      waiting.delete(request);
    },
    render(el) {
      el.classList.add("bw-host", "bw-host-copy");
      const draw = () =>
        render(
          <CopyView
            text={text}
            label={String(model.get("label") ?? "")}
            title={String(model.get("title") ?? "")}
            disabled={Boolean(model.get("disabled"))}
            filename={String(model.get("filename") ?? "")}
          />,
          el,
        );
      draws.add(draw);
      draw();
      return () => {
        draws.delete(draw);
        render(null, el);
      };
    },
    close() {
      for (const name of TRAITS) model.off(`change:${name}`, redraw);
      draws.clear();
    },
  };
}
