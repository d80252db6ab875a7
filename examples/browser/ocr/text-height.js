/** How high the text of a page is, in pixels, before anything was recognized. */
import { findComponents, joinAcross, only } from "./components.js";
import { inkMask, isLetter, letterHeight, reduced } from "./ink.js";
import { median, range, sum } from "./numbers.js";
import { paperLevel, warped } from "./pixels.js";

const BOX_BY_INK = 1.14; // a line's box by the ink of the median line
const PIXELS = 0.5e6; // at which pages are looked at first
const TINY = 10; // pixels: ink below this height is looked at again at twice the scale
const LEAST = 5; // pixels below which heights mean nothing

/**
 * Estimated height of the page's median text line.
 * @param {import("./pixels.js").Grey} grey
 * @param {number} skew Degrees, clockwise, by which lines are off the level.
 * @returns {?number} Pixels of `grey`, as the height of a box around ascenders and
 *   descenders; null where nothing looks like text.
 */
export function textHeight(grey, skew) {
  let best = null;
  for (const pixels of [PIXELS, 4 * PIXELS, 16 * PIXELS]) {
    const [small, scale] = reduced(grey, pixels);
    const lines = measuredLines(sheared(small, skew), scale);
    // joined lines cover a little more at a coarse scale than at the right one
    if (lines && (!best || 1.5 * lines.area > best.area)) best = lines;
    if (scale === 1 || (lines && lines.height * scale >= TINY)) break;
  }
  if (!best) {
    const [small, scale] = reduced(grey, PIXELS / 16); // letters of a poster
    best = measuredLines(sheared(small, skew), scale);
  }
  return best && best.height * BOX_BY_INK;
}

/**
 * Estimated height of the line of one or two letters alone on a page, too few for
 * `textHeight` to tell them from dirt.
 * @param {import("./pixels.js").Grey} grey
 * @returns {?number} As `textHeight`; null without letters, or with more than two.
 */
export function loneHeight(grey) {
  for (const pixels of [PIXELS, PIXELS / 16]) {
    const [small, scale] = reduced(grey, pixels);
    const found = findComponents(inkMask(small), small.width, small.height);
    const letters = range(found.count).filter((i) => isLetter(found, i));
    const heights = letters.map((i) => found.height[i]);
    if (heights.length && heights.length < 3)
      return (Math.max(...heights) / scale) * BOX_BY_INK;
  }
  return null;
}

/** The picture sheared so that lines run level and letters stay as high. */
function sheared(grey, skew) {
  if (Math.abs(skew) < 0.5) return grey;
  const { width, height } = grey;
  const slope = Math.tan((skew * Math.PI) / 180);
  // half a pixel: the shear is about the middle as counted from pixel centres
  const source = [1, 0, 0, slope, 1, -slope * (width / 2 + 0.5)];
  return warped(grey, source, width, height, paperLevel(grey));
}

/** Median height and whole area of the lines of a picture at some scale of the page. */
function measuredLines(grey, scale) {
  const { width: columns, height: rows } = grey;
  const found = findComponents(inkMask(grey), columns, rows);
  const letter = letterHeight(found);
  if (letter === null) return null;
  const letters = only(found, (i) => isLetter(found, i));
  const { count, width, height, ink } = joinAcross(
    letters,
    columns,
    rows,
    1.6 * letter,
  );
  const area = (i) => width[i] * height[i];
  const isLine = (i) =>
    height[i] >= Math.max(4, 0.5 * letter) &&
    height[i] < 3 * letter &&
    width[i] >= 1.5 * height[i] &&
    ink[i] >= 0.25 * area(i);
  const lines = range(count).filter(isLine);
  if (!lines.length) return null;
  const large = letter ** 2;
  const inLines = sum(lines.map((i) => ink[i]));
  const beside = range(count).filter((i) => !isLine(i) && ink[i] > large);
  const other = range(found.count).filter(
    (i) => !isLetter(found, i) && found.ink[i] > large,
  );
  const elsewhere =
    sum(beside.map((i) => ink[i])) + sum(other.map((i) => found.ink[i]));
  // most photographs fail one of the two
  if (median(lines.map((i) => ink[i] / area(i))) < 0.5) return null;
  if (inLines < 0.1 * (inLines + elsewhere)) return null;
  const middle = median(lines.map((i) => height[i]));
  const near = lines.filter((i) => Math.abs(height[i] - middle) <= 0.3 * middle + 0.5);
  const usual = near.length ? sum(near.map((i) => height[i])) / near.length : middle;
  if (usual < LEAST) return null;
  return { height: usual / scale, area: sum(lines.map(area)) / scale ** 2 };
}
