/** Words of a decoded line: how sure they are, and where they stand. */
import { median, sum } from "./numbers.js";

/** @typedef {import("./decoding.js").Character} Character */
/** @typedef {{text: string, confidence: number, quad: import("./geometry.js").Quad}} Word */

/** Geometric mean of the confidences of characters; 0 of none. */
export function meanConfidence(characters) {
  if (!characters.length) return 0;
  const logarithm = ({ confidence }) => Math.log(Math.max(confidence, 1e-30));
  return Math.exp(sum(characters.map(logarithm)) / characters.length);
}

/**
 * Words of a line with their places. CTC tells where a character is, not how wide: a
 * word's sides are half a typical character beyond the middles of its first and last
 * ones, but not beyond the middle of the space next to it; where the line begins and
 * ends, they are the line's.
 * @param {Character[]} characters
 * @param {import("./geometry.js").Quad} quad The line.
 * @param {number} steps Width of the line in steps; may be broken.
 * @returns {Word[]} From left to right.
 */
export function lineWords(characters, quad, steps) {
  const middles = characters.map(
    ({ first, last }) => ((first + last) / 2 + 0.5) / steps,
  );
  const gaps = middles.slice(1).map((middle, i) => middle - middles[i]);
  const half = gaps.length ? median(gaps) / 2 : 0.5;
  const spans = wordSpans(characters);
  return spans.map(([first, last], number) => {
    const left = Math.max(middles[first] - half, middles[first - 1] ?? 0);
    const right = Math.min(middles[last] + half, middles[last + 1] ?? 1);
    const inside = characters.slice(first, last + 1);
    return {
      text: inside.map((character) => character.text).join(""),
      confidence: meanConfidence(inside),
      quad: part(quad, number ? left : 0, number + 1 < spans.length ? right : 1),
    };
  });
}

/**
 * Characters of a line without spaces before a comma or full stop that ends a word:
 * the gaps of fonts of one width (`suite/ocr/typography.py`).
 * @param {Character[]} characters
 */
export function closedUp(characters) {
  const text = characters.map((character) => character.text).join("");
  const gaps = text.matchAll(/(?<=[\p{L}\p{N})]) +(?=[.,](?: +[^ .,]| *$))/gu);
  const dropped = new Set();
  for (const gap of gaps) gap[0].split("").forEach((_, i) => dropped.add(gap.index + i));
  return characters.filter((_, i) => !dropped.has(i));
}

/** First and last character, inclusive, of each run without a space. */
function wordSpans(characters) {
  const spans = [];
  characters.forEach(({ text }, i) => {
    if (text === " ") return;
    const open = i > 0 && characters[i - 1].text !== " ";
    if (open) spans.at(-1)[1] = i;
    else spans.push([i, i]);
  });
  return spans;
}

/** Part of a line between two shares, 0..1, of its length. */
function part([topLeft, topRight, bottomRight, bottomLeft], left, right) {
  const between = (p, q, share) => {
    const bounded = Math.min(Math.max(share, 0), 1);
    return [p[0] + bounded * (q[0] - p[0]), p[1] + bounded * (q[1] - p[1])];
  };
  return [
    between(topLeft, topRight, left),
    between(topLeft, topRight, right),
    between(bottomLeft, bottomRight, right),
    between(bottomLeft, bottomRight, left),
  ];
}
