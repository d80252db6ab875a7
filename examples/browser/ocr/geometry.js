/**
 * Affine maps and quadrilaterals on a page.
 *
 * A quad is four points [x, y] in pixels, clockwise from the top left of the text.
 * Coordinates are continuous: pixel 0 covers 0..1, its middle is 0.5.
 */
import { plain, resize, warped } from "./pixels.js";

/** @typedef {number[]} Affine [a, b, c, d, e, f]: x' = ax + by + c, y' = dx + ey + f. */
/** @typedef {number[][]} Quad */

const MAX_WIDTH = 16384; // pixels of a line: bounds what a degenerate quad can cost

/** @returns {Affine} First `inner`, then `outer`. */
export function composed(outer, inner) {
  const [a, b, c, d, e, f] = outer;
  const [g, h, i, j, k, l] = inner;
  return [
    ...[a * g + b * j, a * h + b * k, a * i + b * l + c],
    ...[d * g + e * j, d * h + e * k, d * i + e * l + f],
  ];
}

/** @returns {Affine} */
export function inverted([a, b, c, d, e, f]) {
  const area = a * e - b * d;
  const [g, h, i, j] = [e / area, -b / area, -d / area, a / area];
  return [g, h, -(g * c + h * f), i, j, -(i * c + j * f)];
}

/** @returns {Affine} Turns by so many radians, clockwise on the screen, about 0, 0. */
export function turning(angle) {
  const [cosine, sine] = [Math.cos(angle), Math.sin(angle)];
  return [cosine, -sine, 0, sine, cosine, 0];
}

/** Maps points, such as a quad's. */
export function transformed(points, [a, b, c, d, e, f]) {
  return points.map(([x, y]) => [a * x + b * y + c, d * x + e * y + f]);
}

/** [left, top, right, bottom] of the smallest upright box around points. */
export function boundingBox(points) {
  const [x, y] = [points.map((point) => point[0]), points.map((point) => point[1])];
  return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)];
}

/** [width, height] in pixels along and across the text. */
export function quadSize(quad) {
  const side = (i) => {
    const [p, q] = [quad[i], quad[(i + 1) % 4]];
    return Math.hypot(q[0] - p[0], q[1] - p[1]);
  };
  return [(side(0) + side(2)) / 2, (side(1) + side(3)) / 2];
}

/**
 * By how much each side of a core moves out to be the box that it was shrunk from: the
 * exact inverse of differentiable binarization's D = A (1 - ratio²) / perimeter.
 */
export function growDistance(width, height, ratio) {
  const k = 1 - ratio ** 2;
  const half = (1 - k) * (width + height);
  const square = 8 - 4 * k;
  return (Math.sqrt(half ** 2 + square * k * width * height) - half) / square;
}

/** Signed area of a polygon, positive when clockwise on the screen. */
export function polygonArea(points) {
  return (
    points.reduce((sum, [x, y], i) => {
      const [nextX, nextY] = points[(i + 1) % points.length];
      return sum + x * nextY - y * nextX;
    }, 0) / 2
  );
}

/** Intersection over union, 0..1, of two convex polygons that run clockwise. */
export function polygonIou(a, b) {
  const areas = Math.abs(polygonArea(a)) + Math.abs(polygonArea(b));
  const common = Math.abs(polygonArea(clipped(a, b)));
  return areas > common ? common / (areas - common) : 0;
}

/** Part of a convex polygon within another (Sutherland and Hodgman, 1974). */
function clipped(points, frame) {
  frame.forEach(([ax, ay], i) => {
    const [bx, by] = frame[(i + 1) % 4];
    const side = ([x, y]) => (bx - ax) * (y - ay) - (by - ay) * (x - ax); // > 0 inside
    points = points.flatMap((p, j) => {
      const q = points[(j + 1) % points.length];
      const [s, t] = [side(p), side(q)];
      const kept = s >= 0 ? [p] : [];
      if (s * t < 0) {
        const part = s / (s - t);
        kept.push([p[0] + part * (q[0] - p[0]), p[1] + part * (q[1] - p[1])]);
      }
      return kept;
    });
  });
  return points;
}

/**
 * Cuts a text line out of a page, upright, at a fixed height.
 *
 * A level box is averaged down exactly; others are sampled at most a pixel apart, then
 * averaged. The quad must be a parallelogram, as all boxes of the detector are.
 * @param {import("./pixels.js").Grey} page
 * @param {Quad} quad May reach beyond the picture, whose edge is then repeated.
 * @param {number} height Rows of the result; its width keeps the quad's aspect.
 * @returns {import("./pixels.js").Grey}
 */
export function rectified(page, quad, height) {
  const [along, across] = quadSize(quad);
  const wanted = Math.round((height * along) / Math.max(across, 1e-6));
  const width = Math.max(1, Math.min(MAX_WIDTH, wanted));
  const box = boundingBox(quad);
  const [left, top, right, bottom] = box;
  const level = [
    [left, top],
    [right, top],
    [right, bottom],
    [left, bottom],
  ];
  const upright = level.every(
    ([x, y], i) => Math.max(Math.abs(x - quad[i][0]), Math.abs(y - quad[i][1])) < 0.02,
  );
  const inside = left >= 0 && top >= 0 && right <= page.width && bottom <= page.height;
  if (upright && inside && along >= width && across >= height) {
    return boxMeans(page, box, width, height);
  }
  // 0.01: a quad that is the output's size but for rounding keeps its sharpness
  const fineWidth = width * Math.max(1, Math.ceil(along / width - 0.01));
  const fineHeight = height * Math.max(1, Math.ceil(across / height - 0.01));
  const [[x, y], [rightX, rightY], , [lowerX, lowerY]] = quad;
  const source = [
    ...[(rightX - x) / fineWidth, (lowerX - x) / fineHeight, x],
    ...[(rightY - y) / fineWidth, (lowerY - y) / fineHeight, y],
  ];
  return resize(warped(page, source, fineWidth, fineHeight), width, height);
}

/** Exact means over the cells of a grid laid on a box with fractional sides. */
function boxMeans(page, [left, top, right, bottom], width, height) {
  const result = plain(width, height);
  const columns = shares(left, right, width);
  const rows = shares(top, bottom, height);
  const cell = ((right - left) * (bottom - top)) / (width * height);
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      let sum = 0;
      for (const [row, part] of rows[y]) {
        for (const [column, share] of columns[x]) {
          sum += part * share * page.data[row * page.width + column];
        }
      }
      result.data[i] = sum / cell;
    }
  }
  return result;
}

/** For each of `count` equal parts of a span: the pixels in it, and how much of each. */
function shares(start, stop, count) {
  const step = (stop - start) / count;
  return Array.from({ length: count }, (_, i) => {
    const [low, high] = [start + i * step, start + (i + 1) * step];
    const parts = [];
    for (let k = Math.floor(low); k < high; k++) {
      const share = Math.min(k + 1, high) - Math.max(k, low);
      if (share > 0) parts.push([k, share]);
    }
    return parts;
  });
}
