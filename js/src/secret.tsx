// A field whose content never becomes state: it is read when the kernel asks, sent in the answer, and cleared.
import { Component, createRef, render } from "preact";
import type { Message, Model, Session } from "./host.ts";
import { Icon } from "./icons.tsx";

const TRAITS = ["label", "placeholder", "disabled"];

let fields = 0;

class SecretSession implements Session {
  readonly model: Model;
  readonly views = new Set<SecretView>();
  #redraw = () => this.redraw();

  constructor(model: Model) {
    this.model = model;
    for (const name of TRAITS) model.on(`change:${name}`, this.#redraw);
  }

  redraw(): void {
    for (const view of this.views) view.setState({});
  }

  message(content: Message): void {
    if (content.type === "request") this.#answer(String(content["id"]));
    else if (content.type === "clear") this.#clear();
  }

  typed(): void {
    const filled = [...this.views].some((view) => view.value !== "");
    if (this.model.get("filled") === filled) return;
    this.model.set("filled", filled);
    this.model.save_changes();
  }

  submit(): void {
    this.model.send({ type: "submit" });
  }

  render(el: HTMLElement): () => void {
    el.classList.add("bw-host", "bw-host-secret");
    render(<SecretView session={this} />, el);
    return () => {
      render(null, el);
      this.typed();
    };
  }

  close(): void {
    for (const name of TRAITS) this.model.off(`change:${name}`, this.#redraw);
    this.#clear();
    this.views.clear();
  }

  #answer(id: string): void {
    const value = [...this.views].map((view) => view.value).find((text) => text !== "");
    if (value === undefined) return;
    this.model.send({ type: "secret", id, value });
    this.#clear();
    this.typed();
  }

  #clear(): void {
    for (const view of this.views) view.clear();
  }
}

class SecretView extends Component<{ session: SecretSession }, { shown: boolean }> {
  override state = { shown: false };
  readonly id = `bw-secret-${++fields}`;
  #input = createRef<HTMLInputElement>();

  get value(): string {
    return this.#input.current?.value ?? "";
  }

  clear(): void {
    if (this.#input.current) this.#input.current.value = "";
    this.setState({ shown: false });
  }

  override componentDidMount(): void {
    this.props.session.views.add(this);
  }

  override componentWillUnmount(): void {
    this.clear();
    this.props.session.views.delete(this);
  }

  #onKeyDown = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" && event.key !== "Tab") event.stopPropagation();
    if (event.key === "Enter" && !event.shiftKey && !event.ctrlKey && !event.metaKey) {
      event.preventDefault();
      this.props.session.submit();
    }
  };

  render() {
    const { session } = this.props;
    const { shown } = this.state;
    const label = String(session.model.get("label") ?? "");
    const disabled = Boolean(session.model.get("disabled"));
    return (
      <div class="bw-secret">
        {label && <label for={this.id}>{label}</label>}
        <div class="bw-secret-field">
          <input
            id={this.id}
            ref={this.#input}
            type={(shown ? "text" : "password") as "password"}
            autocomplete="new-password"
            spellcheck={false}
            autocapitalize="off"
            aria-label={label ? undefined : "Secret"}
            placeholder={String(session.model.get("placeholder") ?? "")}
            disabled={disabled}
            onInput={() => session.typed()}
            onKeyDown={this.#onKeyDown}
          />
          <button
            type="button"
            class="bw-btn bw-btn-icon"
            aria-pressed={shown}
            aria-label="Show what is typed"
            title={shown ? "Hide" : "Show"}
            disabled={disabled}
            onClick={() => this.setState({ shown: !shown })}
          >
            <Icon name="eye" />
          </button>
        </div>
      </div>
    );
  }
}

export function startSecret(model: Model): Session {
  return new SecretSession(model);
}
