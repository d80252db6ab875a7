/** The page: a picture is chosen, dropped, pasted or taken, read, and shown with its text. */
import { loadLiteRt } from "@litertjs/core";
import { offerCamera } from "./camera.js";
import { Detector } from "./ocr/detector.js";
import { Model } from "./ocr/model.js";
import { CharacterModel } from "./ocr/ngram.js";
import { Reader } from "./ocr/reader.js";
import { Recognizer } from "./ocr/recognizer.js";
import { showBoxes, showPicture, showWords } from "./overlay.js";
import { openPicture } from "./picture.js";

const MODELS = new URL("../../saved_models/ocr/", import.meta.url).href;
const RUNTIME = new URL("./node_modules/@litertjs/core/wasm/", import.meta.url).href;

const element = (id) => document.getElementById(id);
const say = (text) => (element("status").textContent = text);
const fail = (error) => {
  element("status").dataset.state = "failed";
  say(error.message);
};

let queue = openReader(); // one picture after another: the networks have one input

async function openReader() {
  await loadLiteRt(RUNTIME);
  const detector = new Detector(await Model.open(`${MODELS}detector/`));
  const recognizer = new Recognizer(await Model.open(`${MODELS}recognizer/`));
  const languageModel = await CharacterModel.open(`${MODELS}recognizer/language.npz`);
  element("status").dataset.state = "ready";
  say("Ready.");
  return new Reader(detector, recognizer, languageModel);
}

/** @param {?Blob} file */
function enqueue(file) {
  if (!file) return;
  element("status").dataset.state = "reading";
  queue = queue.then(async (reader) => {
    await show(reader, file).catch(fail);
    return reader;
  });
  queue.catch(fail);
}

/** Reads a picture and shows its text. */
async function show(reader, file) {
  const started = performance.now();
  say("Opening the picture …");
  element("result").hidden = true;
  const { grey, width, height, factor } = await openPicture(file);
  const opened = performance.now();
  const figure = element("page");
  const address = URL.createObjectURL(file);
  showPicture(figure, address);
  figure.firstChild.onload = () => URL.revokeObjectURL(address);
  element("text").textContent = "";
  element("result").hidden = false;
  say("Looking for text …");
  let found = null;
  await breathe();
  const page = await reader.read(grey, async (quads, done) => {
    if (done === 0) {
      found = performance.now();
      showBoxes(figure, quads, grey.width, grey.height);
    }
    say(`Reading line ${done} of ${quads.length} …`);
    if (done % 4 === 0) await breathe();
  });
  const finished = performance.now();
  showBoxes(
    figure,
    page.rows.flat().map((line) => line.quad),
    grey.width,
    grey.height,
  );
  showWords(figure, page.rows, grey.width);
  element("text").textContent = page.text;
  showTimes({
    "Opening the picture": opened - started,
    "Finding its lines": found - opened,
    "Reading them": finished - found,
    "In all": finished - started,
  });
  element("status").dataset.state = "done";
  const lines = page.rows.flat().length;
  const reduced = factor > 1 ? ` at 1/${factor} of its size` : "";
  say(
    lines
      ? `${lines} lines in ${width} x ${height} pixels${reduced}.`
      : "No text was found.",
  );
}

/** @param {Object<string, number>} times Milliseconds. */
function showTimes(times) {
  const table = element("times");
  table.querySelector("tbody")?.remove();
  const body = table.createTBody();
  for (const [what, time] of Object.entries(times)) {
    const row = body.insertRow();
    row.insertCell().textContent = what;
    row.insertCell().textContent = `${Math.round(time)} ms`;
  }
}

/** Lets the browser draw. */
function breathe() {
  return new Promise((resolve) => setTimeout(resolve));
}

element("file").onchange = (event) => {
  enqueue(event.target.files[0]);
  event.target.value = ""; // the same file can be chosen again
};
document.ondragover = (event) => {
  event.preventDefault();
  element("drop").classList.add("over");
};
document.ondragleave = () => element("drop").classList.remove("over");
document.ondrop = (event) => {
  event.preventDefault();
  element("drop").classList.remove("over");
  enqueue(event.dataTransfer.files[0]);
};
document.onpaste = (event) => enqueue(event.clipboardData.files[0]);
element("copy").onclick = () =>
  navigator.clipboard.writeText(element("text").textContent);
queue.catch(fail);
offerCamera(enqueue, fail);
