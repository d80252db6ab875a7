/**
 * Prefix beam search over CTC probabilities with a language model: the recursion of
 * `suite/ocr/prefix_search.py`, where it is written down, without a word list.
 */
import { range } from "./numbers.js";
import { BOUNDARY } from "./ngram.js";

/** @typedef {import("./alignment.js").LogProbs} LogProbs */
/** @typedef {import("./ngram.js").CharacterModel} CharacterModel */
/**
 * A text that the search goes on with.
 * @typedef {object} Kept
 * @property {Prefix} text
 * @property {number} blank Log mass of the paths that end in a blank.
 * @property {number} solid Log mass of those that end in the text's last character.
 * @property {number} total Log mass of both.
 */

const BLANK = 0;
const WIDTH = 8; // texts kept after each step
const ALPHA = 0.3; // weight of the language model
const BETA = 0.6; // for each character, pays for what the model costs
// log of the probability below which, in a step, a character isn't looked at, and,
// beside the best, a text isn't kept
const FLOOR = Math.log(1e-3);
const CONTEXTS = 2048; // of which it is remembered what the model says
const NOTHING = { blank: -Infinity, solid: -Infinity };

/** A text so far: node of the tree of all texts that the search has kept. */
class Prefix {
  constructor(parent, label, prior, context) {
    this.parent = parent;
    this.label = label;
    this.prior = prior; // what the scorer added to it so far
    this.context = context; // what the language model sees
    this.children = new Map();
    this.gains = null; // the scorer's, once it was asked
  }
}

/** What a language model adds to a text's log probability. */
export class Scorer {
  /**
   * @param {string[]} alphabet The recognizer's characters.
   * @param {CharacterModel} model
   */
  constructor(alphabet, model) {
    const { classes, shares } = model.classesOf(alphabet);
    this.model = model;
    this.classes = [BOUNDARY, ...classes];
    this.shares = [0, ...shares];
    this.said = new Map();
  }

  /** The empty text. */
  root() {
    return new Prefix(null, BLANK, 0, this.seen([BOUNDARY]));
  }

  /**
   * The text longer by one character; the same object each time.
   * @param {Prefix} prefix
   * @param {number} label
   * @param {boolean} asked False leaves out what the scorer adds: it is the same for all
   *   texts that are still possible.
   */
  child(prefix, label, asked) {
    let child = prefix.children.get(label);
    if (!child) {
      const prior = prefix.prior + (asked ? this.gains(prefix)[label] : 0);
      const context = this.seen([...prefix.context, this.classes[label]]);
      child = new Prefix(prefix, label, prior, context);
      prefix.children.set(label, child);
    }
    return child;
  }

  /** The end of a context that the model looks at. */
  seen(context) {
    return context.slice(Math.max(0, context.length - this.model.order + 1));
  }

  /** For each class, what it adds next. */
  gains(prefix) {
    prefix.gains ??= this.say(prefix.context);
    return prefix.gains;
  }

  say(context) {
    const key = context.join();
    let gains = this.said.get(key);
    if (!gains) {
      const probabilities = this.model.probabilities(context);
      gains = this.classes.map(
        (k, i) => ALPHA * (Math.log(probabilities[k]) + this.shares[i]) + BETA,
      );
      if (this.said.size >= CONTEXTS) this.said.clear();
      this.said.set(key, gains);
    }
    return gains;
  }
}

/**
 * @param {LogProbs} logProbs
 * @param {Scorer} scorer
 * @returns {number[]} Classes of the best text.
 */
export function search({ values, steps, classes }, scorer) {
  let beam = [{ text: scorer.root(), blank: 0, solid: -Infinity, total: 0 }];
  for (let step = 0; step < steps; step++) {
    const y = values.subarray(step * classes, (step + 1) * classes);
    const labels = range(classes).filter((k) => k !== BLANK && y[k] > FLOOR);
    beam = labels.length
      ? best(advanced(beam, y, labels, scorer))
      : beam.map((kept) => paused(kept, y));
  }
  const labels = [];
  let { text } = beam.reduce((a, b) => (score(b) > score(a) ? b : a));
  for (; text.parent; text = text.parent) labels.push(text.label);
  return labels.reverse();
}

/** Log probability of a text, with what the scorer added. */
function score({ text, total }) {
  return total + text.prior;
}

/** The same text after a step that is a blank, or its last character held. */
function paused({ text, solid, total }, y) {
  const blank = total + y[BLANK];
  const held = solid + y[text.label];
  return { text, blank, solid: held, total: logAdd(blank, held) };
}

/** All texts that one more step leads to, with their masses `blank` and `solid`. */
function advanced(beam, y, labels, scorer) {
  const pausing = y[BLANK] > FLOOR;
  const limit = Math.max(...beam.map(score)) + FLOOR + Math.max(...y);
  const after = new Map();
  for (const { text, blank, solid, total } of beam) {
    // where all texts go on with the same character the scorer has no say
    const alone =
      beam.length === 1 && labels.length === 1 && !pausing && labels[0] !== text.label;
    const held = solid + y[text.label];
    if (pausing || held > -Infinity) {
      const reached = (after.get(text) ?? NOTHING).solid; // without its last character
      after.set(text, { blank: total + y[BLANK], solid: logAdd(held, reached) });
    }
    for (const k of labels) {
      const mass = (k === text.label ? blank : total) + y[k];
      if (mass + text.prior <= limit) continue;
      const longer = scorer.child(text, k, !alone);
      const masses = after.get(longer) ?? NOTHING;
      after.set(longer, { ...masses, solid: logAdd(masses.solid, mass) });
    }
  }
  return after;
}

/** @returns {Kept[]} The best texts, without those far behind the best. */
function best(after) {
  const found = [...after].map(([text, { blank, solid }]) => {
    return { text, blank, solid, total: logAdd(blank, solid) };
  });
  const limit = Math.max(...found.map(score)) + FLOOR;
  return found
    .sort((a, b) => score(b) - score(a))
    .slice(0, WIDTH)
    .filter((kept) => found.length === 1 || score(kept) > limit);
}

/** log(exp(a) + exp(b)). */
function logAdd(a, b) {
  const [low, high] = a < b ? [a, b] : [b, a];
  return low === -Infinity ? high : high + Math.log1p(Math.exp(low - high));
}
