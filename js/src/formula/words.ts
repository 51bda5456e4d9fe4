// The language's words, as the kernel gives them.

export interface Word {
  name: string;
  kind: "target" | "metric" | "number" | "function" | "method" | "field" | "interval" | "option";
  help: string;
  /** What stands between its parentheses. */
  takes: string;
  offered: boolean;
}

const NAME = /\$?[A-Za-z_]\w*/y;

export const isVariable = (word: Word): boolean =>
  word.kind === "target" || word.kind === "metric" || word.kind === "number";

export const isCalled = (word: Word): boolean => word.kind === "function" || word.kind === "method";

/** The name that begins here, if one does. */
export function nameAt(text: string, at: number): string {
  NAME.lastIndex = at;
  return NAME.exec(text)?.[0] ?? "";
}

/** The variables that a formula sets itself, in the order of the text. */
export function ownNames(text: string, words: Map<string, Word>): string[] {
  const found = new Set<string>();
  const bare = text.replace(/\/\/.*/g, "");
  for (const [, name] of bare.matchAll(/(?:^|;)\s*(\$?[A-Za-z_]\w*)\s*=(?!=)/g)) {
    if (name && !words.has(name)) found.add(name);
  }
  return [...found];
}
