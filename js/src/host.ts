// What anywidget hands to a widget, as far as the package uses it.

export type Message = Record<string, unknown> & { type?: string };

export interface Model {
  get(name: string): unknown;
  set(name: string, value: unknown): void;
  save_changes(): void;
  send(content: unknown, callbacks?: unknown, buffers?: ArrayBufferView[]): void;
  on(event: string, callback: (...args: never[]) => void): void;
  off(event: string, callback: (...args: never[]) => void): void;
}

/** What a kind of widget does on a page: one per model, however many views it has. */
export interface Session {
  message(content: Message, buffers?: DataView<ArrayBuffer>[]): void;
  render(el: HTMLElement): () => void;
  close(): void;
}

/** The bundle, as the stub sees it. */
export interface Bundle {
  start(model: Model): Session;
}

export interface PageState {
  page: string;
  bundles: Record<string, Loading>;
}

export interface Loading {
  ready: Promise<Bundle>;
  arrived: (bundle: Bundle | Promise<Bundle>) => void;
  /** Who asks the kernel for the code; another takes over when it is closed. */
  asker: unknown;
  /** Whether an answer came. */
  here: boolean;
}

/** What all widgets of the package share on one page. */
export function pageState(): PageState {
  const root = globalThis as unknown as { __batch_widgets__?: PageState };
  root.__batch_widgets__ ??= { page: Math.random().toString(36).slice(2), bundles: {} };
  return root.__batch_widgets__;
}
