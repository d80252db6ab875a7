/**
 * Reads pictures through the page in headless Chromium.
 *
 *     node read.mjs PICTURE... > texts.jsonl
 *
 * One JSON object a picture: name, text, selectable (the text laid over the picture),
 * boxes (their number), status, ms (milliseconds of each step). `CHROMIUM` names the
 * browser where it is not /usr/bin/chromium; `SCREENSHOT` a file for a picture of the
 * page after the last one.
 */
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { basename, extname, join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css" };
const FLAGS = [
  ...["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
  ...["--disable-background-networking", "--disable-component-update", "--disable-sync"],
];

/** Serves the checkout on a free port of this machine. */
async function serve() {
  const server = createServer(async (request, response) => {
    const path = normalize(decodeURIComponent(new URL(request.url, "http://x").pathname));
    const file = join(ROOT, path.endsWith(sep) ? `${path}index.html` : path);
    const type = TYPES[extname(file)] ?? (extname(file) === ".wasm" ? "application/wasm" : "");
    await readFile(file).then(
      (content) => response.writeHead(200, type ? { "Content-Type": type } : {}).end(content),
      () => response.writeHead(404).end(),
    );
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return server;
}

async function read(page, path) {
  await page.setInputFiles("#file", path);
  await page.waitForSelector("#status:is([data-state=done], [data-state=failed])", {
    timeout: 600_000,
  });
  return page.evaluate((name) => {
    const rows = [...document.querySelectorAll("#times tr")];
    const selection = getSelection();
    selection.selectAllChildren(document.getElementById("page"));
    return {
      name,
      status: document.getElementById("status").textContent,
      text: document.getElementById("text").textContent,
      selectable: selection.toString(),
      boxes: document.querySelectorAll("#page polygon").length,
      ms: Object.fromEntries(
        rows.map(({ cells: [what, time] }) => [what.textContent, parseInt(time.textContent)]),
      ),
    };
  }, basename(path));
}

const server = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: FLAGS,
});
const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
page.on("pageerror", (error) => console.error(error));
await page.goto(`http://127.0.0.1:${server.address().port}/examples/browser/`);
await page.waitForSelector("#status:is([data-state=ready], [data-state=failed])", {
  timeout: 120_000,
});
for (const path of process.argv.slice(2)) console.log(JSON.stringify(await read(page, path)));
await page.evaluate(() => getSelection().removeAllRanges());
if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
await browser.close();
server.close();
