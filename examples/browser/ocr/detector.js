/** From a page's pixels to boxes of its text lines: tiles, network, map, boxes. */
import { findBoxes } from "./boxes.js";
import { inkedCells } from "./ink.js";
import { range, round } from "./numbers.js";
import { paperLevel, paste, plain } from "./pixels.js";

/** @typedef {import("./pixels.js").Grey} Grey */

const OVERLAP = 64; // pixels that neighbouring tiles share
const CELL = 4; // pixels, a quarter of a line's height

/** Finds text lines on a page of any size with a network of a few fixed sizes. */
export class Detector {
  /** @param {import("./model.js").Model} model Its signatures: `detect_HEIGHTxWIDTH`. */
  constructor(model) {
    this.model = model;
    this.textHeight = model.config.preprocessing.text_height;
    this.shrinkRatio = model.config.postprocessing.shrink_ratio;
    this.canvases = Object.keys(model.config.signatures).map((name) => {
      const [height, width] = name.match(/\d+/g).map(Number);
      return { name, height, width };
    });
  }

  /**
   * @param {Grey} page Upright, most lines about `textHeight` pixels high.
   * @returns {Promise<import("./geometry.js").Quad[]>} The surest first.
   */
  async find(page) {
    return findBoxes(await this.probability(page), this.shrinkRatio);
  }

  /** @returns {Promise<import("./boxes.js").ProbabilityMap>} 0 where paper is blank. */
  async probability(page) {
    const { canvas, tiles } = this.layout(page);
    const values = new Float32Array(page.data.length);
    const paper = paperLevel(page);
    for (const { row, column } of tiles) {
      const tile = plain(canvas.width, canvas.height, paper);
      paste(page, tile, column.start, row.start);
      const image = new Uint8Array(tile.data.buffer);
      const { probability } = await this.model.run(canvas.name, { image });
      for (let y = row.low; y < row.high; y++) {
        const from = (y - row.start) * canvas.width - column.start;
        const part = probability.subarray(from + column.low, from + column.high);
        values.set(part, y * page.width + column.low);
      }
    }
    return { values, width: page.width, height: page.height };
  }

  /** The canvas that covers all print with the fewest pixels, and its tiles. */
  layout(page) {
    const inked = inkedCells(page, CELL);
    const layouts = this.canvases.map((canvas) => {
      const rows = spans(page.height, canvas.height);
      const columns = spans(page.width, canvas.width);
      const tiles = rows
        .flatMap((row) => columns.map((column) => ({ row, column })))
        .filter(({ row, column }) => holdsInk(inked, row, column));
      return { canvas, tiles, cost: tiles.length * canvas.height * canvas.width };
    });
    return layouts.reduce((best, other) => (other.cost < best.cost ? other : best));
  }
}

function holdsInk({ mask, columns }, row, column) {
  const from = Math.floor(column.low / CELL);
  const to = Math.ceil(column.high / CELL);
  for (let y = Math.floor(row.low / CELL); y < Math.ceil(row.high / CELL); y++) {
    if (mask.subarray(y * columns + from, y * columns + to).includes(1)) return true;
  }
  return false;
}

/** Tiles along one side: where each starts, and which part of it, low to high, counts. */
function spans(length, size) {
  const count = Math.max(1, Math.ceil((length - OVERLAP) / (size - OVERLAP)));
  const step = count > 1 ? (length - size) / (count - 1) : 0;
  const starts = range(count).map((i) => Math.max(0, round(i * step)));
  const seam = (i) => Math.floor((starts[i] + starts[i - 1] + size) / 2);
  return starts.map((start, i) => ({
    start,
    low: i ? seam(i) : 0,
    high: i + 1 < count ? seam(i + 1) : length,
  }));
}
