/** Ink on paper: what is darker (on dark paper, lighter) than its surroundings. */
import { findComponents, only } from "./components.js";
import { range, round, weightedMedian } from "./numbers.js";
import { resize, smoothed, windowMean } from "./pixels.js";

/** @typedef {import("./pixels.js").Grey} Grey */
/** @typedef {import("./components.js").Components} Components */

const WINDOW = 41; // pixels: what "surroundings" means, several strokes wide
const CONTRAST = 0.7; // of the mean contrast of all that stands out: faint print counts
const LEAST = 8; // grey levels: below it lie JPEG blocks and the grain of paper
const LEAST_OF_CELLS = 12; // grey levels of a mean over a cell
const LETTERS = [4, 100]; // pixels: heights of what may be a letter or a word

/** A picture of at most about `pixels` pixels, and its scale (<= 1). */
export function reduced(grey, pixels) {
  const scale = Math.sqrt(pixels / Math.max(grey.data.length, 1));
  if (scale >= 1) return [grey, 1];
  const size = [grey.width, grey.height].map((side) =>
    Math.max(1, round(side * scale)),
  );
  return [resize(grey, ...size), scale];
}

/**
 * Where a picture is inked. Ink is what stands out most, few pixels far from their
 * surroundings: on black paper that is white print.
 * @param {Grey} grey
 * @returns {Uint8Array} 0 or 1 for each pixel.
 */
export function inkMask(grey) {
  const { width, height } = grey;
  const smooth = smoothed(grey).data;
  const around = windowMean({ data: smooth, width, height }, WINDOW).data;
  let skew = 0;
  for (let y = 0; y < height; y += 4) {
    for (let x = 0; x < width; x += 4) {
      skew += (smooth[y * width + x] - around[y * width + x]) ** 3;
    }
  }
  const sign = skew <= 0 ? 1 : -1;
  const contrast = (i) => sign * (around[i] - smooth[i]);
  let [sum, count] = [0, 0];
  for (let y = 0; y < height; y += 4) {
    for (let x = 0; x < width; x += 4) {
      const value = contrast(y * width + x);
      if (value > 3) [sum, count] = [sum + value, count + 1];
    }
  }
  const limit = Math.max(LEAST, count ? (CONTRAST * sum) / count : 0);
  return Uint8Array.from(smooth, (_, i) => Number(contrast(i) > limit));
}

/**
 * Where there may be print, on a coarse grid; generous, for skipping blank paper.
 * @param {Grey} grey
 * @param {number} cell Side of a cell in pixels.
 * @returns {{mask: Uint8Array, columns: number, rows: number}}
 */
export function inkedCells(grey, cell) {
  const [columns, rows] = [Math.ceil(grey.width / cell), Math.ceil(grey.height / cell)];
  const small = resize(grey, columns, rows);
  const around = windowMean(small, 11);
  const mask = Uint8Array.from(small.data, (level, i) =>
    Number(Math.abs(level - around.data[i]) > LEAST_OF_CELLS),
  );
  const found = findComponents(mask, columns, rows);
  return { mask: only(found, (i) => found.ink[i] >= 3), columns, rows }; // no specks
}

/** Whether component `i` may be a letter, or a word of letters that touch. */
export function isLetter({ width, height, ink, columns, rows }, i) {
  const [w, h] = [width[i], height[i]];
  return (
    h >= LETTERS[0] &&
    h <= LETTERS[1] &&
    h < 0.97 * rows && // no border of a scan
    w >= 2 &&
    w < 0.97 * columns &&
    w < 12 * h &&
    h < 5 * w && // no rules
    ink[i] > 6 &&
    ink[i] >= 0.1 * w * h // no specks, no frames
  );
}

/**
 * Median height of the letters, weighted by their width.
 * @param {Components} components
 * @returns {?number} Pixels; null where there are fewer than three.
 */
export function letterHeight(components) {
  const { count, width, height } = components;
  const letters = range(count).filter((i) => isLetter(components, i));
  return letters.length < 3 ? null : weightedMedian(letters, height, width);
}
