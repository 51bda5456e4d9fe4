// What can stand here, with a line of help.
import {
  type Completion,
  type CompletionContext,
  type CompletionResult,
  pickedCompletion,
} from "@codemirror/autocomplete";
import type { EditorView } from "@codemirror/view";
import { isCalled, isVariable, ownNames, type Word } from "./words.ts";

const OPTION = /\$NodeDeallocationOption\s*=\s*(\w*)$/;
const MEMBER = /(\$?\w*)(?:\([^()]*\))?\s*\.\s*([A-Za-z_]*)$/;
const WORD = /\$?[A-Za-z_]?\w*$/;

function insertCall(name: string, takes: string) {
  return (view: EditorView, completion: Completion, from: number, to: number): void => {
    const open = view.state.sliceDoc(to, to + 1) === "(";
    const insert = open ? name : `${name}()`;
    // The cursor goes between the parentheses, if something goes there.
    const anchor = from + insert.length - (open || !takes ? 0 : 1);
    view.dispatch({
      changes: { from, to, insert },
      selection: { anchor },
      annotations: pickedCompletion.of(completion),
      userEvent: "input.complete",
    });
  };
}

function offer(word: Word, place: number): Completion {
  const made: Completion = { label: word.name, info: word.help, boost: Math.max(-99, -place) };
  if (isCalled(word)) {
    made.detail = `(${word.takes})`;
    made.apply = insertCall(word.name, word.takes);
  }
  return made;
}

export function completer(all: Word[]): (context: CompletionContext) => CompletionResult | null {
  const words = new Map(all.map((word) => [word.name, word]));
  const offered = all.filter((word) => word.offered);
  const of = (...kinds: Word["kind"][]): Completion[] => offered.filter((word) => kinds.includes(word.kind)).map(offer);
  const options = of("option");
  const methods = of("method");
  const fields = of("field");
  const usual = offered
    .filter((word) => isVariable(word) || word.kind === "function" || word.kind === "interval")
    .map(offer);

  return (context) => {
    const line = context.state.doc.lineAt(context.pos);
    const before = line.text.slice(0, context.pos - line.from);
    if (/\/\//.test(before.replace(/"[^"]*"/g, ""))) return null;
    const option = OPTION.exec(before);
    if (option) {
      return { from: context.pos - (option[1]?.length ?? 0), options, validFor: /^\w*$/ };
    }
    const member = MEMBER.exec(before);
    if (member && !/^\d+$/.test(member[1] ?? "")) {
      const metric = words.get(member[1] ?? "")?.kind === "metric";
      return {
        from: context.pos - (member[2]?.length ?? 0),
        options: metric ? methods : fields,
        validFor: /^[A-Za-z_]*$/,
      };
    }
    const typed = WORD.exec(before)?.[0] ?? "";
    if (typed === "" && !context.explicit) return null;
    const own = ownNames(context.state.sliceDoc(0, line.from), words).map((label) => ({
      label,
      info: "Set further up.",
    }));
    return { from: context.pos - typed.length, options: [...own, ...usual], validFor: /^\$?\w*$/ };
  };
}
