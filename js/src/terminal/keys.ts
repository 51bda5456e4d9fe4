// Which keys the terminal keeps for itself. Pure.

/** What a key means here; undefined: it belongs to the program in the terminal. */
export type Meaning = "leave" | "copy" | "paste" | undefined;

type Key = Pick<KeyboardEvent, "key" | "ctrlKey" | "shiftKey" | "altKey" | "metaKey">;

export function meaningOf(event: Key, hasSelection: boolean): Meaning {
  const { key, ctrlKey, shiftKey, altKey, metaKey } = event;
  if (!ctrlKey || altKey || metaKey) return undefined;
  // Windows itself takes Ctrl+Shift+Esc.
  if (shiftKey && (key === "Escape" || key === "Home")) return "leave";
  const letter = key.toLowerCase();
  if (letter === "c" && (shiftKey || hasSelection)) return "copy";
  if (letter === "v" && shiftKey) return "paste";
  return undefined;
}

export function wayOut(platform: string): string {
  return /^win/i.test(platform) ? "Ctrl+Shift+Home" : "Ctrl+Shift+Esc";
}

/** Whether a terminal's data is its answer to a program's question (what it is, where the cursor stands), not typed. */
export function isAnswer(data: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
  return /^\x1b(?:[P\]]|\[[\d;?>=$]+[cnRty])/.test(data);
}
