/** From a line's logits to its text: greedy, and by a beam search. */
import { aligned, logSoftmax } from "./alignment.js";
import { range } from "./numbers.js";
import { search } from "./prefix-search.js";

/** @typedef {{values: Float32Array, steps: number, classes: number}} Logits
 *  Row by row, one row a step; class 0 is the blank. */
/** @typedef {{text: string, confidence: number, first: number, last: number}} Character
 *  From its first to its last step; confidence 0..1. */

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
export function greedy(logits, alphabet) {
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

/**
 * The text of the highest probability over its paths, with what the language model
 * says of it.
 * @param {Logits} logits
 * @param {string[]} alphabet Characters of the classes 1, 2, ...
 * @param {import("./prefix-search.js").Scorer} scorer
 * @returns {Character[]} On the text's likeliest path, or as `greedy` gives them where
 *   it gives the same text.
 */
export function beam(logits, alphabet, scorer) {
  const likeliest = greedy(logits, alphabet);
  const logProbs = logSoftmax(logits);
  const labels = search(logProbs, scorer);
  const same = likeliest.map(({ text }) => text).join("");
  if (labels.map((label) => alphabet[label - 1]).join("") === same) return likeliest;
  return aligned(logProbs, labels).map(([first, last], i) => {
    const place = (step) => (first + step) * logProbs.classes + labels[i];
    const steps = range(last - first + 1);
    const highest = Math.max(...steps.map((step) => logProbs.values[place(step)]));
    const confidence = Math.exp(highest);
    return { text: alphabet[labels[i] - 1], confidence, first, last };
  });
}
