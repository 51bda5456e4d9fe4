// The style sheet of everything the package shows, put into the document once. A newer bundle replaces an older one's.
import { iconRules } from "./icons.tsx";
import css from "./style/all.css";

const ID = "batch-widgets-style";

export function ensureStyle(root: Document = document): void {
  const text = iconRules() + css;
  let element = root.getElementById(ID);
  if (!element) {
    element = root.createElement("style");
    element.id = ID;
    root.head.append(element);
  }
  if (element.textContent !== text) element.textContent = text;
}
