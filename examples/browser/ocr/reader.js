/** A page's pixels in, its text out. Follows `suite/ocr/reader.py` step by step. */
import { beam, greedy } from "./decoding.js";
import { inverted, quadSize, rectified, transformed } from "./geometry.js";
import { readingOrder } from "./layout.js";
import { median, sum } from "./numbers.js";
import { skewAngle, textRunsDown } from "./orientation.js";
import { Placement } from "./placement.js";
import { rotated } from "./pixels.js";
import { Scorer } from "./prefix-search.js";
import { loneHeight, textHeight } from "./text-height.js";
import { closedUp, lineWords, meanConfidence } from "./words.js";

/** @typedef {import("./geometry.js").Quad} Quad */
/** @typedef {import("./pixels.js").Grey} Grey */
/** @typedef {{text: string, quad: Quad, confidence: number,
 *             words: import("./words.js").Word[]}} Line */
/** @typedef {{text: string, angle: number, rows: Line[][]}} PageText
 *  In reading order; `angle`: degrees, clockwise, by which the text is turned. */

const SURE = 0.85; // mean confidence from which no other turn of a page is tried
const POOR = 0.6; // below it, turns are tried that its look speaks against
const MIN_CONFIDENCE = 0.5; // lines below are left out, short ones below its root
const SHORT = 10; // characters

export class Reader {
  /**
   * @param {import("./detector.js").Detector} detector
   * @param {import("./recognizer.js").Recognizer} recognizer
   * @param {?import("./ngram.js").CharacterModel} languageModel
   */
  constructor(detector, recognizer, languageModel = null) {
    this.detector = detector;
    this.recognizer = recognizer;
    this.scorer = languageModel && new Scorer(recognizer.alphabet, languageModel);
  }

  /**
   * @param {Grey} page
   * @param {(quads: Quad[], done: number) => ?Promise<void>} progress Told of the boxes
   *   that were found, and of how many of them were read; waited for.
   * @returns {Promise<PageText>}
   */
  async read(page, progress = () => {}) {
    const { placement, lines: found } = await this.upright(page, progress);
    // not before: what reads badly tells that a page stands on its head
    const lines = found.filter(isSure);
    const level = lines.map((line) => placement.levelled(line.quad));
    const rows = readingOrder(level).map((row) => row.map((i) => lines[i]));
    const text = rows.map((row) => row.map((line) => line.text).join(" ")).join("\n");
    return { text, angle: placement.angle, rows };
  }

  /** The page as it reads best. An upright page that reads well is read once. */
  async upright(page, progress) {
    const first = await this.readTurned(page, 0, progress);
    if (first.sureness >= SURE) return first;
    const runsDown = textRunsDown(page);
    // no text at all, or a number alone, read well: three digits on their side pass
    // for letters
    const alone = !first.lines.length || sureness(first.lines, 1) >= SURE;
    if (runsDown === null && alone) return first;
    const tried = new Map();
    let best = { sureness: -1 };
    for (const pair of runsDown
      ? [
          [90, 270],
          [0, 180],
        ]
      : [
          [0, 180],
          [90, 270],
        ]) {
      for (const turn of pair) {
        const result = turn ? await this.readTurned(page, turn, progress) : first;
        tried.set(turn, result.placement);
        if (result.sureness > best.sureness) best = result;
        if (best.sureness >= SURE) return best;
      }
      if (runsDown !== null && best.sureness >= POOR) break;
    }
    // What was measured was no text, and lines were taken two for one. On its head
    // clear print reads well enough to win.
    const { turn } = best.placement;
    for (const again of new Set([0, turn, (turn + 180) % 360])) {
      if (!tried.has(again)) continue;
      const result = await this.readPlaced(page, tried.get(again), progress, 2);
      if (result.sureness > best.sureness) best = result;
    }
    return best;
  }

  async readTurned(page, turn, progress) {
    const placement = new Placement(turn, skewAngle(rotated(page, turn)));
    return this.readPlaced(page, placement, progress);
  }

  async readPlaced(page, placement, progress, finer = 1) {
    const lines = await this.lines(page, placement, progress, finer);
    return { placement, lines, sureness: sureness(lines) };
  }

  /** Lines in no order, in pixels of the picture. */
  async lines(page, placement, progress, finer) {
    const quads = await this.find(page, placement, finer);
    const lines = [];
    for (const [done, quad] of quads.entries()) {
      await progress(quads, done);
      lines.push(await this.line(page, quad));
    }
    await progress(quads, quads.length);
    return lines.filter((line) => line.text);
  }

  /** @returns {Promise<Line>} */
  async line(page, quad) {
    const { alphabet, height, stride } = this.recognizer;
    const crop = rectified(page, quad, height);
    const logits = await this.recognizer.read(crop);
    const characters = closedUp(
      this.scorer ? beam(logits, alphabet, this.scorer) : greedy(logits, alphabet),
    );
    const words = lineWords(characters, quad, crop.width / stride);
    const text = words.map((word) => word.text).join(" ");
    return { text, quad, confidence: meanConfidence(characters), words };
  }

  /**
   * @param {number} finer How many times smaller text may be than its measured height.
   * @returns {Promise<Quad[]>} In pixels of the picture.
   */
  async find(page, placement, finer) {
    const wanted = this.detector.textHeight;
    const turned = rotated(page, placement.turn);
    let height = textHeight(turned, placement.skew) ?? loneHeight(turned) ?? wanted;
    height /= finer;
    let quads = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      const { picture, matrix } = placement.upright(
        page,
        bounded(wanted / height, page),
      );
      const found = await this.detector.find(picture);
      quads = found.map((quad) => transformed(quad, inverted(matrix)));
      // nothing: lines so near to one another that two were taken for one
      const measured = quads.length
        ? median(quads.map((quad) => quadSize(quad)[1]))
        : height / 2;
      if (quads.length && measured / height > 0.8 && measured / height < 1.25) break;
      height = measured;
    }
    return quads;
  }
}

/** Whether it was read surely enough to be text: a few characters are often scribble. */
function isSure({ text, confidence }) {
  const short = [...text].length <= SHORT;
  return confidence >= (short ? Math.sqrt(MIN_CONFIDENCE) : MIN_CONFIDENCE);
}

/** Mean confidence 0..1 over the characters read; 0 of less than `least` of them. */
function sureness(lines, least = 4) {
  const characters = sum(lines.map((line) => [...line.text].length));
  if (characters < least) return 0;
  return sum(lines.map((line) => line.confidence * [...line.text].length)) / characters;
}

/** A scale that neither enlarges beyond sense nor makes more than 6 megapixels. */
function bounded(scale, page) {
  return Math.min(scale, 3, Math.sqrt(6e6 / page.data.length));
}
