/** A page put upright: the map from its picture to the one that is searched for text. */
import { composed, inverted, transformed, turning } from "./geometry.js";
import { round } from "./numbers.js";
import { paperLevel, resize, rotated, warped } from "./pixels.js";

/** @typedef {import("./pixels.js").Grey} Grey */

const LEVEL = 0.2; // degrees of skew up to which a page is left as it is

/** How the text of a picture is turned. */
export class Placement {
  /**
   * @param {number} turn 0, 90, 180 or 270: degrees, clockwise, from upright to how the
   *   text stands.
   * @param {number} skew Degrees, clockwise, in addition.
   */
  constructor(turn, skew) {
    this.turn = turn;
    this.skew = skew;
  }

  /** Degrees, clockwise, by which the text is turned, in [0, 360). */
  get angle() {
    return (this.turn + this.skew + 360) % 360;
  }

  /**
   * The picture upright and at another scale.
   * @param {Grey} grey
   * @param {number} scale Pixels of the result per pixel of the picture.
   * @returns {{picture: Grey, matrix: import("./geometry.js").Affine}} The matrix leads
   *   from the picture's coordinates to the result's.
   */
  upright(grey, scale) {
    const width = Math.max(1, round(grey.width * scale));
    const height = Math.max(1, round(grey.height * scale));
    const sized = [width / grey.width, 0, 0, 0, height / grey.height, 0];
    const matrix = composed(quarterTurn(this.turn, width, height), sized);
    const picture = rotated(resize(grey, width, height), this.turn);
    if (Math.abs(this.skew) <= LEVEL) return { picture, matrix };
    const { level, room } = levelling(this.skew, picture);
    const paper = paperLevel(picture);
    return {
      picture: warped(picture, inverted(level), ...room, paper),
      matrix: composed(level, matrix),
    };
  }

  /** Points of the picture, turned so that lines run level. */
  levelled(points) {
    return transformed(points, turning((-this.angle * Math.PI) / 180));
  }
}

/** Coordinates after `rotated` of a picture of so many pixels. */
function quarterTurn(turn, width, height) {
  return {
    0: [1, 0, 0, 0, 1, 0],
    90: [0, 1, 0, -1, 0, width],
    180: [-1, 0, width, 0, -1, height],
    270: [0, -1, height, 1, 0, 0],
  }[turn];
}

/** The map that takes a skew out, and the [width, height] that holds the result. */
function levelling(degrees, { width, height }) {
  const level = turning((-degrees * Math.PI) / 180);
  const corners = transformed(
    [
      [0, 0],
      [width, 0],
      [width, height],
      [0, height],
    ],
    level,
  );
  const [x, y] = [
    corners.map((corner) => corner[0]),
    corners.map((corner) => corner[1]),
  ];
  level[2] = -Math.min(...x);
  level[5] = -Math.min(...y);
  return { level, room: [x, y].map((v) => Math.ceil(Math.max(...v) - Math.min(...v))) };
}
