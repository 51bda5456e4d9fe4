// The header of a grid: sorting, widths, the checkbox for all, and the row of filters.
import { Icon } from "../icons.tsx";
import { cellText } from "./cell.ts";
import { CHECK_WIDTH, type Layout, type Placed } from "./layout.ts";
import { alignOf } from "./row.tsx";
import type { GridSession } from "./session.tsx";
import type { GridView } from "./view.tsx";

const MOST_CHOICES = 200;

interface Props {
  view: GridView;
  session: GridSession;
  layout: Layout;
  many: boolean;
  filterRow: boolean;
  selectedAll: "none" | "some" | "all";
}

function startResize(event: PointerEvent, view: GridView, placed: Placed): void {
  event.preventDefault();
  event.stopPropagation();
  const handle = event.currentTarget as HTMLElement;
  const from = event.clientX;
  const { width } = placed;
  const move = (moved: PointerEvent) => view.setWidth(placed, width + moved.clientX - from);
  const end = () => {
    handle.removeEventListener("pointermove", move);
    handle.removeEventListener("lostpointercapture", end);
  };
  handle.setPointerCapture(event.pointerId);
  handle.addEventListener("pointermove", move);
  handle.addEventListener("lostpointercapture", end);
}

function HeaderCell({ view, session, placed, column, many }: Props & { placed: Placed; column: number }) {
  const { spec, index, width } = placed;
  const place = session.sort.findIndex(([key]) => key === spec.key);
  const direction = session.sort[place]?.[1];
  const held = session.held && direction !== undefined;
  const marked = view.mark.row < 0 && view.mark.column === column;
  const order = direction === undefined ? "none" : direction === "asc" ? "ascending" : "descending";
  return (
    <div
      class={`bw-headcell ${marked ? "bw-active" : ""}`}
      role="columnheader"
      id={view.cellId({ row: -1, column, part: 0 })}
      aria-colindex={index + (many ? 2 : 1)}
      aria-sort={order}
      title={held ? "The order is held while you are here; press to sort again" : (spec.title ?? undefined)}
      style={{ width: `${width}px`, textAlign: alignOf(spec) as "left" }}
      onClick={(event) => {
        view.mark = { row: -1, column, part: 0 };
        view.sortBy(spec.key, event.shiftKey);
      }}
    >
      <span class="bw-cut">{spec.label}</span>
      {direction && <Icon name={direction === "asc" ? "up" : "down"} class={held ? "bw-held" : ""} />}
      {direction && session.sort.length > 1 && <sup>{place + 1}</sup>}
      <span
        class="bw-resize"
        onPointerDown={(event) => startResize(event, view, placed)}
        onClick={(event) => event.stopPropagation()}
        onDblClick={(event) => {
          event.stopPropagation();
          view.setWidth(placed, null);
        }}
      />
    </div>
  );
}

function choices(session: GridSession, index: number): string[] {
  const texts = new Set<string>();
  for (const row of session.store.rows) {
    const text = cellText(row.cells[index] ?? null);
    if (text) texts.add(text);
    if (texts.size >= MOST_CHOICES) break;
  }
  return [...texts].sort((a, b) => a.localeCompare(b, "en", { numeric: true }));
}

function FilterField({ session, placed }: { session: GridSession; placed: Placed }) {
  const { spec, index } = placed;
  const now = session.filters[spec.key];
  if (spec.filter === "choice") {
    const chosen = Array.isArray(now) ? now : now ? [now] : [];
    const all = choices(session, index);
    const several = chosen.length > 1;
    return (
      <select
        class="bw-filter"
        aria-label={`Filter ${spec.label}`}
        value={several ? "\u0000" : (chosen[0] ?? "")}
        onChange={(event) => {
          const { value } = event.currentTarget;
          session.setFilter(spec.key, value ? [value] : []);
        }}
      >
        <option value="">any</option>
        {several && <option value={"\u0000"}>{`${chosen.length} chosen`}</option>}
        {[...new Set([...all, ...(several ? [] : chosen)])].map((text) => (
          <option key={text} value={text}>
            {text}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      class="bw-filter"
      type="text"
      spellcheck={false}
      aria-label={`Filter ${spec.label}`}
      placeholder="filter"
      value={Array.isArray(now) ? now.join(", ") : (now ?? "")}
      onInput={(event) => session.setFilter(spec.key, event.currentTarget.value)}
    />
  );
}

export function GridHeader(props: Props) {
  const { view, session, layout, many, filterRow, selectedAll } = props;
  const markedAll = view.mark.row < 0 && view.mark.column < 0;
  return (
    <div class="bw-gridhead" role="rowgroup" style={{ width: `${layout.total}px` }}>
      <div class="bw-headrow" role="row" aria-rowindex={1}>
        {many && (
          <div
            class={`bw-headcell bw-cell-check ${markedAll ? "bw-active" : ""}`}
            role="columnheader"
            id={view.cellId({ row: -1, column: -1, part: 0 })}
            aria-colindex={1}
            style={{ width: `${CHECK_WIDTH}px` }}
          >
            <input
              type="checkbox"
              tabIndex={-1}
              aria-label={`Select all ${String(session.model.get("row_label"))}s that the filters leave`}
              checked={selectedAll === "all"}
              ref={(box) => {
                if (box) box.indeterminate = selectedAll === "some";
              }}
              onClick={(event) => {
                event.preventDefault();
                // The state comes back from the selection, after this event.
                setTimeout(view.toggleAll);
              }}
            />
          </div>
        )}
        {layout.columns.map((placed, column) => (
          <HeaderCell key={placed.spec.key} {...props} placed={placed} column={column} />
        ))}
      </div>
      {filterRow && (
        <div class="bw-headrow bw-filterrow" role="row" aria-rowindex={2}>
          {many && (
            <div class="bw-filtercell" role="gridcell" aria-colindex={1} style={{ width: `${CHECK_WIDTH}px` }} />
          )}
          {layout.columns.map((placed) => (
            <div
              key={placed.spec.key}
              class="bw-filtercell"
              role="gridcell"
              aria-colindex={placed.index + (many ? 2 : 1)}
              style={{ width: `${placed.width}px` }}
            >
              {placed.spec.filter && <FilterField session={session} placed={placed} />}
            </div>
          ))}
        </div>
      )}
    </div>
  );
}
