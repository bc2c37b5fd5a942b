// From a tap to the page, in a real browser: somebody has the Today page open while a phone records
// without signal and then syncs. Started by the office's tests with the page's address and the area;
// asks them by lines to do what the phone does.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

const [page_address, area] = process.argv.slice(2);
const answers = createInterface(process.stdin)[Symbol.asyncIterator]();
const have = async (what) => {
  console.log(what);
  assert.equal((await answers.next()).value, "done");
};

const browser = await chromium.launch({
  executablePath: process.env.DOORSTEP_CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"],
});
const page = await browser.newPage();
page.setDefaultTimeout(15_000);
let loads = 0;
page.on("load", () => { loads += 1; });
const cell = (label) => page.locator(`#area-${area} td[data-label="${label}"]`);
const until = async (label, text) => {
  await page.waitForFunction(
    ([area, label, text]) =>
      document.querySelector(`#area-${area} td[data-label="${label}"]`)?.innerText === text,
    [area, label, text],
  );
};

let code = 1;
try {
  await page.goto(`${page_address}/?lang=en`);
  await page.waitForFunction(() =>
    document.querySelector("#status")?.innerText.includes("Updating live"));
  assert.equal(await cell("Records received").innerText(), "0");

  await have("the phone checks two bottles and finds a hazard");
  await page.waitForTimeout(1_000);
  assert.equal(await cell("Records received").innerText(), "0", "nothing came before the sync");

  await have("the phone syncs");
  await until("Records received", "3");
  await until("Open hazards", "1");
  await until("Still on phones", "0");

  await have("the phone takes the hazard back and syncs");
  await until("Open hazards", "0");
  assert.equal(loads, 1, "the page was loaded once and never again");
  console.log("ok from a tap to the page");
  code = 0;
} catch (error) {
  console.log(`FAILED\n${error.stack}`);
}
await browser.close();
process.exit(code);
