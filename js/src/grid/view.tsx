// A grid on the screen: the header, the rows in sight, mouse and keyboard.
//
// The grid is one tab stop and keeps the focus itself; aria-activedescendant names the cell that the arrows reached, so that a
// row that scrolls out of the drawn part does not take the focus with it. Keys that it uses, and all that write a character,
// stop at its root, for the notebook around it has commands on single letters.
import { Component, createRef } from "preact";
import { copyText } from "../clipboard.ts";
import { cellText } from "./cell.ts";
import { buttonsOf, type CellButton } from "./cells.tsx";
import { Window } from "./engine.ts";
import { headingOf } from "./group.ts";
import { GridHeader } from "./header.tsx";
import { HeadingView } from "./heading.tsx";
import { CHECK_WIDTH, type Layout, layOut, MIN_WIDTH, type Placed } from "./layout.ts";
import { Measure } from "./measure.ts";
import { GridRow } from "./row.tsx";
import { howMany, press, pressAll } from "./selection.ts";
import type { GridSession } from "./session.tsx";

export const ROW_HEIGHT = 24;
const HEADER_HEIGHT = 26;
const FILTER_HEIGHT = 30;
const LEAST_ROWS = 5;
const WIDTH_STEP = 16;
const COPIED_MS = 1500;

let views = 0;

/** Where the arrows are: a row, or the header at -1; a column, with the checkboxes at -1; a button inside the cell from 1. */
export interface Mark {
  row: number;
  column: number;
  part: number;
}

interface Props {
  session: GridSession;
}

export class GridView extends Component<Props> {
  root = createRef<HTMLDivElement>();
  readonly id = `bw-grid-${++views}`;
  /** There once the grid is in the document; no row is drawn before. */
  measure: Measure | undefined;
  mark: Mark = { row: 0, column: 0, part: 0 };
  #markKey: string | null = null;
  #anchor: string | null = null;
  #window: Window | undefined;
  #width = 0;
  #unsubscribe: (() => void) | undefined;
  #observer: ResizeObserver | undefined;
  #copied: string | null = null;
  #refused: string | null = null;
  #layout: Layout = { columns: [], total: 0 };
  #layoutInputs: unknown[] = [];
  #keyboard = false;

  override componentDidMount(): void {
    const root = this.root.current as HTMLDivElement;
    this.#unsubscribe = this.props.session.subscribe(() => this.setState({}));
    this.#observer = new ResizeObserver(() => {
      const width = root.clientWidth;
      if (width > 0 && width !== this.#width) {
        this.#width = width;
        this.setState({});
      }
    });
    this.#observer.observe(root);
    this.#width = root.clientWidth;
    this.measure = new Measure(root);
    this.#window = new Window(root, ROW_HEIGHT, () => this.setState({}));
    this.setState({});
  }

  override componentWillUnmount(): void {
    this.props.session.setPresent(this, false);
    this.#unsubscribe?.();
    this.#observer?.disconnect();
    this.#window?.close();
  }

  get layout(): Layout {
    const { store, widths, selection } = this.props.session;
    const extra = selection === "multiple" ? CHECK_WIDTH : 0;
    const inputs = [store.columns, this.#width, extra, [...widths].join()];
    if (inputs.some((value, index) => value !== this.#layoutInputs[index])) {
      this.#layoutInputs = inputs;
      this.#layout = layOut(store.columns, this.#width, widths, extra);
    }
    return this.#layout;
  }

  get #firstColumn(): number {
    return this.props.session.selection === "multiple" ? -1 : 0;
  }

  /** The id of the cell or button at a mark. */
  cellId({ row, column, part }: Mark): string {
    const cell = `${this.id}-${row < 0 ? "h" : row}-${column}`;
    return part > 0 ? `${cell}-b${part}` : cell;
  }

  /** The mark as it is told: a heading is one cell, whatever column the arrows came by. */
  #told(): Mark {
    return headingOf(this.props.session.visible[this.mark.row])
      ? { ...this.mark, column: this.#firstColumn }
      : this.mark;
  }

  #keys(): string[] {
    return this.props.session.visible.filter((row) => !headingOf(row)).map((row) => row.key);
  }

  // A patch can move or remove the marked row: the mark follows its row, and stays at its place when the row is gone.
  #followMark(): void {
    const { visible } = this.props.session;
    const { mark } = this;
    if (mark.row >= 0 && visible[mark.row]?.key !== this.#markKey) {
      const found = this.#markKey === null ? -1 : visible.findIndex((row) => row.key === this.#markKey);
      mark.row = found >= 0 ? found : Math.max(0, Math.min(mark.row, visible.length - 1));
      this.#markKey = visible[mark.row]?.key ?? null;
    }
    mark.column = Math.max(this.#firstColumn, Math.min(mark.column, this.layout.columns.length - 1));
    if (mark.part > this.#partsAt(mark)) mark.part = 0;
  }

  #fold(row: number, open?: boolean): boolean {
    const heading = headingOf(this.props.session.visible[row]);
    if (heading) this.props.session.fold(heading.name, open);
    return heading !== undefined;
  }

  #partsAt({ row, column }: Mark): number {
    const placed = this.layout.columns[column];
    const cells = this.props.session.visible[row]?.cells;
    return placed && cells ? buttonsOf(cells[placed.index] ?? null).length : 0;
  }

  #moveTo(next: Partial<Mark>, scroll = true): void {
    const { visible } = this.props.session;
    const mark = { ...this.mark, part: 0, ...next };
    mark.row = Math.max(-1, Math.min(mark.row, visible.length - 1));
    mark.column = Math.max(this.#firstColumn, Math.min(mark.column, this.layout.columns.length - 1));
    this.mark = mark;
    this.#markKey = mark.row >= 0 ? (visible[mark.row]?.key ?? null) : null;
    if (scroll) this.#scrollToMark();
    this.setState({});
  }

  #headerHeight(): number {
    return HEADER_HEIGHT + (this.props.session.model.get("filter_row") ? FILTER_HEIGHT : 0);
  }

  #scrollToMark(): void {
    const root = this.root.current;
    if (!root) return;
    const { row, column } = this.mark;
    if (row >= 0) {
      const top = row * ROW_HEIGHT;
      const inSight = root.clientHeight - this.#headerHeight();
      if (top < root.scrollTop) root.scrollTop = top;
      else if (top + ROW_HEIGHT > root.scrollTop + inSight) root.scrollTop = top + ROW_HEIGHT - inSight;
    }
    const before = this.layout.columns.slice(0, Math.max(0, column)).reduce((sum, placed) => sum + placed.width, 0);
    const left = column < 0 ? 0 : before + (this.#firstColumn < 0 ? CHECK_WIDTH : 0);
    const width = this.layout.columns[column]?.width ?? 0;
    if (left < root.scrollLeft) root.scrollLeft = left;
    else if (left + width > root.scrollLeft + root.clientWidth) root.scrollLeft = left + width - root.clientWidth;
  }

  #pageRows(): number {
    const root = this.root.current;
    return root ? Math.max(1, Math.floor((root.clientHeight - this.#headerHeight()) / ROW_HEIGHT) - 1) : 10;
  }

  #sideways(step: 1 | -1): void {
    const { mark } = this;
    if (this.#fold(mark.row, step > 0)) return;
    const part = mark.part + step;
    if (mark.row >= 0 && part >= 0 && part <= this.#partsAt(mark)) {
      this.#moveTo({ part });
      return;
    }
    const column = mark.column + step;
    if (column < this.#firstColumn || column >= this.layout.columns.length) return;
    this.#moveTo({ column, part: step < 0 && mark.row >= 0 ? this.#partsAt({ ...mark, column }) : 0 });
  }

  #select(key: string, how: { toggle?: boolean; extend?: boolean }): void {
    const { session } = this.props;
    if (session.selection === "none") return;
    if (session.selection === "single") {
      session.select(how.toggle && session.isSelected(key) ? [] : [key]);
      return;
    }
    session.select(press(this.#keys(), session.selected, key, this.#anchor, how));
    if (!how.extend) this.#anchor = key;
  }

  toggleAll = (): void => {
    const { session } = this.props;
    session.select(pressAll(this.#keys(), session.selected));
  };

  /** A press on a header: ascending, descending, as the rows came. With Shift it is added to what sorts already. */
  sortBy = (column: string, add: boolean): void => {
    const { session } = this.props;
    const now = session.sort.find(([key]) => key === column)?.[1];
    if (session.held && now) {
      session.sortNow();
      return;
    }
    const next = now === undefined ? "asc" : now === "asc" ? "desc" : undefined;
    if (!add) {
      session.setSort(next ? [[column, next]] : []);
    } else if (now === undefined) {
      session.setSort([...session.sort, [column, "asc"]]);
    } else {
      session.setSort(
        session.sort.flatMap(([key, direction]) =>
          key !== column ? [[key, direction] as ["", "asc"]] : next ? [[key, next] as ["", "asc"]] : [],
        ),
      );
    }
  };

  setWidth = (placed: Placed, width: number | null): void => {
    this.props.session.setWidth(placed.spec.key, width === null ? null : Math.max(MIN_WIDTH, Math.round(width)));
  };

  pressButton = (key: string, column: string, button: CellButton): void => {
    if (button.copy === undefined) this.props.session.act(key, column, button.name);
    else void this.#copy(button.copy);
  };

  async #copy(text: string): Promise<void> {
    const done = await copyText(text);
    this.#copied = done ? text : null;
    this.#refused = done ? null : text;
    this.setState({});
    if (done) {
      setTimeout(() => {
        this.#copied = null;
        this.setState({});
      }, COPIED_MS);
    }
  }

  #copyRows(): void {
    const { session } = this.props;
    const chosen = session.visible.filter((row) => session.isSelected(row.key));
    const marked = session.visible[this.mark.row];
    const rows = chosen.length ? chosen : marked && !headingOf(marked) ? [marked] : [];
    const flat = (text: string) => text.replace(/\s+/g, " ");
    const lines = rows.map((row) =>
      this.layout.columns.map(({ index }) => flat(cellText(row.cells[index] ?? null))).join("\t"),
    );
    if (lines.length) void this.#copy(lines.join("\n"));
  }

  #enter(): void {
    const { session } = this.props;
    const { row, column, part } = this.mark;
    const placed = this.layout.columns[column];
    if (row < 0) {
      if (column < 0) this.toggleAll();
      else if (placed) this.sortBy(placed.spec.key, false);
      return;
    }
    const at = session.visible[row];
    if (!at || this.#fold(row)) return;
    const button = placed && part > 0 ? buttonsOf(at.cells[placed.index] ?? null)[part - 1] : undefined;
    if (button && placed) {
      this.pressButton(at.key, placed.spec.key, button);
      return;
    }
    if (session.selection === "single") this.#select(at.key, {});
    session.pick(at.key);
  }

  #space(): void {
    const at = this.props.session.visible[this.mark.row];
    if (this.mark.row < 0 || this.mark.part > 0 || headingOf(at)) this.#enter();
    else if (at) this.#select(at.key, { toggle: true });
  }

  #rowsMove(row: number, extend: boolean): void {
    const from = this.props.session.visible[this.mark.row]?.key;
    const many = this.props.session.selection === "multiple";
    if (extend && many && this.mark.row >= 0) {
      this.#anchor ??= from ?? null;
      const to = Math.max(0, row);
      this.#moveTo({ row: to });
      if (this.#markKey && !headingOf(this.props.session.visible[to])) this.#select(this.#markKey, { extend: true });
      return;
    }
    this.#anchor = null;
    this.#moveTo({ row });
  }

  /** What a key does, or undefined when it is none of the grid's. */
  #command(event: KeyboardEvent): (() => void) | undefined {
    const { key, shiftKey: shift, altKey: alt } = event;
    const ctrl = event.ctrlKey || event.metaKey;
    const { row, column } = this.mark;
    const { session } = this.props;
    if (alt && !ctrl && (key === "ArrowLeft" || key === "ArrowRight")) {
      const placed = this.layout.columns[column];
      if (!placed) return () => {};
      return () => this.setWidth(placed, placed.width + (key === "ArrowRight" ? WIDTH_STEP : -WIDTH_STEP));
    }
    if (ctrl && !alt && !shift) {
      if (key.toLowerCase() === "a" && session.selection === "multiple") {
        return () => session.select([...new Set([...session.selected, ...this.#keys()])]);
      }
      if (key.toLowerCase() === "c") return this.#hasTextSelection() ? undefined : () => this.#copyRows();
      if (key === "Home") return () => this.#rowsMove(0, false);
      if (key === "End") return () => this.#rowsMove(session.visible.length - 1, false);
      return undefined;
    }
    if (ctrl || alt) return undefined;
    switch (key) {
      case "ArrowDown":
        return () => this.#rowsMove(row + 1, shift);
      case "ArrowUp":
        return () => this.#rowsMove(row - 1, shift);
      case "PageDown":
        return () => this.#rowsMove(Math.max(0, row) + this.#pageRows(), shift);
      case "PageUp":
        return () => this.#rowsMove(Math.max(0, row - this.#pageRows()), shift);
      case "Home":
        return () => this.#rowsMove(0, shift);
      case "End":
        return () => this.#rowsMove(session.visible.length - 1, shift);
      case "ArrowLeft":
        return () => this.#sideways(-1);
      case "ArrowRight":
        return () => this.#sideways(1);
      case "Enter":
        if (shift && row < 0 && column >= 0) {
          return () => this.sortBy(this.layout.columns[column]?.spec.key ?? "", true);
        }
        return shift ? undefined : () => this.#enter();
      case " ":
        return () => this.#space();
      default:
        return undefined;
    }
  }

  #hasTextSelection(): boolean {
    const selection = getSelection();
    return !!selection && !selection.isCollapsed && !!this.root.current?.contains(selection.anchorNode);
  }

  #onKeyDown = (event: KeyboardEvent): void => {
    const target = event.target as HTMLElement;
    const typed = event.key.length === 1 && !event.ctrlKey && !event.metaKey && !event.altKey;
    if (target.matches("input, select, textarea")) {
      if (event.key === "Escape" && target instanceof HTMLInputElement && target.value) {
        target.value = "";
        target.dispatchEvent(new Event("input", { bubbles: true }));
        event.stopPropagation();
      } else if (event.key === "Escape" || (event.key === "ArrowDown" && target instanceof HTMLInputElement)) {
        this.root.current?.focus({ preventScroll: true });
        event.stopPropagation();
      } else if (event.key !== "Tab" && !event.ctrlKey && !event.metaKey) {
        event.stopPropagation();
      }
      return;
    }
    const command = this.#command(event);
    if (command) {
      this.#keyboard = true;
      event.preventDefault();
      event.stopPropagation();
      command();
    } else if (typed || event.key === "Backspace" || event.key === "Delete") {
      event.stopPropagation();
    }
  };

  #place(event: MouseEvent): Mark | null {
    const cell = (event.target as Element).closest<HTMLElement>("[data-row]");
    if (!cell) return null;
    return { row: Number(cell.dataset["row"]), column: Number(cell.dataset["column"]), part: 0 };
  }

  #onMouseDown = (event: MouseEvent): void => {
    this.#keyboard = false;
    // Without this a click with Shift marks text across the rows.
    if (event.shiftKey && this.#place(event)) {
      event.preventDefault();
      this.root.current?.focus({ preventScroll: true });
    }
  };

  #onClick = (event: MouseEvent): void => {
    const place = this.#place(event);
    const row = place && this.props.session.visible[place.row];
    if (!place || !row || (this.#hasTextSelection() && !event.shiftKey)) return;
    if (this.#fold(place.row)) {
      this.#moveTo(place, false);
      return;
    }
    const { shiftKey: extend } = event;
    const toggle = event.ctrlKey || event.metaKey || (place.column < 0 && !extend);
    if (extend && this.#anchor === null) this.#anchor = this.#markKey;
    this.#select(row.key, { toggle: toggle || (extend && place.column < 0), extend });
    this.#moveTo(place, false);
  };

  #onDblClick = (event: MouseEvent): void => {
    const place = this.#place(event);
    const row = place && this.props.session.visible[place.row];
    if (!row || place.column < 0 || headingOf(row)) return;
    getSelection()?.removeAllRanges();
    this.props.session.pick(row.key);
  };

  #onFocusIn = (): void => this.props.session.setPresent(this, true);
  #onPointerEnter = (): void => this.props.session.setPresent(this, true);

  #onLeave = (event: FocusEvent | PointerEvent): void => {
    const root = this.root.current;
    if (!root || root.contains(event.relatedTarget as Node | null)) return;
    const stays = event.type === "focusout" ? root.matches(":hover") : root.contains(document.activeElement);
    if (!stays) this.props.session.setPresent(this, false);
  };

  render() {
    const { session } = this.props;
    const { model, visible, store } = session;
    this.#followMark();
    const { layout } = this;
    const many = session.selection === "multiple";
    const filterRow = Boolean(model.get("filter_row"));
    const headerRows = filterRow ? 2 : 1;
    const label = String(model.get("row_label") || "row");
    const header = this.#headerHeight();
    const most = Number(model.get("height"));
    // Filters do not change the height, or the page would jump while one types.
    const height = Math.min(most, header + Math.max(LEAST_ROWS, store.rows.length) * ROW_HEIGHT + 2);
    const indices = this.#window?.indices(visible.length, this.mark.row) ?? [];
    return (
      <div class="bw-gridbox">
        <div
          ref={this.root}
          class={`bw-grid ${this.#keyboard ? "bw-keyboard" : ""}`}
          role={session.groupColumn < 0 ? "grid" : "treegrid"}
          id={this.id}
          tabIndex={0}
          aria-label={`${label[0]?.toUpperCase() ?? ""}${label.slice(1)}s`}
          aria-rowcount={visible.length + headerRows}
          aria-colcount={store.columns.length + (many ? 1 : 0)}
          aria-multiselectable={session.selection === "none" ? undefined : many}
          aria-busy={model.get("busy") ? true : undefined}
          aria-activedescendant={visible.length || this.mark.row < 0 ? this.cellId(this.#told()) : undefined}
          style={{ height: `${height}px`, scrollPaddingTop: `${header}px` }}
          onKeyDown={this.#onKeyDown}
          onMouseDown={this.#onMouseDown}
          onClick={this.#onClick}
          onDblClick={this.#onDblClick}
          onFocusIn={this.#onFocusIn}
          onFocusOut={this.#onLeave}
          onPointerEnter={this.#onPointerEnter}
          onPointerLeave={this.#onLeave}
        >
          <GridHeader
            view={this}
            session={session}
            layout={layout}
            many={many}
            filterRow={filterRow}
            selectedAll={many ? howMany(this.#keys(), session.selected) : "none"}
          />
          <div
            class="bw-rows"
            role="rowgroup"
            style={{ height: `${visible.length * ROW_HEIGHT}px`, width: `${layout.total}px` }}
          >
            {indices.map((index) => {
              const row = visible[index];
              if (!row) return null;
              const heading = headingOf(row);
              if (heading) {
                return (
                  <HeadingView
                    key={row.key}
                    heading={heading}
                    total={session.totalOf(heading.name)}
                    label={label}
                    index={index}
                    ariaIndex={index + headerRows + 1}
                    columns={store.columns.length + (many ? 1 : 0)}
                    id={this.cellId({ row: index, column: this.#firstColumn, part: 0 })}
                    marked={this.mark.row === index}
                    width={layout.total}
                  />
                );
              }
              return (
                <GridRow
                  key={row.key}
                  row={row}
                  index={index}
                  ariaIndex={index + headerRows + 1}
                  layout={layout}
                  many={many}
                  label={label}
                  selectable={session.selection !== "none"}
                  selected={session.isSelected(row.key)}
                  grouped={session.groupColumn}
                  mark={this.mark.row === index ? this.mark : null}
                  copied={this.#copied}
                  view={this}
                />
              );
            })}
          </div>
          {visible.length === 0 && !model.get("busy") && (
            <div class="bw-grid-empty" role="row" style={{ top: `${header}px` }}>
              <span role="gridcell">{String(model.get("empty_text") || `No ${label}s`)}</span>
            </div>
          )}
        </div>
        {this.#refused !== null && (
          <div class="bw-refused">
            <label>
              The browser refuses to copy. Press Ctrl+C:
              <textarea
                readOnly
                rows={1}
                value={this.#refused}
                ref={(area) => area?.select()}
                onKeyDown={(event) => event.stopPropagation()}
                onBlur={() => {
                  this.#refused = null;
                  this.setState({});
                }}
              />
            </label>
          </div>
        )}
      </div>
    );
  }
}
