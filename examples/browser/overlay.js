/** A picture with its boxes drawn and its text laid over it, invisible but selectable. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * Shows a picture, without boxes or text yet.
 * @param {HTMLElement} figure
 * @param {string} source Address of the picture.
 */
export function showPicture(figure, source) {
  const image = new Image();
  image.src = source;
  image.alt = "";
  figure.replaceChildren(image, document.createElementNS(SVG, "svg"));
}

/**
 * Draws boxes in the place of those drawn before.
 * @param {HTMLElement} figure
 * @param {import("./ocr/geometry.js").Quad[]} quads In pixels of a picture of
 * @param {number} width and
 * @param {number} height
 */
export function showBoxes(figure, quads, width, height) {
  const drawing = figure.querySelector("svg");
  drawing.setAttribute("viewBox", `0 0 ${width} ${height}`);
  drawing.replaceChildren(
    ...quads.map((quad) => {
      const polygon = document.createElementNS(SVG, "polygon");
      polygon.setAttribute("points", quad.join(" "));
      return polygon;
    }),
  );
}

/**
 * Lays words over the picture.
 * @param {HTMLElement} figure
 * @param {import("./ocr/reader.js").Line[][]} rows
 * @param {number} width Of the picture whose pixels the words' places are in.
 */
export function showWords(figure, rows, width) {
  const measure = document.createElement("canvas").getContext("2d");
  measure.font = "100px sans-serif";
  const parts = rows.flatMap((row) => [
    ...row.flatMap((line) => line.words).map((word) => wordSpan(word, width, measure)),
    document.createElement("br"), // a new line where the text is copied
  ]);
  const layer = document.createElement("div");
  layer.append(...parts);
  figure.append(layer);
}

function wordSpan({ text, quad }, width, measure) {
  const [[left, top], [right, slopedTo], , [lowerX, lowerY]] = quad;
  const along = Math.hypot(right - left, slopedTo - top);
  const height = Math.hypot(lowerX - left, lowerY - top);
  const natural = (measure.measureText(text).width / 100) * height;
  const share = (pixels) => `${(100 * pixels) / width}cqw`;
  const span = document.createElement("span");
  span.textContent = `${text} `; // a space between words where they are copied
  span.style.fontSize = share(height);
  span.style.transform =
    `translate(${share(left)}, ${share(top)}) ` +
    `rotate(${Math.atan2(slopedTo - top, right - left)}rad) ` +
    `scaleX(${natural ? along / natural : 1})`;
  return span;
}
