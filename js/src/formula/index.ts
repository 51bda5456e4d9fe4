// Entry of the editor's bundle: it travels when an editor is first seen.
import type { Model, Session } from "../host.ts";
import variables from "../style/variables.css";
import { putStyle } from "../style_element.ts";
import css from "./formula.css";
import { FormulaSession } from "./session.ts";
import own from "./variables.css";

export function start(model: Model): Session {
  putStyle("batch-widgets-formula-style", variables + own + css);
  return new FormulaSession(model);
}
