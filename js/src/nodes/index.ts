// Entry of the bundle of what only panels of nodes need.
import type { Model, Session } from "../host.ts";
import small from "../style/small.css";
import variables from "../style/variables.css";
import { putStyle } from "../style_element.ts";
import { startDownload } from "./download.tsx";
import { startHeat } from "./heat.ts";
import css from "./nodes.css";
import { startOnce } from "./once.tsx";
import panel from "./panel.css";

const kinds: Record<string, (model: Model) => Session> = {
  heat: startHeat,
  once: startOnce,
  download: startDownload,
};

export function start(model: Model): Session {
  putStyle("batch-widgets-nodes-style", variables + small + css + panel);
  const kind = String(model.get("_kind"));
  const begin = kinds[kind];
  if (!begin) throw new Error(`batch_widgets has no front end of the kind "${kind}"`);
  return begin(model);
}
