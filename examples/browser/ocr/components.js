/** Connected parts of a mask. */
import { round } from "./numbers.js";

/**
 * Component i has the label i + 1; the ground is 0. They are numbered by their first
 * pixels, row by row.
 * @typedef {object} Components
 * @property {Int32Array} labels One for each pixel.
 * @property {number} count
 * @property {number} columns Width of the mask.
 * @property {number} rows Height of the mask.
 * @property {Int32Array} left Of the bounding boxes, pixels, like the next three.
 * @property {Int32Array} top
 * @property {Int32Array} width
 * @property {Int32Array} height
 * @property {Float64Array} ink Pixels of each.
 */

/**
 * @param {Uint8Array} mask 0 or not, row by row.
 * @param {number} columns Width of the mask.
 * @param {number} rows Height of the mask.
 * @param {4 | 8} neighbours Whether corners connect.
 * @returns {Components}
 */
export function findComponents(mask, columns, rows, neighbours = 8) {
  const labels = new Int32Array(columns * rows);
  const parent = [0];
  const root = (label) => {
    while (parent[label] !== label) {
      parent[label] = parent[parent[label]];
      label = parent[label];
    }
    return label;
  };
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) {
      if (!mask[i]) continue;
      const before = [x > 0 ? labels[i - 1] : 0, y > 0 ? labels[i - columns] : 0];
      if (neighbours === 8 && y > 0) {
        before.push(x > 0 ? labels[i - columns - 1] : 0);
        before.push(x + 1 < columns ? labels[i - columns + 1] : 0);
      }
      let label = 0;
      for (const other of before) {
        if (!other) continue;
        const [a, b] = [root(other), label || root(other)];
        label = Math.min(a, b);
        parent[Math.max(a, b)] = label;
      }
      if (!label) {
        label = parent.length;
        parent.push(label);
      }
      labels[i] = label;
    }
  }
  return measured(labels, columns, rows, parent, root);
}

function measured(labels, columns, rows, parent, root) {
  const number = new Int32Array(parent.length);
  let count = 0;
  for (let label = 1; label < parent.length; label++) {
    number[label] = root(label) === label ? ++count : number[root(label)];
  }
  const left = new Int32Array(count).fill(columns);
  const top = new Int32Array(count).fill(rows);
  const [width, height] = [new Int32Array(count), new Int32Array(count)];
  const ink = new Float64Array(count);
  for (let y = 0, i = 0; y < rows; y++) {
    for (let x = 0; x < columns; x++, i++) {
      if (!labels[i]) continue;
      labels[i] = number[labels[i]];
      const c = labels[i] - 1;
      left[c] = Math.min(left[c], x);
      top[c] = Math.min(top[c], y);
      width[c] = Math.max(width[c], x + 1); // the right side, until below
      height[c] = Math.max(height[c], y + 1);
      ink[c]++;
    }
  }
  for (let c = 0; c < count; c++) {
    width[c] -= left[c];
    height[c] -= top[c];
  }
  return { labels, count, columns, rows, left, top, width, height, ink };
}

/** Mask of those components for which `keep(i)` is true. */
export function only(components, keep) {
  const kept = Uint8Array.from({ length: components.count + 1 }, (_, label) =>
    Number(label > 0 && keep(label - 1)),
  );
  return Uint8Array.from(components.labels, (label) => kept[label]);
}

/** Components after gaps of less than `distance` pixels in a row were filled. */
export function joinAcross(mask, columns, rows, distance) {
  const bar = Math.max(2, round(distance));
  const closed = mask.slice();
  for (let y = 0; y < rows; y++) {
    const row = closed.subarray(y * columns, (y + 1) * columns);
    let last = -Infinity;
    for (let x = 0; x < columns; x++) {
      if (!mask[y * columns + x]) continue;
      // what is half a bar from the edge is joined to it
      if (last < 0 && x <= bar >> 1) row.fill(1, 0, x);
      if (x - last <= bar) row.fill(1, last, x);
      last = x;
    }
    if (last >= 0 && columns - 1 - last <= bar >> 1) row.fill(1, last);
  }
  return findComponents(closed, columns, rows);
}
