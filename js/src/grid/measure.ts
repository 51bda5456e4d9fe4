// How wide a text is, so that one that is cut in the middle closes up with its end.

const AVERAGE = 7;
const KEPT = 5000;

/** The part of a text that stays when it is cut in the middle; ends tell ids apart. */
export const TAIL = 9;

export class Measure {
  #context: CanvasRenderingContext2D | null;
  #fonts: { mono: string; text: string };
  #heads = new Map<string, number | null>();

  constructor(root: HTMLElement) {
    const style = getComputedStyle(root);
    const family = style.getPropertyValue("--bw-code-font") || "monospace";
    this.#fonts = { mono: `12px ${family}`, text: `${style.fontSize || "13px"} ${style.fontFamily || "sans-serif"}` };
    this.#context = document.createElement("canvas").getContext?.("2d") ?? null;
  }

  width(text: string, mono: boolean): number {
    if (!this.#context) return text.length * AVERAGE;
    this.#context.font = mono ? this.#fonts.mono : this.#fonts.text;
    return this.#context.measureText(text).width;
  }

  /** Width of the beginning of a text that leaves room for its end; null when all of it fits, or not even that. */
  head(text: string, room: number, mono: boolean): number | null {
    const known = `${mono ? "m" : "t"}${room} ${text}`;
    let found = this.#heads.get(known);
    if (found === undefined) {
      found = this.#find(text, room, mono);
      if (this.#heads.size > KEPT) this.#heads.clear();
      this.#heads.set(known, found);
    }
    return found;
  }

  #find(text: string, room: number, mono: boolean): number | null {
    if (text.length <= TAIL * 2 || this.width(text, mono) <= room) return null;
    const left = room - this.width(text.slice(-TAIL), mono);
    if (this.width(`${text[0]}…`, mono) > left) return null;
    let fits = 1;
    let fails = text.length - TAIL;
    while (fails - fits > 1) {
      const middle = (fits + fails) >> 1;
      if (this.width(`${text.slice(0, middle)}…`, mono) <= left) fits = middle;
      else fails = middle;
    }
    return Math.ceil(this.width(`${text.slice(0, fits)}…`, mono));
  }
}
