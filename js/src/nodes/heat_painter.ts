// Two ways to draw the squares: an element for each while there is place for letters, and a canvas for the smaller squares of
// larger pools, so that the page has no more elements for them.
import { boxOf, hasLetters, type Layout } from "./heat_layout.ts";
import type { Changed, Square } from "./heat_store.ts";

const HUES = ["ok", "warn", "err", "busy", "run", "none"];

export interface Scene {
  layout: Layout;
  count: number;
  square(index: number): Square;
  isChosen(index: number): boolean;
}

export interface Painter {
  paint(scene: Scene, what: Changed): void;
}

function classOf(scene: Scene, index: number): string {
  const [hue] = scene.square(index);
  return `bw-${HUES.includes(hue) ? hue : "none"}${scene.isChosen(index) ? " bw-chosen" : ""}`;
}

export class ElementPainter implements Painter {
  #field: HTMLElement;

  constructor(field: HTMLElement) {
    this.#field = field;
    field.replaceChildren();
  }

  paint(scene: Scene, what: Changed): void {
    const { layout, count } = scene;
    const field = this.#field;
    if (what === "all") {
      field.style.gridTemplateColumns = `repeat(${layout.columns}, ${layout.size}px)`;
      field.style.gridAutoRows = `${layout.size}px`;
      field.style.gap = `${layout.pitch - layout.size}px`;
      field.classList.toggle("bw-small", !hasLetters(layout));
      while (field.childElementCount > count) field.lastElementChild?.remove();
      while (field.childElementCount < count) field.append(document.createElement("i"));
    }
    const squares = field.children;
    const letters = hasLetters(layout);
    const draw = (index: number): void => {
      const element = squares[index];
      if (!element) return;
      const look = classOf(scene, index);
      const letter = letters ? scene.square(index)[1] : "";
      if (element.className !== look) element.className = look;
      if (element.textContent !== letter) element.textContent = letter;
    };
    if (what === "all") for (let index = 0; index < count; index++) draw(index);
    else for (const index of what) draw(index);
  }
}

export class CanvasPainter implements Painter {
  #canvas: HTMLCanvasElement;
  #probes = new Map<string, HTMLElement>();

  constructor(field: HTMLElement) {
    this.#canvas = document.createElement("canvas");
    field.removeAttribute("style"); // rows as high as those of the elements before would hide what is below
    field.replaceChildren(this.#canvas);
    field.classList.add("bw-small");
    // What the style sheet says of a square of each hue is read from squares that nobody sees.
    const hidden = document.createElement("span");
    hidden.className = "bw-heat-probes";
    for (const name of [...HUES, "chosen"]) {
      const probe = hidden.appendChild(document.createElement("i"));
      probe.className = `bw-${name}`;
      this.#probes.set(probe.className, probe);
    }
    field.append(hidden);
  }

  paint(scene: Scene, what: Changed): void {
    const { layout, count } = scene;
    const scale = devicePixelRatio || 1;
    const width = layout.columns * layout.pitch;
    const height = layout.rows * layout.pitch;
    const canvas = this.#canvas;
    const context = canvas.getContext("2d");
    if (!context) return;
    if (what === "all") {
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.width = `${width}px`;
      canvas.style.height = `${height}px`;
    }
    context.setTransform(scale, 0, 0, scale, 0, 0);
    const colours = new Map([...this.#probes].map(([name, probe]) => [name, getComputedStyle(probe).backgroundColor]));
    const draw = (index: number): void => {
      const { left, top, size } = boxOf(layout, index);
      const look = classOf(scene, index);
      const [hue, chosen] = look.split(" ");
      context.clearRect(left, top, size, size);
      context.fillStyle = colours.get(chosen ?? hue ?? "") ?? "";
      context.fillRect(left, top, size, size);
      if (!chosen || size < 4) return;
      // The middle of a chosen square still tells its state.
      context.clearRect(left + 1, top + 1, size - 2, size - 2);
      context.fillStyle = colours.get(hue ?? "") ?? "";
      context.fillRect(left + 1, top + 1, size - 2, size - 2);
    };
    if (what === "all") for (let index = 0; index < count; index++) draw(index);
    else for (const index of what) draw(index);
  }
}
