// Colours for what a formula is made of. What is right and wrong in it is the kernel's to say.
import { HighlightStyle, StreamLanguage, type StringStream, syntaxHighlighting } from "@codemirror/language";
import type { Extension } from "@codemirror/state";
import { tags } from "@lezer/highlight";
import { isVariable, type Word } from "./words.ts";

const NUMBER = /^(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?/;
const NAME = /^\$?[A-Za-z_]\w*/;
const TEXT = /^(?:"[^"]*"?|'[^']*'?)/;

const table = {
  service: tags.keyword,
  called: tags.function(tags.variableName),
  constant: tags.atom,
  own: tags.variableName,
  member: tags.propertyName,
};

const style = HighlightStyle.define([
  { tag: tags.keyword, class: "bw-f-service" },
  { tag: tags.function(tags.variableName), class: "bw-f-function" },
  { tag: tags.propertyName, class: "bw-f-function" },
  { tag: tags.atom, class: "bw-f-constant" },
  { tag: tags.number, class: "bw-f-number" },
  { tag: tags.string, class: "bw-f-string" },
  { tag: tags.comment, class: "bw-f-comment" },
  { tag: tags.operator, class: "bw-f-operator" },
]);

/** Which of the table's names, or of the usual ones, the next token has. */
export function nextToken(stream: StringStream, words: Map<string, Word>): string | null {
  if (stream.eatSpace()) return null;
  if (stream.match("//")) {
    stream.skipToEnd();
    return "comment";
  }
  if (stream.match(TEXT)) return "string";
  if (stream.match(NUMBER)) return "number";
  const name = stream.match(NAME);
  if (name && name !== true) {
    const word = words.get(name[0]);
    if (word && isVariable(word)) return "service";
    if (word?.kind === "function") return stream.match(/^\s*\(/, false) ? "called" : "own";
    if (word?.kind === "method" || word?.kind === "field") return "member";
    return word ? "constant" : "own";
  }
  return /[-+*/<>=!?:&|]/.test(stream.next() ?? "") ? "operator" : null;
}

export function language(words: Map<string, Word>): Extension {
  const mode = StreamLanguage.define<null>({
    name: "autoscale",
    startState: () => null,
    token: (stream) => nextToken(stream, words),
    tokenTable: table,
    languageData: { commentTokens: { line: "//" } },
  });
  return [mode, syntaxHighlighting(style)];
}
