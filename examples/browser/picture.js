/** From a picture file to grey pixels, by the browser's own decoder. */
import { plain, resize, toGrey } from "./ocr/pixels.js";

const LARGEST = 4000; // pixels of the long side; above twice that a picture is reduced
const BAND = 256; // rows drawn at a time: some browsers refuse large canvases

/**
 * Upright by EXIF, alpha composed over white, colour profiles ignored.
 * @param {Blob} file
 * @returns {Promise<{grey: import("./ocr/pixels.js").Grey, width: number,
 *   height: number, factor: number}>} Size in pixels of the undiminished picture, and by
 *   how much `grey` is smaller.
 * @throws {Error} The browser can't open the file as a picture.
 */
export async function openPicture(file) {
  const options = { imageOrientation: "from-image", colorSpaceConversion: "none" };
  const bitmap = await createImageBitmap(file, options).catch(() => {
    const name = file.name || "This";
    throw new Error(`${name} is not a picture that this browser can open.`);
  });
  const { width, height } = bitmap;
  const whole = greyOf(bitmap);
  bitmap.close();
  const factor = Math.max(1, Math.floor(Math.max(width, height) / LARGEST));
  const grey = resize(whole, Math.ceil(width / factor), Math.ceil(height / factor));
  return { grey, width, height, factor };
}

function greyOf(bitmap) {
  const { width, height } = bitmap;
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width, Math.min(BAND, height)];
  const context = canvas.getContext("2d", { willReadFrequently: true });
  context.fillStyle = "white";
  const grey = plain(width, height);
  for (let top = 0; top < height; top += BAND) {
    const rows = Math.min(BAND, height - top);
    context.fillRect(0, 0, width, rows);
    context.drawImage(bitmap, 0, -top);
    const { data } = context.getImageData(0, 0, width, rows);
    toGrey(data, grey.data.subarray(top * width, (top + rows) * width));
  }
  return grey;
}
