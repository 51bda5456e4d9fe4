// The end of a stream of bytes, for what wants to see it later.

export class Kept {
  #most: number;
  #pieces: Uint8Array[] = [];
  #size = 0;

  constructor(most: number) {
    this.#most = most;
  }

  get pieces(): readonly Uint8Array[] {
    return this.#pieces;
  }

  /** Whole pieces go as soon as enough is there without them. */
  add(piece: Uint8Array): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    for (let first = this.#pieces[0]; first && this.#size - first.length >= this.#most; first = this.#pieces[0]) {
      this.#pieces.shift();
      this.#size -= first.length;
    }
  }

  clear(): void {
    this.#pieces = [];
    this.#size = 0;
  }
}
