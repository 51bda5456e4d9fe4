// The heading of a group of rows.
import { Icon } from "../icons.tsx";
import { hueClass } from "./cells.tsx";
import type { Heading } from "./group.ts";
import { ROW_HEIGHT } from "./view.tsx";

export function HeadingView(props: {
  heading: Heading;
  total: number | undefined;
  label: string;
  index: number;
  ariaIndex: number;
  columns: number;
  id: string;
  marked: boolean;
  width: number;
}) {
  const { heading, total, label, index, ariaIndex, columns, id, marked, width } = props;
  const { name, open, count, tallies } = heading;
  const all = total ?? count;
  const many = `${count === all ? count : `${count} of ${all}`} ${label}${all === 1 ? "" : "s"}`;
  return (
    <div
      class={`bw-row-grid bw-heading ${marked ? "bw-marked" : ""}`}
      role="row"
      aria-rowindex={ariaIndex}
      aria-level={1}
      aria-expanded={open}
      style={{ transform: `translateY(${index * ROW_HEIGHT}px)`, width: `${width}px` }}
    >
      <div
        class={`bw-cell ${marked ? "bw-active" : ""}`}
        role="gridcell"
        id={id}
        aria-colindex={1}
        aria-colspan={columns}
        data-row={index}
        data-column={0}
      >
        <Icon name={open ? "down" : "right"} />
        <b>{name || "—"}</b>
        <span class="bw-muted">{many}</span>
        <span class="bw-tallies">
          {tallies.map(({ text, hue, count: times }) => (
            <span key={text} class={`bw-pill ${hueClass(hue)}`}>
              {times} {text}
            </span>
          ))}
        </span>
      </div>
    </div>
  );
}
