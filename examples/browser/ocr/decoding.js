/** From a line's logits to its text, and to the places of its words. */
import { median, sum } from "./numbers.js";

/** @typedef {{values: Float32Array, steps: number, classes: number}} Logits
 *  Row by row, one row a step; class 0 is the blank. */
/** @typedef {{text: string, confidence: number, first: number, last: number}} Character
 *  From its first to its last step; confidence 0..1. */
/** @typedef {{text: string, confidence: number, quad: import("./geometry.js").Quad}} Word */

/** Number of the likeliest class of a step. */
export function bestClass({ values, classes }, step) {
  let best = 0;
  for (let k = 1; k < classes; k++) {
    if (values[step * classes + k] > values[step * classes + best]) best = k;
  }
  return best;
}

/**
 * Greedy CTC decoding: the best class of each step, runs made one, blanks left out.
 * @param {Logits} logits
 * @param {string[]} alphabet Characters of the classes 1, 2, ...
 * @returns {Character[]}
 */
export function decode(logits, alphabet) {
  const runs = [];
  for (let step = 0; step < logits.steps; step++) {
    const best = bestClass(logits, step);
    const confidence = probability(logits, step, best);
    const run = runs.at(-1);
    if (run?.best === best) {
      run.last = step;
      run.confidence = Math.max(run.confidence, confidence);
    } else {
      runs.push({ best, confidence, first: step, last: step });
    }
  }
  return runs
    .filter(({ best }) => best > 0)
    .map(({ best, ...run }) => ({ text: alphabet[best - 1], ...run }));
}

function probability({ values, classes }, step, best) {
  const row = values.subarray(step * classes, (step + 1) * classes);
  return 1 / row.reduce((total, value) => total + Math.exp(value - row[best]), 0);
}

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
