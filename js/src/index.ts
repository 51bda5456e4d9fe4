// Entry of the bundle: which kind of widget a model is, and the one style sheet of the page.
import { startCopy } from "./copy.tsx";
import { startFrame } from "./frame.ts";
import { startGrid } from "./grid/session.tsx";
import type { Model, Session } from "./host.ts";
import { startSecret } from "./secret.tsx";
import { ensureStyle } from "./style.ts";

const kinds: Record<string, (model: Model) => Session> = {
  grid: startGrid,
  secret: startSecret,
  frame: startFrame,
  copy: startCopy,
};

export function start(model: Model): Session {
  ensureStyle();
  const kind = String(model.get("_kind"));
  const begin = kinds[kind];
  if (!begin) throw new Error(`batch_widgets has no front end of the kind "${kind}"`);
  return begin(model);
}
