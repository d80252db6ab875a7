/**
 * Grey pictures, and what is done to their pixels before a network sees them.
 *
 * Each function gives the grey levels that its namesake in OpenCV gives, rounding
 * included, so that a page reads here as it does in Python.
 */

import { median } from "./numbers.js";

/**
 * A picture: `data[y * width + x]`, 0 black to 255 white. Assigning to a clamped array
 * rounds as OpenCV does, halves to even.
 * @typedef {{data: Uint8ClampedArray, width: number, height: number}} Grey
 */

/** @returns {Grey} A picture of one grey level. */
export function plain(width, height, level = 0) {
  return { data: new Uint8ClampedArray(width * height).fill(level), width, height };
}

/** The usual grey level: median of every fourth pixel of every fourth row. */
export function paperLevel({ data, width, height }) {
  const sample = [];
  for (let y = 0; y < height; y += 4) {
    for (let x = 0; x < width; x += 4) sample.push(data[y * width + x]);
  }
  return Math.trunc(median(sample));
}

/**
 * Luma by the weights of ITU-R 601 of opaque pixels.
 * @param {Uint8ClampedArray} rgba Four bytes a pixel.
 * @param {Uint8ClampedArray} grey One byte a pixel, written.
 */
export function toGrey(rgba, grey) {
  for (let i = 0, j = 0; i < grey.length; i++, j += 4) {
    grey[i] =
      (rgba[j] * 19595 + rgba[j + 1] * 38470 + rgba[j + 2] * 7471 + 0x8000) >> 16;
  }
}

/** The picture turned counter-clockwise by 0, 90, 180 or 270 degrees. */
export function rotated(picture, degrees) {
  const { data, width, height } = picture;
  if (degrees === 0) return picture;
  const upright = degrees === 180;
  const result = plain(upright ? width : height, upright ? height : width);
  const source = {
    90: (x, y) => x * width + (width - 1 - y),
    180: (x, y) => (height - 1 - y) * width + (width - 1 - x),
    270: (x, y) => (height - 1 - x) * width + y,
  }[degrees];
  for (let y = 0, i = 0; y < result.height; y++) {
    for (let x = 0; x < result.width; x++, i++) result.data[i] = data[source(x, y)];
  }
  return result;
}

/** The part of a picture between two columns, the second excluded. */
export function columnsOf(picture, start, stop) {
  const result = plain(Math.min(stop, picture.width) - start, picture.height);
  paste(picture, result, start, 0);
  return result;
}

/** Copies what of `picture` from (left, top) on fits into `target` to its top left. */
export function paste(picture, target, left, top) {
  const width = Math.min(target.width, picture.width - left);
  const height = Math.min(target.height, picture.height - top);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * picture.width + left;
    const row = picture.data.subarray(start, start + width);
    target.data.set(row, y * target.width);
  }
}

/**
 * Another size: averaged where it shrinks, cubic where it grows.
 * @param {Grey} picture
 * @returns {Grey}
 */
export function resize(picture, width, height) {
  if (width === picture.width && height === picture.height) return picture;
  const shrinks = width <= picture.width && height <= picture.height;
  const weights = shrinks ? areaWeights : cubicWeights;
  // OpenCV rounds halves up in this one case
  const up = picture.width === 2 * width && picture.height === 2 * height ? 0.1 : 0;
  return separable(
    picture,
    weights(picture.width, width),
    weights(picture.height, height),
    up,
  );
}

/** @typedef {{index: number[], weight: number[], first: Int32Array}} Weights Of what
 *  output i is the sum: entries first[i] to first[i + 1], the last excluded. */

/** @returns {Weights} Shares that input pixels have in each output pixel's area. */
function areaWeights(from, to) {
  const [index, weight, first] = [[], [], new Int32Array(to + 1)];
  const scale = from / to;
  for (let i = 0; i < to; i++) {
    const start = i * scale;
    const stop = Math.min(start + scale, from);
    for (let k = Math.floor(start); k < stop; k++) {
      const share = Math.min(k + 1, stop) - Math.max(k, start);
      if (share <= 1e-3) continue;
      index.push(k);
      weight.push(share / (stop - start));
    }
    first[i + 1] = index.length;
  }
  return { index, weight: Float32Array.from(weight), first };
}

/** @returns {Weights} Cubic convolution over four pixels, those at the edge repeated. */
function cubicWeights(from, to) {
  const [index, weight, first] = [[], [], new Int32Array(to + 1)];
  const a = -0.75;
  const outer = (d) => ((a * d - 5 * a) * d + 8 * a) * d - 4 * a; // 1 <= d <= 2
  const inner = (d) => ((a + 2) * d - (a + 3)) * d * d + 1; // 0 <= d <= 1
  for (let i = 0; i < to; i++) {
    const place = (i + 0.5) * (from / to) - 0.5;
    const low = Math.floor(place);
    const part = place - low;
    const near = [outer(part + 1), inner(part), inner(1 - part), outer(2 - part)];
    near.forEach((value, k) => {
      index.push(Math.min(Math.max(low - 1 + k, 0), from - 1));
      weight.push(value);
    });
    first[i + 1] = index.length;
  }
  return { index, weight, first };
}

/** Weighted sums of columns, then of rows; `up` is added before rounding. */
function separable(picture, columns, rows, up) {
  const width = columns.first.length - 1;
  const height = rows.first.length - 1;
  const result = plain(width, height);
  const cache = new Map(); // rows of the picture, already summed along x
  const sum = new Float32Array(width); // as in OpenCV, which decides ties
  for (let y = 0; y < height; y++) {
    sum.fill(up);
    const used = rows.index.slice(rows.first[y], rows.first[y + 1]);
    for (const number of cache.keys()) if (number < used[0]) cache.delete(number);
    used.forEach((number, k) => {
      if (!cache.has(number)) cache.set(number, summedRow(picture, number, columns));
      const row = cache.get(number);
      const weight = rows.weight[rows.first[y] + k];
      for (let x = 0; x < width; x++) sum[x] += weight * row[x];
    });
    result.data.set(sum, y * width);
  }
  return result;
}

function summedRow({ data, width }, number, { index, weight, first }) {
  const row = new Float32Array(first.length - 1);
  const start = number * width;
  for (let x = 0; x < row.length; x++) {
    for (let k = first[x]; k < first[x + 1]; k++)
      row[x] += weight[k] * data[start + index[k]];
  }
  return row;
}

/** Blurred by 1-2-1 in both directions, mirrored at the edge. */
export function smoothed({ data, width, height }) {
  const result = plain(width, height);
  for (let y = 0, i = 0; y < height; y++) {
    const rows = [mirror(y - 1, height), y, mirror(y + 1, height)];
    for (let x = 0; x < width; x++, i++) {
      const [left, right] = [mirror(x - 1, width), mirror(x + 1, width)];
      let sum = 8; // halves up
      for (let k = 0; k < 3; k++) {
        const row = rows[k] * width;
        sum +=
          (k === 1 ? 2 : 1) *
          (data[row + left] + 2 * data[row + x] + data[row + right]);
      }
      result.data[i] = sum >> 4;
    }
  }
  return result;
}

/** Mean of the window of `size` x `size` around each pixel, mirrored at the edge. */
export function windowMean({ data, width, height }, size) {
  const result = plain(width, height);
  const half = size >> 1;
  const sums = new Float64Array(width); // of each column over the window's rows
  const add = (y, sign) => {
    const row = mirror(y, height) * width;
    for (let x = 0; x < width; x++) sums[x] += sign * data[row + x];
  };
  for (let y = -half; y < half; y++) add(y, 1);
  for (let y = 0; y < height; y++) {
    add(y + half, 1);
    let sum = 0;
    for (let x = -half; x < half; x++) sum += sums[mirror(x, width)];
    for (let x = 0; x < width; x++) {
      sum += sums[mirror(x + half, width)];
      result.data[y * width + x] = sum / (size * size);
      sum -= sums[mirror(x - half, width)];
    }
    add(y - half, -1);
  }
  return result;
}

/** A place beyond the edge, reflected about the middle of the last pixel. */
function mirror(place, length) {
  if (length === 1) return 0;
  while (place < 0 || place >= length) {
    place = place < 0 ? -place : 2 * (length - 1) - place;
  }
  return place;
}

/**
 * Bilinear samples along an affine map.
 * @param {Grey} picture
 * @param {import("./geometry.js").Affine} source From the result's to the picture's
 *   coordinates, both with pixels covering 0..1.
 * @param {number} width Of the result.
 * @param {number} height Of the result.
 * @param {?number} fill Grey level beyond the picture; null repeats its edge.
 * @returns {Grey}
 */
export function warped(picture, source, width, height, fill = null) {
  const { data } = picture;
  const [right, bottom] = [picture.width - 1, picture.height - 1];
  const [a, b, c, d, e, f] = source;
  const result = plain(width, height);
  const at = (x, y) => {
    if (fill !== null && (x < 0 || y < 0 || x > right || y > bottom)) return fill;
    const column = x < 0 ? 0 : x > right ? right : x;
    const row = y < 0 ? 0 : y > bottom ? bottom : y;
    return data[row * picture.width + column];
  };
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const u = a * (x + 0.5) + b * (y + 0.5) + c - 0.5;
      const v = d * (x + 0.5) + e * (y + 0.5) + f - 0.5;
      const [left, top] = [Math.floor(u), Math.floor(v)];
      const [across, down] = [u - left, v - top];
      const upper = at(left, top) * (1 - across) + at(left + 1, top) * across;
      const lower = at(left, top + 1) * (1 - across) + at(left + 1, top + 1) * across;
      result.data[i] = upper * (1 - down) + lower * down;
    }
  }
  return result;
}
