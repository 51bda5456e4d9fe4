// Entry of the terminal's bundle: it travels when a terminal is first opened.
import xterm from "@xterm/xterm/css/xterm.css";
import type { Model, Session } from "../host.ts";
import small from "../style/small.css";
import variables from "../style/variables.css";
import { putStyle } from "../style_element.ts";
import { TerminalSession } from "./session.ts";
import css from "./terminal.css";
import { XtermView } from "./view.ts";

export function start(model: Model): Session {
  putStyle("batch-widgets-terminal-style", variables + small + xterm + css);
  return new TerminalSession(model, (session, el) => new XtermView(session, el));
}
