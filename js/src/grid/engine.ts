// The one file that knows TanStack: Table for filtering and sorting, Virtual for the rows in sight.
import {
  columnFilteringFeature,
  constructTable,
  createFilteredRowModel,
  createSortedRowModel,
  globalFilteringFeature,
  rowSortingFeature,
  tableFeatures,
} from "@tanstack/table-core";
import { storeReactivityBindings } from "@tanstack/table-core/store-reactivity-bindings";
import { elementScroll, observeElementOffset, type Range, Virtualizer } from "@tanstack/virtual-core";
import { type Cell, cellText, compare, sortValue } from "./cell.ts";
import { type Filters, isActive, matchesFilter, matchesWords, words } from "./filter.ts";
import type { ColumnSpec, Row } from "./store.ts";

export type Sort = [key: string, direction: "asc" | "desc"][];

// The row's whole text is a column of its own: search looks at that one and no other.
const WHOLE = "\u0000text";

const features = tableFeatures({
  coreReactivityFeature: storeReactivityBindings(),
  columnFilteringFeature,
  globalFilteringFeature,
  rowSortingFeature,
  filteredRowModel: createFilteredRowModel(),
  sortedRowModel: createSortedRowModel(),
});

interface AnyRow {
  original: Row;
  getValue(id: string): unknown;
}

function columnDefs(columns: readonly ColumnSpec[]) {
  const shown = columns.map((column, index) => ({
    id: column.key,
    accessorFn: (row: Row) => sortValue(row.cells[index] ?? null),
    enableGlobalFilter: false,
    sortUndefined: "last" as const,
    sortFn: (a: AnyRow, b: AnyRow, id: string) =>
      compare(a.getValue(id) as string | number, b.getValue(id) as string | number),
    filterFn: (row: AnyRow, _id: string, wanted: string | string[]) =>
      matchesFilter(cellText(row.original.cells[index] ?? (null as Cell)), wanted),
  }));
  return [
    ...shown,
    {
      id: WHOLE,
      accessorFn: (row: Row) => row.text,
      enableGlobalFilter: true,
      sortUndefined: false as const,
      sortFn: () => 0,
      filterFn: () => true,
    },
  ];
}

/** Sorts and filters the rows of one grid. */
export class Engine {
  #table;
  #columns: readonly ColumnSpec[] = [];
  #rows: readonly Row[] = [];

  constructor() {
    this.#table = constructTable<typeof features, Row>({
      features,
      columns: [],
      data: [],
      getRowId: (row: Row) => row.key,
      enableSortingRemoval: true,
      getColumnCanGlobalFilter: (column: { id: string }) => column.id === WHOLE,
      globalFilterFn: (row: AnyRow, _id: string, wanted: string[]) => matchesWords(row.original.text, wanted),
    } as never);
  }

  update(rows: readonly Row[], columns: readonly ColumnSpec[], search: string, filters: Filters, sort: Sort): Row[] {
    const known = new Set(columns.map((column) => column.key));
    const wanted = words(search);
    const active = Object.entries(filters).filter(([id, value]) => known.has(id) && isActive(value));
    const sorting = sort.filter(([id]) => known.has(id));
    // The table makes objects of its own of each row; of thousands that stand as they came it need not.
    if (!wanted.length && !active.length && !sorting.length) return rows.slice();

    const table = this.#table;
    if (rows !== this.#rows || columns !== this.#columns) {
      const defs = columns === this.#columns ? undefined : columnDefs(columns);
      this.#rows = rows;
      this.#columns = columns;
      table.setOptions((old) => ({ ...old, data: rows, ...(defs ? { columns: defs } : {}) }) as never);
    }
    table.setGlobalFilter(wanted.length ? wanted : undefined);
    table.setColumnFilters(active.map(([id, value]) => ({ id, value })));
    table.setSorting(sorting.map(([id, direction]) => ({ id, desc: direction === "desc" })));
    return table.getRowModel().rows.map((row) => row.original);
  }
}

/** Tells which rows are in sight of a scrolling element. */
export class Window {
  #virtual: Virtualizer<HTMLElement, Element>;
  #close: () => void;
  #count = 0;
  #keep = -1;

  constructor(
    scroller: HTMLElement,
    private readonly rowHeight: number,
    changed: () => void,
  ) {
    this.#virtual = new Virtualizer(this.#options(scroller, changed));
    this.#close = this.#virtual._didMount();
    this.#virtual._willUpdate();
  }

  #options(scroller: HTMLElement, changed: () => void) {
    return {
      count: this.#count,
      getScrollElement: () => scroller,
      estimateSize: () => this.rowHeight,
      overscan: 8,
      scrollToFn: elementScroll,
      observeElementOffset,
      // While the theme changes a height of 0 can be read. It is no size to draw by; the next one is.
      observeElementRect: (_: unknown, tell: (rect: { width: number; height: number }) => void) => {
        const read = () => {
          const { clientWidth: width, clientHeight: height } = scroller;
          if (height > 0) tell({ width, height });
        };
        const observer = new ResizeObserver(read);
        observer.observe(scroller);
        read();
        return () => observer.disconnect();
      },
      onChange: changed,
      rangeExtractor: (range: Range) => {
        const first = Math.max(0, range.startIndex - range.overscan);
        const last = Math.min(range.count - 1, range.endIndex + range.overscan);
        const all = [];
        for (let index = first; index <= last; index++) all.push(index);
        // The row with the keyboard's mark stays drawn, or assistive technology would lose its place.
        if (this.#keep >= 0 && this.#keep < range.count && (this.#keep < first || this.#keep > last)) {
          all.push(this.#keep);
        }
        return all;
      },
    };
  }

  /** Indices of the rows to draw, of `count` rows, and always that of `keep`. */
  indices(count: number, keep: number): number[] {
    if (count !== this.#count || keep !== this.#keep) {
      this.#count = count;
      this.#keep = keep;
      this.#virtual.setOptions({
        ...this.#virtual.options,
        count,
        rangeExtractor: this.#virtual.options.rangeExtractor.bind(null),
      });
      this.#virtual._willUpdate();
    }
    return this.#virtual.getVirtualItems().map((item) => item.index);
  }

  close(): void {
    this.#close();
  }
}
