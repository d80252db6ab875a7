/**
 * Reads pictures through the page in headless Chromium.
 *
 *     node read.mjs PICTURE... > texts.jsonl
 *
 * One JSON object a picture: name, status, text; selectable, the text laid over the
 * picture; boxes and words, where each is drawn: left, top, right and bottom as shares of
 * the picture; ms, the milliseconds of each step. `CHROMIUM` names the browser where it is
 * not /usr/bin/chromium; `SCREENSHOT` a file for a picture of the page after the last one.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { basename } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const FLAGS = [
  ...[
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
  ],
  ...[
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
];

/** Serves the checkout as the README says, on a free port. */
async function serve() {
  const server = ["-u", "-m", "http.server", "0", "--bind", "127.0.0.1"];
  const child = spawn("python3", server, {
    cwd: ROOT,
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [line] = await once(child.stdout, "data");
  return { child, address: line.toString().match(/http:\S+\d/)[0] };
}

async function read(page, path) {
  await page.setInputFiles("#file", path);
  await page.waitForSelector("#status:is([data-state=done], [data-state=failed])", {
    timeout: 600_000,
  });
  return page.evaluate((name) => {
    const rows = [...document.querySelectorAll("#times tr")];
    const picture = document.querySelector("#page img")?.getBoundingClientRect();
    const places = (selector) =>
      [...document.querySelectorAll(selector)].map((element) => {
        const { left, top, right, bottom } = element.getBoundingClientRect();
        const across = [left, right].map((x) => (x - picture.left) / picture.width);
        const down = [top, bottom].map((y) => (y - picture.top) / picture.height);
        return [across[0], down[0], across[1], down[1]];
      });
    const selection = getSelection();
    selection.selectAllChildren(document.getElementById("page"));
    return {
      name,
      status: document.getElementById("status").textContent,
      text: document.getElementById("text").textContent,
      selectable: selection.toString(),
      boxes: places("#page polygon"),
      words: places("#page span"),
      ms: Object.fromEntries(
        rows.map(({ cells: [what, time] }) => [
          what.textContent,
          parseInt(time.textContent),
        ]),
      ),
    };
  }, basename(path));
}

const { child: server, address } = await serve();
const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: FLAGS,
});
const page = await browser.newPage({ viewport: { width: 1000, height: 800 } });
page.on("pageerror", (error) => console.error(error));
await page.goto(`${address}/examples/browser/`);
await page.waitForSelector("#status:is([data-state=ready], [data-state=failed])", {
  timeout: 120_000,
});
for (const path of process.argv.slice(2))
  console.log(JSON.stringify(await read(page, path)));
await page.evaluate(() => getSelection().removeAllRanges());
if (process.env.SCREENSHOT) await page.screenshot({ path: process.env.SCREENSHOT });
await browser.close();
server.kill();
