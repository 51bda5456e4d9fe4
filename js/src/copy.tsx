// A button that copies a text; where the browser refuses, the text is shown selected.
import { Component, render } from "preact";
import { copyText } from "./clipboard.ts";
import type { Model, Session } from "./host.ts";
import { Icon } from "./icons.tsx";

const DONE_MS = 1500;
const TRAITS = ["text", "label", "title", "disabled"];

interface State {
  done: boolean;
  refused: string | null;
}

export class CopyView extends Component<{ text: string; label: string; title: string; disabled?: boolean }, State> {
  override state: State = { done: false, refused: null };
  #timer: ReturnType<typeof setTimeout> | undefined;

  override componentWillUnmount(): void {
    clearTimeout(this.#timer);
  }

  #copy = async (): Promise<void> => {
    const { text } = this.props;
    const done = await copyText(text);
    this.setState({ done, refused: done ? null : text });
    clearTimeout(this.#timer);
    if (done) this.#timer = setTimeout(() => this.setState({ done: false }), DONE_MS);
  };

  render() {
    const { label, title, disabled = false } = this.props;
    const { done, refused } = this.state;
    const name = done ? "Copied" : title || label || "Copy";
    return (
      <span class="bw-copy">
        <button
          type="button"
          class={`bw-btn ${label ? "" : "bw-btn-icon"}`}
          title={name}
          aria-label={label && !done ? undefined : name}
          disabled={disabled}
          onClick={() => void this.#copy()}
        >
          <Icon name={done ? "check" : "copy"} />
          {label && <span>{label}</span>}
        </button>
        <span class="bw-sr" role="status">
          {done ? "Copied" : ""}
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
  return {
    message() {},
    render(el) {
      el.classList.add("bw-host", "bw-host-copy");
      const draw = () =>
        render(
          <CopyView
            text={String(model.get("text") ?? "")}
            label={String(model.get("label") ?? "")}
            title={String(model.get("title") ?? "")}
            disabled={Boolean(model.get("disabled"))}
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
