/** A line too long for one run of the recognizer, put together from its pieces. */
import { bestClass } from "./decoding.js";
import { range } from "./numbers.js";

/** @typedef {import("./decoding.js").Logits} Logits */

/**
 * A frame in two pieces is taken from that in which it lies farther from the cut. The
 * border is moved, by a quarter of the overlap at most, to the nearest place where both
 * pieces say the same on both sides of it: else a character that one piece sees a step
 * earlier than the other would come out twice or not at all.
 * @param {{logits: Logits, offset: number}[]} pieces From left to right, overlapping;
 *   `offset` is the step of the line at which each begins.
 * @param {number} steps Of the line.
 * @returns {Logits}
 */
export function stitched(pieces, steps) {
  const { classes } = pieces[0].logits;
  const values = new Float32Array(steps * classes);
  const result = { values, steps, classes };
  pieces.forEach(({ logits, offset }, i) => {
    const before = i ? pieces[i - 1].offset + pieces[i - 1].logits.steps : 0;
    const skipped = i ? border(result, logits, offset, before - offset) : 0;
    const part = logits.values.subarray(skipped * classes, (steps - offset) * classes);
    values.set(part, (offset + skipped) * classes);
  });
  return result;
}

/** Step of an overlap, of `length` steps from `offset` on, at which the right begins. */
function border(left, right, offset, length) {
  const agree = range(length).map(
    (i) => bestClass(left, offset + i) === bestClass(right, i),
  );
  const quarter = length >> 2;
  const places = range(length - 2 * quarter + 1)
    .map((i) => i + quarter)
    .filter((i) => (i === 0 || agree[i - 1]) && (i === length || agree[i]));
  const distance = (i) => Math.abs(i - length / 2);
  return (
    places.reduce(
      (best, i) => (best === null || distance(i) < distance(best) ? i : best),
      null,
    ) ?? length >> 1
  );
}
