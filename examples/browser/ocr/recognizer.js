/** From cut-out text lines to logits: buckets of width, long lines in pieces. */
import { columnsOf, paste, plain } from "./pixels.js";
import { stitched } from "./stitching.js";

/** @typedef {import("./pixels.js").Grey} Grey */
/** @typedef {import("./decoding.js").Logits} Logits */

const OVERLAP = 128; // pixels that neighbouring pieces of a long line share

/** Reads lines of any width with a network of a few fixed widths. */
export class Recognizer {
  /** @param {import("./model.js").Model} model Its signatures: `read_WIDTH`. */
  constructor(model) {
    this.model = model;
    this.alphabet = [...model.config.alphabet];
    this.height = model.config.preprocessing.height;
    this.stride = model.config.preprocessing.stride;
    const names = Object.keys(model.config.signatures);
    this.widths = names
      .map((name) => Number(name.match(/\d+/)[0]))
      .sort((a, b) => a - b);
  }

  /**
   * @param {Grey} line Of the network's height.
   * @returns {Promise<Logits>} A frame for each `stride` pixels begun.
   */
  async read(line) {
    const { stride } = this;
    const widest = this.widths.at(-1);
    if (line.width <= widest) return this.readPiece(line);
    // starts at whole frames, so that the frames of all pieces lie on one grid
    const last = Math.ceil((line.width - widest) / stride) * stride;
    const pieces = [];
    for (let start = 0; ; start = Math.min(start + widest - OVERLAP, last)) {
      const logits = await this.readPiece(columnsOf(line, start, start + widest));
      pieces.push({ logits, offset: start / stride });
      if (start === last) return stitched(pieces, Math.ceil(line.width / stride));
    }
  }

  /** @returns {Promise<Logits>} */
  async readPiece(line) {
    const bucket = this.widths.find((width) => width >= line.width);
    const canvas = plain(bucket, this.height);
    paste(line, canvas, 0, 0);
    const image = new Uint8Array(canvas.data.buffer);
    const width = Int32Array.of(line.width);
    const { logits } = await this.model.run(`read_${bucket}`, { image, width });
    const classes = this.alphabet.length + 1;
    const steps = Math.ceil(line.width / this.stride);
    return { values: logits.subarray(0, steps * classes), steps, classes };
  }
}
