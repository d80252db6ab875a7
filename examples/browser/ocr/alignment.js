/** Where the characters of a given text stand among the steps of a line. */
import { range } from "./numbers.js";

/** @typedef {import("./decoding.js").Logits} Logits */
/** @typedef {{values: Float64Array, steps: number, classes: number}} LogProbs */

/** @param {Logits} logits @returns {LogProbs} Logarithm of the softmax of each step. */
export function logSoftmax({ values, steps, classes }) {
  const result = Float64Array.from(values);
  for (let start = 0; start < result.length; start += classes) {
    const row = result.subarray(start, start + classes);
    const peak = row.reduce((a, b) => Math.max(a, b));
    const total = row.reduce((sum, value) => sum + Math.exp(value - peak), 0);
    const shift = peak + Math.log(total);
    row.forEach((value, k) => (row[k] = value - shift));
  }
  return { values: result, steps, classes };
}

/**
 * First and last step of each character on the likeliest CTC path of a text (Viterbi).
 * @param {LogProbs} logProbs Of at least as many steps as the text needs.
 * @param {number[]} text Classes, none of them the blank.
 * @returns {number[][]}
 */
export function aligned({ values, steps, classes }, text) {
  // a blank before, between and after the characters: state 2i + 1 is character i
  const states = 2 * text.length + 1;
  const label = range(states).map((state) => (state % 2 ? text[state >> 1] : 0));
  // from one character straight to the next, unless it is the same again
  const jumps = label.map((k, state) => state > 2 && k > 0 && k !== label[state - 2]);
  const moved = new Uint8Array(steps * states); // states passed since the step before
  let score = new Float64Array(states).fill(-Infinity);
  for (let step = 0; step < steps; step++) {
    const next = new Float64Array(states);
    for (let state = 0; state < states; state++) {
      const before = step ? score[state] : state < 2 ? 0 : -Infinity;
      const choices = [before];
      if (step && state > 0) choices.push(score[state - 1]);
      if (step && jumps[state]) choices.push(score[state - 2]);
      const best = Math.max(...choices);
      moved[step * states + state] = choices.indexOf(best);
      next[state] = best + values[step * classes + label[state]];
    }
    score = next;
  }
  const frames = text.map(() => [steps, -1]);
  let state = states - 1;
  if (score[state - 1] > score[state]) state--;
  for (let step = steps - 1; step >= 0; step--) {
    if (state % 2) {
      const frame = frames[state >> 1];
      frame[0] = step;
      frame[1] = Math.max(frame[1], step);
    }
    state -= moved[step * states + state];
  }
  return frames;
}
