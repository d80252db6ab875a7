/** Boxes of text lines in a probability map, measured to fractions of a pixel. */
import { findComponents } from "./components.js";
import { boundingBox, growDistance, polygonIou } from "./geometry.js";
import { quantile, range, weightedMedian } from "./numbers.js";

const THRESHOLD = 0.4; // probability above which a pixel belongs to a core
const SCORE = 0.6; // smallest mean probability of a core
const MIN_CORE = 1.5; // pixels, smallest side of a core
const OVERLAP = 0.5; // boxes that overlap a better one by more (IoU) are dropped
const LIMIT = 2000; // most cores of a map, the largest ones
const LONG = 2; // width over height from which a core shows where its text runs

/** @typedef {import("./geometry.js").Quad} Quad */
/** @typedef {{values: Float32Array, width: number, height: number}} ProbabilityMap */
/** @typedef {{left: number, top: number, width: number, height: number, score: number,
 *             x: number[], y: number[], mass: number[]}} Core
 *  Its pixels and those around it, counted from the left top of its bounding box. */

/**
 * Each connected core is measured by its soft profile along and across its own
 * direction and grown by the exact inverse of the shrink.
 * @param {ProbabilityMap} map
 * @param {number} shrinkRatio With which the detector was trained.
 * @returns {Quad[]} In pixels of the map, the surest first.
 */
export function findBoxes(map, shrinkRatio) {
  const cores = findCores(map);
  const slopes = slopesOf(cores);
  const boxes = cores
    .map((core, i) => {
      return { quad: grownQuad(core, slopes[i], shrinkRatio), score: core.score };
    })
    .filter((box) => box.quad);
  return withoutOverlaps(
    boxes.sort((a, b) => b.score - a.score).map((box) => box.quad),
  );
}

/** @returns {Core[]} Connected parts that are large and sure enough. */
function findCores({ values, width, height }) {
  const mask = Uint8Array.from(values, (value) => Number(value > THRESHOLD));
  const found = findComponents(mask, width, height, 4);
  const total = new Float64Array(found.count);
  found.labels.forEach((label, i) => label && (total[label - 1] += values[i]));
  const chosen = range(found.count)
    .filter((i) => Math.min(found.width[i], found.height[i]) >= MIN_CORE)
    .filter((i) => total[i] / found.ink[i] >= SCORE)
    .sort((a, b) => found.ink[b] - found.ink[a] || a - b)
    .slice(0, LIMIT)
    .sort((a, b) => a - b);
  const number = new Int32Array(found.count + 1); // label to 1 + place among the chosen
  const cores = chosen.map((i, place) => {
    number[i + 1] = place + 1;
    const [left, top] = [found.left[i], found.top[i]];
    const size = { width: found.width[i], height: found.height[i] };
    const pixels = { x: [], y: [], mass: [] };
    return { left, top, ...size, score: total[i] / found.ink[i], ...pixels };
  });
  const numbers = found.labels.map((label) => number[label]);
  const owners = grown(numbers, width, height);
  owners.forEach((owner, i) => {
    if (!owner) return;
    const core = cores[owner - 1];
    const y = Math.floor(i / width);
    core.x.push(i - y * width - core.left);
    core.y.push(y - core.top);
    core.mass.push(values[i]);
  });
  return cores;
}

/** Each core a pixel larger on all sides: the soft edge lies outside of it. */
function grown(numbers, width, height) {
  const result = numbers.slice();
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      if (!numbers[i]) continue;
      for (let v = Math.max(0, y - 1); v <= Math.min(height - 1, y + 1); v++) {
        for (let u = Math.max(0, x - 1); u <= Math.min(width - 1, x + 1); u++) {
          const k = v * width + u;
          if (!numbers[k]) result[k] = Math.max(result[k], numbers[i]);
        }
      }
    }
  }
  return result;
}

/** @returns {?Quad} The text's box; null for a core that is too thin. */
function grownQuad(core, slope, shrinkRatio) {
  const { width, height, mass, x, y } = core;
  const norm = Math.hypot(1, slope);
  const [c, s] = [1 / norm, slope / norm];
  const [rise, fall] = [Math.max(s, 0), Math.min(s, 0)];
  // capped, so that a word of which the network is less sure isn't cut off its line
  const even = mass.map((value) => Math.min(value / core.score, 1));
  const along = mass.map((_, i) => (x[i] + 0.5) * c + (y[i] + 0.5) * s);
  const across = mass.map((_, i) => (y[i] + 0.5) * c - (x[i] + 0.5) * s);
  const [left, right] = extent(
    along,
    even,
    fall * height - 2,
    width * c + rise * height + 2,
  );
  const [top, bottom] = extent(
    across,
    mass,
    -rise * width - 2,
    height * c - fall * width + 2,
  );
  const sides = [right - left, bottom - top];
  if (Math.min(...sides) < MIN_CORE) return null;
  const d = growDistance(...sides, shrinkRatio);
  const corners = [
    [left - d, top - d],
    [right + d, top - d],
    [right + d, bottom + d],
    [left - d, bottom + d],
  ];
  return corners.map(([u, v]) => [core.left + u * c - v * s, core.top + u * s + v * c]);
}

/** Slope of each core's middle line; of a short one, that of the long ones. */
function slopesOf(cores) {
  const slopes = cores.map(slopeOf);
  const isLong = ({ width, height }) => width >= LONG * height;
  const long = range(cores.length).filter((i) => isLong(cores[i]));
  const widths = cores.map(({ width }) => width);
  // a digit alone has no direction of its own: it is printed along with the lines
  const usual = long.length ? weightedMedian(long, slopes, widths) : 0;
  return cores.map((core, i) => (isLong(core) ? slopes[i] : usual));
}

/** Slope of a core's middle line; 0 where it is too level to tell. */
function slopeOf(core) {
  const { width } = core;
  const [total, weighted] = [new Float64Array(width), new Float64Array(width)];
  core.x.forEach((x, i) => {
    if (x < 0 || x >= width) return;
    total[x] += core.mass[i];
    weighted[x] += core.mass[i] * core.y[i];
  });
  // least squares; the squares of -m..m in steps of 1 add up to w (w² - 1) / 12
  const moment = weighted.reduce(
    (sum, value, x) => sum + ((x - (width - 1) / 2) * value) / Math.max(total[x], 1e-9),
    0,
  );
  const slope = moment / Math.max((width * (width ** 2 - 1)) / 12, 1);
  return Math.abs(slope) * width <= 1 ? 0 : slope;
}

/**
 * Where a profile of mass along a line rises above and falls below half of its plateau,
 * interpolated between pixels.
 * @param {number[]} position Place of each pixel, between `low` and `high`.
 * @param {number[]} mass Weight of each pixel.
 */
function extent(position, mass, low, high) {
  const first = Math.floor(low);
  const profile = new Float64Array(Math.ceil(high - first) + 2);
  position.forEach((place, i) => {
    // spread over the two nearest bins, so that the profile is continuous
    const bin = Math.floor(place - first);
    const later = mass[i] * (place - first - bin);
    profile[bin] += mass[i] - later;
    profile[bin + 1] += later;
  });
  const half =
    quantile(
      profile.filter((value) => value > 0),
      0.9,
    ) / 2; // of the plateau
  const start = profile.findIndex((value) => value >= half);
  const stop = profile.findLastIndex((value) => value >= half);
  const crossing = (inner, outer) => {
    const share = (profile[inner] - half) / (profile[inner] - profile[outer]);
    return first + inner + (outer - inner) * share;
  };
  return [crossing(start, start - 1), crossing(stop, stop + 1)];
}

/** Non-maximum suppression of quads, the best first. */
function withoutOverlaps(quads) {
  const bounds = quads.map(boundingBox);
  const apart = ([l, t, r, b], [left, top, right, bottom]) =>
    l >= right || left >= r || t >= bottom || top >= b;
  const kept = [];
  quads.forEach((quad, i) => {
    const covered = kept.some(
      (k) => !apart(bounds[k], bounds[i]) && polygonIou(quads[k], quad) > OVERLAP,
    );
    if (!covered) kept.push(i);
  });
  return kept.map((i) => quads[i]);
}
