// What stands in a cell. All text is a text node.
import type { ComponentChildren } from "preact";
import { Icon } from "../icons.tsx";
import { type Action, type Cell, type Chip, cellText, isRich, plainText, type RichCell } from "./cell.ts";
import { type Measure, TAIL } from "./measure.ts";
import type { ColumnSpec } from "./store.ts";

const HUES = new Set(["ok", "warn", "err", "busy", "run", "none"]);
const PADDING = 16;
const BUTTON = 24;
const NOTE_GAP = 4;

/** A button in a cell: one of the row's actions, or the copying of a text. */
export interface CellButton {
  name: string;
  label: string;
  icon: string | undefined;
  copy?: string;
}

export function buttonsOf(value: Cell): CellButton[] {
  if (!isRich(value)) return [];
  const copy = value.copy ? [{ name: "copy", label: "Copy", icon: "copy", copy: value.copy }] : [];
  return [...copy, ...(value.actions ?? []).map(toButton)];
}

function toButton(action: Action): CellButton {
  return { name: action.name, label: action.label ?? action.name, icon: action.icon };
}

export function hueClass(hue: string | undefined): string {
  return hue && HUES.has(hue) ? `bw-${hue}` : "bw-none";
}

function Text({ text, head }: { text: string; head: number | null }) {
  if (head === null) return <span class="bw-cut">{text}</span>;
  return (
    <span class="bw-middle">
      <span style={{ width: `${head}px` }}>{text.slice(0, -TAIL)}</span>
      <span>{text.slice(-TAIL)}</span>
    </span>
  );
}

function ChipView({ chip }: { chip: Chip }) {
  const rich: RichCell = typeof chip === "string" ? { text: chip } : chip;
  return (
    <span class={`bw-chip ${rich.hue ? hueClass(rich.hue) : ""}`} title={rich.title ?? rich.text ?? ""}>
      {rich.text}
    </span>
  );
}

function body(value: Cell, column: ColumnSpec, room: number, measure: Measure): ComponentChildren {
  if (Array.isArray(value)) return value.map((chip, index) => <ChipView key={index} chip={chip} />);
  const rich = isRich(value) ? value : undefined;
  const text = plainText(value);
  const parts: ComponentChildren[] = [];
  if (text) {
    const isPill = column.kind === "pill" && !rich?.muted;
    if (isPill) parts.push(<span class={`bw-pill ${hueClass(rich?.hue)}`}>{text}</span>);
    else {
      const mono = (column.kind === "mono" || column.kind === "command") && !rich?.muted;
      const rest = rich?.note ? measure.width(rich.note, mono) + NOTE_GAP : 0;
      parts.push(<Text text={text} head={column.cut === "middle" ? measure.head(text, room - rest, mono) : null} />);
    }
  }
  if (rich?.note) parts.push(<span class="bw-note">{rich.note}</span>);
  if (!parts.length && !buttonsOf(value).length) return <span class="bw-muted">—</span>;
  return parts;
}

export function CellContent(props: {
  value: Cell;
  column: ColumnSpec;
  width: number;
  measure: Measure;
  activePart: number;
  id: string;
  copied: string | null;
  press: (button: CellButton) => void;
}) {
  const { value, column, width, measure, activePart, id, copied, press } = props;
  const buttons = buttonsOf(value);
  return (
    <>
      {body(value, column, width - PADDING - buttons.length * BUTTON, measure)}
      {buttons.map((button, index) => {
        const done = button.copy !== undefined && copied === button.copy;
        const active = activePart === index + 1 ? "bw-active" : "";
        return (
          <button
            type="button"
            key={button.name}
            id={`${id}-b${index + 1}`}
            tabIndex={-1}
            class={button.icon ? `bw-cellbtn ${active}` : `bw-celllink ${active}`}
            title={done ? "Copied" : button.label}
            aria-label={done ? "Copied" : button.label}
            onClick={(event) => {
              event.stopPropagation();
              press(button);
            }}
            onDblClick={(event) => event.stopPropagation()}
          >
            {button.icon ? <Icon name={done ? "check" : button.icon} /> : button.label}
          </button>
        );
      })}
    </>
  );
}

export function cellTitle(value: Cell): string | undefined {
  if (Array.isArray(value)) return undefined;
  if (isRich(value) && value.title) return value.title;
  return cellText(value) || undefined;
}
