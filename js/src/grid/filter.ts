// Which rows search and filters leave. The Python side has the same rules; tests/data/grid_filter_cases.json holds both to them.

export type Filter = string | string[];
export type Filters = Record<string, Filter>;

export function words(search: string): string[] {
  return search.toLowerCase().split(/\s+/).filter(Boolean);
}

export function matchesWords(text: string, wanted: readonly string[]): boolean {
  return wanted.every((word) => text.includes(word));
}

export function matchesFilter(text: string, wanted: Filter): boolean {
  return typeof wanted === "string" ? text.toLowerCase().includes(wanted.toLowerCase()) : wanted.includes(text);
}

export function isActive(filter: Filter | undefined): filter is Filter {
  return filter !== undefined && filter !== null && filter.length > 0;
}
