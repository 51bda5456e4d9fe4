// One row in sight. Drawn again only when something of it changed.
import { Component } from "preact";
import { shown } from "../texts.ts";
import { CellContent, cellTitle } from "./cells.tsx";
import { CHECK_WIDTH, type Layout } from "./layout.ts";
import type { Measure } from "./measure.ts";
import type { ColumnSpec, Row } from "./store.ts";
import { type GridView, type Mark, ROW_HEIGHT } from "./view.tsx";

export function alignOf(column: ColumnSpec): string {
  return column.align ?? (column.kind === "number" ? "right" : "left");
}

interface Props {
  row: Row;
  index: number;
  ariaIndex: number;
  layout: Layout;
  many: boolean;
  label: string;
  selectable: boolean;
  selected: boolean;
  /** The column that the heading above says, or -1. */
  grouped: number;
  mark: Mark | null;
  copied: string | null;
  view: GridView;
}

export class GridRow extends Component<Props> {
  override shouldComponentUpdate(next: Props): boolean {
    return (Object.keys(next) as (keyof Props)[]).some((name) => next[name] !== this.props[name]);
  }

  render() {
    const { row, index, ariaIndex, layout, many, label, selectable, selected, grouped, mark, copied, view } =
      this.props;
    const active = (column: number) => (mark?.column === column && mark.part === 0 ? "bw-active" : "");
    return (
      <div
        class={`bw-row-grid ${mark ? "bw-marked" : ""}`}
        role="row"
        aria-rowindex={ariaIndex}
        aria-selected={selectable ? selected : undefined}
        aria-level={grouped < 0 ? undefined : 2}
        data-key={shown(row.key)}
        style={{ transform: `translateY(${index * ROW_HEIGHT}px)` }}
      >
        {many && (
          <div
            class={`bw-cell bw-cell-check ${active(-1)}`}
            role="gridcell"
            id={view.cellId({ row: index, column: -1, part: 0 })}
            aria-colindex={1}
            data-row={index}
            data-column={-1}
            style={{ width: `${CHECK_WIDTH}px` }}
          >
            <input
              type="checkbox"
              tabIndex={-1}
              checked={selected}
              aria-label={`Select ${label} ${shown(row.key)}`}
              onClick={(event) => {
                // What the click means depends on the keys held; the state comes back from the selection.
                (event.currentTarget as HTMLInputElement).checked = selected;
              }}
            />
          </div>
        )}
        {layout.columns.map(({ spec, index: at, width }, column) => {
          const value = row.cells[at] ?? null;
          const id = view.cellId({ row: index, column, part: 0 });
          return (
            <div
              key={spec.key}
              class={`bw-cell bw-kind-${spec.kind} ${active(column)} ${isMuted(value) ? "bw-muted" : ""}`}
              role="gridcell"
              id={id}
              aria-colindex={at + (many ? 2 : 1)}
              data-row={index}
              data-column={column}
              title={cellTitle(value)}
              style={{ width: `${width}px`, textAlign: alignOf(spec) as "left" }}
            >
              {at === grouped ? null : (
                <CellContent
                  value={value}
                  column={spec}
                  width={width}
                  measure={view.measure as Measure}
                  id={id}
                  activePart={mark?.column === column ? mark.part : 0}
                  copied={copied}
                  press={(button) => view.pressButton(row.key, spec.key, button)}
                />
              )}
            </div>
          );
        })}
      </div>
    );
  }
}

function isMuted(value: unknown): boolean {
  return typeof value === "object" && value !== null && (value as { muted?: boolean }).muted === true;
}
