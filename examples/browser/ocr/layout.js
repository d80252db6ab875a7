/**
 * Reading order: which lines stand in one row, and which columns are read apart.
 *
 * Rows are what a receipt is read by: `TOTAL` on the left and `12.00` on the right are
 * one. Columns are what prose is set in: it fills its column row after row, while
 * amounts and cells are short or far apart.
 */
import { transformed, turning } from "./geometry.js";
import { median, quantile, range, sum, weightedMedian } from "./numbers.js";

const PROSE_ROWS = 4; // rows that a column of prose has at least
const PROSE_WIDTH = 8; // median ink of a row of prose, in text heights
const PROSE_FILL = 0.65; // median ink of its rows by the widest ones
const ALIGNED = 0.6; // text heights by which left edges of a column differ
const STEEP = Math.tan(Math.PI / 6); // lines steeper than 30 degrees run another way

/** @typedef {{left: number, right: number, middle: number, height: number,
 *             rise: number}} Box
 *  A line on a page turned so that they run level: pixels; `middle` is the y of its
 *  centre, `rise` is y per x that is left in it. */

/**
 * @param {import("./geometry.js").Quad[]} quads On an upright page, perhaps askew.
 * @returns {number[][]} Rows of numbers of quads, in reading order. Lines that run at
 *   more than 30 degrees to the others come last, each as a row.
 */
export function readingOrder(quads) {
  if (!quads.length) return [];
  const { boxes, odd } = levelled(quads);
  const lines = range(quads.length);
  const last = lines
    .filter((i) => odd[i])
    .sort((a, b) => boxes[a].middle - boxes[b].middle);
  return [
    ...ordered(
      boxes,
      lines.filter((i) => !odd[i]),
    ),
    ...last.map((i) => [i]),
  ];
}

/** Rows of some of the lines in reading order, each from left to right. */
function ordered(boxes, lines) {
  if (!lines.length) return [];
  const parts = columns(boxes, lines);
  return parts ? parts.flatMap((part) => ordered(boxes, part)) : rowsOf(boxes, lines);
}

/** Lines on the level page, and which of them run another way. */
function levelled(quads) {
  const between = (p, q, r, s) => range(2).map((k) => (q[k] - p[k] + r[k] - s[k]) / 2);
  const alongOf = quads.map(([a, b, c, d]) => between(a, b, c, d));
  const heights = quads.map(([a, b, c, d]) => Math.hypot(...between(a, d, c, b)));
  const widths = alongOf.map((along) => Math.hypot(...along));
  const level = turning(-pageAngle(alongOf, widths, heights));
  const along = transformed(alongOf, level);
  const centres = transformed(
    quads.map((quad) => range(2).map((k) => sum(quad.map((point) => point[k])) / 4)),
    level,
  );
  const odd = along.map(([x, y]) => Math.abs(y) > STEEP * x);
  const rises = along.map(([x, y]) => y / Math.max(x, 1e-9));
  const wide = range(quads.length).map((i) => widths[i] > 3 * heights[i] && !odd[i]);
  const usual = usualRise(
    range(quads.length).filter((i) => wide[i]),
    centres.map((centre) => centre[1]),
    rises,
    widths,
  );
  const centre = median(centres.map(([x]) => x));
  const boxes = centres.map(([x, y], i) => ({
    left: x - Math.abs(along[i][0]) / 2,
    right: x + Math.abs(along[i][0]) / 2,
    middle: y - usual(y) * (x - centre),
    height: Math.max(heights[i], 1e-6),
    rise: wide[i] ? rises[i] - usual(y) : 0,
  }));
  return { boxes, odd };
}

/** Common direction of lines, radians: a short box says little about its slope. */
function pageAngle(along, widths, heights) {
  const all = range(along.length);
  const wide = all.filter((i) => widths[i] > 3 * heights[i]);
  const angles = along.map(([x, y]) => Math.atan2(y, x));
  return weightedMedian(wide.length ? wide : all, angles, widths);
}

/** Rise of lines by their y: linear, as a photograph makes it. */
function usualRise(lines, y, rise, width) {
  const reach = (some) => Math.max(...some) - Math.min(...some);
  let line = null;
  for (let round = 0; round < 2; round++) {
    if (lines.length < 5 || reach(lines.map((i) => y[i])) < 1e-3 * reach(y))
      return () => 0;
    line = fittedLine(lines, y, rise, width);
    const off = lines.map((i) => Math.abs(rise[i] - line(y[i])));
    const limit = 3 * median(off) + 1e-6;
    lines = lines.filter((_, k) => off[k] <= limit);
  }
  return line;
}

/** Weighted least squares. */
function fittedLine(items, x, y, weight) {
  const squares = items.map((i) => weight[i] ** 2);
  const mean = (values) =>
    sum(items.map((i, k) => squares[k] * values[i])) / sum(squares);
  const [meanX, meanY] = [mean(x), mean(y)];
  const moment = (values) =>
    sum(items.map((i, k) => squares[k] * (x[i] - meanX) * values(i)));
  const slope = moment((i) => y[i] - meanY) / moment((i) => x[i] - meanX);
  return (place) => meanY + slope * (place - meanX);
}

/**
 * Lines that stand side by side, rows from top to bottom. From left to right each line
 * is added to the row whose last line, prolonged, meets it best: a bent page keeps its
 * rows, since only neighbours are compared.
 */
function rowsOf(boxes, lines) {
  const rows = [];
  for (const i of [...lines].sort((a, b) => boxes[a].left - boxes[b].left)) {
    let [best, nearest] = [null, 0.5];
    for (const row of rows) {
      const apart = distance(boxes[row.at(-1)], boxes[i]);
      if (apart < nearest) [best, nearest] = [row, apart];
    }
    if (best) best.push(i);
    else rows.push([i]);
  }
  const middle = (row) => sum(row.map((i) => boxes[i].middle)) / row.length;
  return rows.sort((a, b) => middle(a) - middle(b));
}

/** In heights, how far a line lies from where one before it leads. */
function distance(before, box) {
  const height = Math.min(before.height, box.height);
  if (box.left < before.right - height) return Infinity;
  const reach = (box.left + box.right) / 2 - (before.left + before.right) / 2;
  const expected = before.middle + ((before.rise + box.rise) / 2) * reach;
  return Math.abs(box.middle - expected) / height;
}

/**
 * Parts of a region to be read one after the other; null: there are no columns. Lines
 * across a border between columns (titles) cut the region into bands; a band is split
 * where prose stands on both sides. Running heads and page numbers belong to no column.
 */
function columns(boxes, lines) {
  const { head, body, foot } = headAndFoot(boxes, lines);
  let [best, most] = [null, 0];
  for (const border of borders(boxes, body)) {
    const { parts, count } = bands(boxes, body, border);
    if (count > most) [best, most] = [[head, ...parts, foot], count];
  }
  return best;
}

/** A first and a last row that stand apart from the others. */
function headAndFoot(boxes, lines) {
  const usual = median(lines.map((i) => boxes[i].height));
  const start = (i) => boxes[i].middle - boxes[i].height / 2;
  const ascending = (values) => Float64Array.from(values).sort();
  const top = ascending(lines.map(start));
  const bottom = ascending(lines.map((i) => start(i) + boxes[i].height));
  // sorted apart: below a gap none of the lines begins before all others above end
  const gaps = range(lines.length - 1).filter((i) => top[i + 1] - bottom[i] > usual);
  let [bodyStart, footStart] = [-Infinity, Infinity];
  if (gaps.length) {
    if (top[gaps[0]] - top[0] < usual / 2) bodyStart = top[gaps[0] + 1];
    if (top.at(-1) - top[gaps.at(-1) + 1] < usual / 2) footStart = top[gaps.at(-1) + 1];
  }
  // one gap can bound both: what lies below it is foot
  const below = (i) => Number(start(i) >= bodyStart) + Number(start(i) >= footStart);
  const [head, body, foot] = range(3).map((k) => lines.filter((i) => below(i) === k));
  return { head, body, foot };
}

/** x, from left to right, just left of edges at which several lines begin. */
function borders(boxes, lines) {
  if (!lines.length) return [];
  const left = lines.map((i) => boxes[i].left).sort((a, b) => a - b);
  const tolerance = ALIGNED * median(lines.map((i) => boxes[i].height));
  const starts = left.filter((x, i) => left[i + PROSE_ROWS - 1] <= x + tolerance);
  return starts
    .filter((x, i) => i === 0 || x - starts[i - 1] > tolerance)
    .map((x) => x - tolerance / 2);
}

/** Parts from top to bottom for one border, and how many lines stand in columns. */
function bands(boxes, lines, border) {
  const slack = 0.25 * median(lines.map((i) => boxes[i].height));
  const before = lines.filter((i) => boxes[i].right <= border + slack);
  const after = lines.filter((i) => boxes[i].left >= border - slack);
  const across = lines
    .filter((i) => !before.includes(i) && !after.includes(i))
    .sort((a, b) => boxes[a].middle - boxes[b].middle);
  const bandOf = (i) =>
    across.filter((cut) => boxes[cut].middle < boxes[i].middle).length;
  const [parts, count] = [[], { lines: 0 }];
  let rest = [];
  for (let number = 0; number <= across.length; number++) {
    const [left, right] = [before, after].map((side) =>
      side.filter((i) => bandOf(i) === number),
    );
    if (areColumns(boxes, left, right)) {
      parts.push(rest, left, right);
      rest = [];
      count.lines += left.length + right.length;
    } else {
      rest.push(...left, ...right);
    }
    if (number < across.length) rest.push(across[number]);
  }
  return { parts: [...parts, rest], count: count.lines };
}

/** Whether two groups of lines are columns of prose beside each other. */
function areColumns(boxes, left, right) {
  if (Math.min(left.length, right.length) < PROSE_ROWS) return false;
  const spans = [left, right].map((side) => {
    const middles = side.map((i) => boxes[i].middle);
    return [Math.min(...middles), Math.max(...middles)];
  });
  const [[start, stop], [begin, end]] = spans;
  const common = Math.min(stop, end) - Math.max(start, begin);
  const shorter = Math.min(stop - start, end - begin);
  return common >= 0.5 * shorter && isProse(boxes, left) && isProse(boxes, right);
}

/** Whether lines fill the rows that they stand in. */
function isProse(boxes, lines) {
  const rows = rowsOf(boxes, lines).map((row) => row.map((i) => boxes[i]));
  if (rows.length < PROSE_ROWS) return false;
  const ink = rows.map((row) => sum(row.map((box) => box.right - box.left)));
  const reach = rows.map(
    (row) =>
      Math.max(...row.map((box) => box.right)) -
      Math.min(...row.map((box) => box.left)),
  );
  const usual = median(ink);
  const height = median(lines.map((i) => boxes[i].height));
  return usual >= PROSE_WIDTH * height && usual >= PROSE_FILL * quantile(reach, 0.9);
}
