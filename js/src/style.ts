// The style sheet of everything the package shows, put into the document once. A newer bundle replaces an older one's.
import { iconRules } from "./icons.tsx";
import css from "./style/all.css";
import { putStyle } from "./style_element.ts";

export function ensureStyle(root: Document = document): void {
  putStyle("batch-widgets-style", iconRules() + css, root);
}
