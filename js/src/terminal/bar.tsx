// What stands above and below a terminal.
import { Icon } from "../icons.tsx";

const HUES: Record<string, string> = { connecting: "busy", connected: "ok", ended: "none" };

interface BarProps {
  title: string;
  state: string;
  detail: string;
  hint: string;
  closable: boolean;
  readsAloud: boolean;
  onReader: () => void;
  onClose: () => void;
}

export function Bar({ title, state, detail, hint, closable, readsAloud, onReader, onClose }: BarProps) {
  return (
    <>
      <Icon name="terminal" />
      <span class="bw-term-word">Terminal</span>
      <span class="bw-term-title" title={title}>
        {title}
      </span>
      <span class={`bw-term-state bw-${HUES[state] ?? "none"}`}>{state}</span>
      <span class="bw-term-detail bw-muted" title={detail}>
        {detail}
      </span>
      <span class="bw-term-hint">{hint}</span>
      <button type="button" class="bw-btn bw-term-reader" aria-pressed={readsAloud} onClick={onReader}>
        Screen reader mode
      </button>
      {closable && (
        <button
          type="button"
          class="bw-btn bw-btn-icon"
          title="Close terminal"
          aria-label={`Close terminal ${title}`}
          onClick={onClose}
        >
          <Icon name="close" />
        </button>
      )}
    </>
  );
}

export function Foot({ reason, note }: { reason: string; note: string }) {
  return (
    <>
      <span role="status">{reason}</span>
      {!reason && note && <span class="bw-muted">{note}</span>}
    </>
  );
}
