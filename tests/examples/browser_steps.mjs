/**
 * Steps of the browser example, run by Node without a browser or a network: a list of
 * [step, arguments] as JSON on stdin, their results as a list on stdout. A picture
 * travels as {width, height, data} with its bytes in base 64.
 */
import { readFile } from "node:fs/promises";
import { findBoxes } from "../../examples/browser/ocr/boxes.js";
import { beam, greedy } from "../../examples/browser/ocr/decoding.js";
import { rectified } from "../../examples/browser/ocr/geometry.js";
import { readingOrder } from "../../examples/browser/ocr/layout.js";
import { CharacterModel } from "../../examples/browser/ocr/ngram.js";
import { skewAngle, textRunsDown } from "../../examples/browser/ocr/orientation.js";
import { Placement } from "../../examples/browser/ocr/placement.js";
import { resize, toGrey } from "../../examples/browser/ocr/pixels.js";
import { Scorer } from "../../examples/browser/ocr/prefix-search.js";
import { stitched } from "../../examples/browser/ocr/stitching.js";
import { loneHeight, textHeight } from "../../examples/browser/ocr/text-height.js";
import {
  closedUp,
  lineWords,
  meanConfidence,
} from "../../examples/browser/ocr/words.js";

const bytes = (text) => new Uint8ClampedArray(Buffer.from(text, "base64"));
const floats = (text) => new Float32Array(bytes(text).buffer);
const picture = ({ data, ...size }) => ({ ...size, data: bytes(data) });
const packed = ({ data, ...size }) => ({
  ...size,
  data: Buffer.from(data).toString("base64"),
});
const logits = ({ values, ...shape }) => ({ ...shape, values: floats(values) });

const model = async (path) => {
  const { buffer, byteOffset, length } = await readFile(path);
  return CharacterModel.read(buffer.slice(byteOffset, byteOffset + length));
};

const STEPS = {
  grey: (rgba) => {
    const grey = new Uint8ClampedArray(bytes(rgba).length / 4);
    toGrey(bytes(rgba), grey);
    return [...grey];
  },
  resize: (image, width, height) => packed(resize(picture(image), width, height)),
  rectify: (image, quad, height) => packed(rectified(picture(image), quad, height)),
  upright: (image, turn, skew, scale) => {
    const { picture: result, matrix } = new Placement(turn, skew).upright(
      picture(image),
      scale,
    );
    return [packed(result), matrix];
  },
  skew: (image) => skewAngle(picture(image)),
  runsDown: (image) => textRunsDown(picture(image)),
  textHeight: (image, skew) => textHeight(picture(image), skew),
  loneHeight: (image) => loneHeight(picture(image)),
  boxes: ({ values, ...size }, ratio) =>
    findBoxes({ ...size, values: floats(values) }, ratio),
  order: (quads) => readingOrder(quads),
  decode: (line, alphabet, quad, steps) => {
    const characters = greedy(logits(line), [...alphabet]);
    const text = characters.map((character) => character.text).join("");
    return [text, meanConfidence(characters), lineWords(characters, quad, steps)];
  },
  closedUp: (text) =>
    closedUp([...text].map((character) => ({ text: character })))
      .map((character) => character.text)
      .join(""),
  probabilities: async (path, contexts) => {
    const known = await model(path);
    return contexts.map((context) => [...known.probabilities(context)]);
  },
  classes: async (path, alphabet) => (await model(path)).classesOf([...alphabet]),
  beam: async (path, alphabet, lines) => {
    const scorer = new Scorer([...alphabet], await model(path));
    return lines.map((line) => beam(logits(line), [...alphabet], scorer));
  },
  stitch: (pieces, steps) => {
    const parts = pieces.map(([line, offset]) => ({ logits: logits(line), offset }));
    return Buffer.from(stitched(parts, steps).values.buffer).toString("base64");
  },
};

let input = "";
for await (const part of process.stdin) input += part;
const results = JSON.parse(input).map(([step, ...rest]) => STEPS[step](...rest));
console.log(JSON.stringify(await Promise.all(results)));
