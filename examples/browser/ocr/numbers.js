/** Small numerical helpers. */

/** 0, 1, ... up to `count`, excluded. */
export function range(count) {
  return Array.from({ length: count }, (_, i) => i);
}

/** Rounds halves to even, as Python does. */
export function round(value) {
  const nearest = Math.round(value);
  return nearest - value === 0.5 && nearest % 2 !== 0 ? nearest - 1 : nearest;
}

/** @param {number[]} values */
export function sum(values) {
  return values.reduce((total, value) => total + value, 0);
}

/** Value below which a share of the values lies, interpolated; 0.5 for the median. */
export function quantile(values, share) {
  const sorted = Float64Array.from(values).sort();
  const rank = share * (sorted.length - 1);
  const lower = sorted[Math.floor(rank)];
  return lower + (rank - Math.floor(rank)) * (sorted[Math.ceil(rank)] - lower);
}

/** @param {ArrayLike<number>} values At least one. */
export function median(values) {
  return quantile(values, 0.5);
}

/** The value at which half of the weight of some items is reached. */
export function weightedMedian(items, value, weight) {
  const order = [...items].sort((a, b) => value[a] - value[b]);
  const half = sum(order.map((i) => weight[i])) / 2;
  let reached = 0;
  return value[order.find((i) => (reached += weight[i]) >= half)];
}
