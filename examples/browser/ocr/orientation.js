/** How the text of a page lies, told from its pixels: across or down, askew. */
import { findComponents, joinAcross, only } from "./components.js";
import { inkMask, letterHeight, reduced } from "./ink.js";
import { median, range, sum } from "./numbers.js";

const PIXELS = 0.5e6; // at which pages are looked at
const POINTS = 20_000; // enough for a thousandth of a degree
const LIMIT = 10; // degrees, the largest skew looked for
const COARSE = 0.5; // degrees between the first angles
const FINE = 0.1; // degrees around the best of them
const SPAN = 0.5; // degrees on either side through which a parabola is laid
const PEAK = 1.3; // of the best angle's score by the median

/**
 * Angle of the text lines of a page. The lower edges of all ink are projected along
 * many directions; along the lines they fall together, so the sum of the squared counts
 * is largest (Postl, 1986; Baird, 1987).
 * @param {import("./pixels.js").Grey} grey
 * @returns {number} Degrees, > 0 where lines fall to the right; 0 where no direction
 *   stands out.
 */
export function skewAngle(grey) {
  const [small] = reduced(grey, PIXELS);
  const points = lowerEdges(small);
  if (points.length < 50) return 0;
  const step = Math.floor(points.length / POINTS) + 1;
  const some = points.filter((_, i) => i % step === 0);
  const steps = (2 * (LIMIT + 1)) / COARSE + 1;
  const angles = range(steps).map((i) => -LIMIT - 1 + i * COARSE);
  const scores = angles.map((angle) => score(some, angle, 2));
  const highest = Math.max(...scores);
  if (highest < PEAK * median(scores)) return 0;
  const best = angles[scores.indexOf(highest)];
  const near = range(13).map((i) => best + (i - 6) * FINE);
  return vertex(
    near,
    near.map((angle) => score(some, angle, 1)),
  );
}

/** Points [x, y] of ink above ground; what spans the picture is a scanner's border. */
function lowerEdges(grey) {
  const { width, height } = grey;
  const found = findComponents(inkMask(grey), width, height);
  const ink = only(
    found,
    (i) => found.width[i] < 0.97 * width && found.height[i] < 0.97 * height,
  );
  const points = [];
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (ink[i] && !ink[i + width]) points.push([x - width / 2, y]);
    }
  }
  return points;
}

/** Sum of squared counts of points projected along `degrees`. */
function score(points, degrees, bin) {
  const slope = Math.tan((degrees * Math.PI) / 180);
  const places = Float64Array.from(points, ([x, y]) => y - x * slope);
  const lowest = places.reduce((a, b) => Math.min(a, b));
  const highest = places.reduce((a, b) => Math.max(a, b));
  const counts = new Float64Array(Math.floor((highest - lowest) / bin) + 1);
  for (const place of places) counts[Math.floor((place - lowest) / bin)]++;
  return counts.reduce((total, count) => total + count * count, 0);
}

/** Angle of the largest score, between the samples: least squares of a parabola. */
function vertex(angles, scores) {
  const best = angles[scores.indexOf(Math.max(...scores))];
  const near = range(angles.length).filter(
    (i) => Math.abs(angles[i] - best) <= SPAN + 1e-6,
  );
  const x = near.map((i) => angles[i] - best);
  const y = near.map((i) => scores[i] / scores[near[0]]);
  const [s0, s1, s2, s3, s4] = range(5).map((power) => sum(x.map((v) => v ** power)));
  const [t0, t1, t2] = range(3).map((power) => sum(x.map((v, i) => v ** power * y[i])));
  // Cramer's rule; the common determinant is positive
  const square =
    t2 * (s2 * s0 - s1 * s1) - s3 * (t1 * s0 - s1 * t0) + s2 * (t1 * s1 - s2 * t0);
  const linear =
    s4 * (t1 * s0 - s1 * t0) - t2 * (s3 * s0 - s1 * s2) + s2 * (s3 * t0 - t1 * s2);
  if (square >= 0) return best;
  return best + Math.min(SPAN, Math.max(-SPAN, -linear / (2 * square)));
}

/**
 * Whether the lines of a page run up or down rather than across. Letters are nearer to
 * their neighbours on the line than to the next line: joined over a short distance they
 * give long words in one direction alone.
 * @param {import("./pixels.js").Grey} grey
 * @returns {?boolean} null where it is not clear.
 */
export function textRunsDown(grey) {
  const [{ data, width, height }] = reduced(grey, PIXELS);
  const mask = inkMask({ data, width, height });
  const turned = mask.slice();
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) turned[x * height + y] = mask[i];
  }
  const [across, down] = [words(mask, width, height), words(turned, height, width)];
  if (Math.max(across, down) < 2 * Math.min(across, down) + 1) return null;
  return down > across;
}

/** Ink in words that run across, in squares of a letter's height. */
function words(mask, columns, rows) {
  const letter = letterHeight(findComponents(mask, columns, rows));
  if (letter === null) return 0;
  const { count, width, height, ink } = joinAcross(mask, columns, rows, 0.6 * letter);
  const isWord = (i) =>
    height[i] >= 0.5 * letter &&
    height[i] < 3 * letter &&
    width[i] >= 3 * height[i] &&
    width[i] < 0.9 * columns &&
    ink[i] >= 0.3 * width[i] * height[i];
  return (
    sum(
      range(count)
        .filter(isWord)
        .map((i) => ink[i]),
    ) /
    letter ** 2
  );
}
