/** A character n-gram model: interpolated Kneser-Ney, stored as counts. */
import { readNpz } from "./npz.js";
import { range } from "./numbers.js";

export const BOUNDARY = 0; // class of the line start
const FORMAT = 2;

/**
 * n-grams of one length k. A key is characters as a number with the number of classes as
 * its base, first character highest.
 * @typedef {object} Level
 * @property {Float64Array} contexts Sorted keys of the k - 1 characters before.
 * @property {Uint32Array} starts Where each context's followers begin; one more.
 * @property {Uint8Array} followers Class of the last character.
 * @property {Uint8Array | Uint16Array | Uint32Array} counts
 * @property {Uint8Array | Uint16Array | Uint32Array} totals Of each context.
 * @property {number} discount Taken off each count.
 */

/** P(character | characters before it); `suite/text/ngram.py` gives the formula. */
export class CharacterModel {
  /**
   * @param {string} address Of a file that `CharacterModel.save` of Python wrote.
   * @returns {Promise<?CharacterModel>} null where there is none.
   */
  static async open(address) {
    const response = await fetch(address);
    if (response.status === 404) return null;
    if (!response.ok) throw new Error(`No model at ${address}: ${response.status}.`);
    return CharacterModel.read(await response.arrayBuffer());
  }

  /** @param {ArrayBuffer} buffer @returns {Promise<CharacterModel>} */
  static async read(buffer) {
    const arrays = await readNpz(buffer);
    const [format, order, folded] = arrays.format ?? [];
    if (format !== FORMAT) throw new Error(`Not a character model (format ${format}).`);
    const characters = [...arrays.characters].map((code) => String.fromCodePoint(code));
    // true of all that Python counts: whole n-grams, a class longer, fit into 63 bits
    if ((characters.length + 1) ** (order - 1) > Number.MAX_SAFE_INTEGER) {
      throw new Error(`Contexts of ${order - 1} characters have no exact number.`);
    }
    const levels = range(order).map((i) => readLevel(arrays, i));
    return new CharacterModel(characters, levels, folded !== 0);
  }

  /**
   * @param {string[]} alphabet Characters of the classes 1, 2, ...
   * @param {Level[]} levels n-grams of length 1, 2, ...
   * @param {boolean} folded Small letters, and one digit for all.
   */
  constructor(alphabet, levels, folded) {
    this.alphabet = alphabet;
    this.levels = levels;
    this.folded = folded;
  }

  /** Longest n-gram, in characters. */
  get order() {
    return this.levels.length;
  }

  /**
   * Where the characters of a recognizer stand in this model.
   * @param {string[]} alphabet
   * @returns {{classes: number[], shares: number[]}} Classes here, and what is to be
   *   added to their log probability: digits that are one class share it evenly,
   *   capital and small letters both get it whole.
   */
  classesOf(alphabet) {
    const seen = this.folded ? alphabet.map(fold) : alphabet;
    const place = new Map(this.alphabet.map((character, i) => [character, i + 1]));
    const lacking = seen.filter((character) => !place.has(character));
    if (lacking.length) {
      const names = lacking.join("");
      throw new Error(
        `The language model lacks characters of the recognizer: ${names}`,
      );
    }
    const digits = seen.filter((character) => character === "0").length;
    return {
      classes: seen.map((character) => place.get(character)),
      shares: seen.map((character) => (character === "0" ? -Math.log(digits) : 0)),
    };
  }

  /**
   * @param {number[]} context The classes before, at most `order` - 1; BOUNDARY first
   *   where the line starts within them.
   * @returns {Float32Array} P(class | context), 0 of the blank.
   */
  probabilities(context) {
    const size = this.alphabet.length + 1;
    const result = new Float32Array(size).fill(1 / (size - 1));
    result[BOUNDARY] = 0;
    for (let length = 0; length <= context.length; length++) {
      refine(result, this.levels[length], context.slice(context.length - length));
    }
    return result;
  }
}

/** Probabilities after a context, in place of those after the context a class shorter. */
function refine(result, level, context) {
  const key = context.reduce((sum, number) => sum * result.length + number, 0);
  const at = indexOf(level.contexts, key);
  if (at < 0) return;
  const [start, stop] = [level.starts[at], level.starts[at + 1]];
  const total = level.totals[at];
  let kept = 0;
  for (let i = start; i < stop; i++) kept += level.counts[i] - level.discount;
  const rest = Math.fround((total - kept) / total);
  result.forEach((value, k) => (result[k] = value * rest));
  for (let i = start; i < stop; i++) {
    result[level.followers[i]] += (level.counts[i] - level.discount) / total;
  }
}

/** Place of a key among sorted ones; -1 where it is not. */
function indexOf(keys, key) {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (keys[middle] < key) low = middle + 1;
    else high = middle;
  }
  return keys[low] === key ? low : -1;
}

/** @returns {Level} */
function readLevel(arrays, i) {
  const part = (name) => arrays[`${name}${i}`];
  const contexts = Float64Array.from(part("contexts"), Number); // differences, as stored
  for (let k = 1; k < contexts.length; k++) contexts[k] += contexts[k - 1];
  const starts = new Uint32Array(contexts.length + 1);
  part("sizes").forEach((size, k) => (starts[k + 1] = starts[k] + size));
  return {
    contexts,
    starts,
    followers: part("followers"),
    counts: part("counts"),
    totals: part("totals"),
    discount: arrays.discounts[i],
  };
}

/** A character in small, each digit a 0. */
function fold(character) {
  const small = character.toLowerCase();
  // a few capitals (\u0130) become two characters; those stay
  const folded = [...small].length === 1 ? small : character;
  return /[1-9]/.test(folded) ? "0" : folded;
}
