// From a tap to the page, in a real browser: somebody has the Today page open while a phone records
// without signal and then syncs. Started by the office's tests with the page's address and the area;
// asks them by lines to do what the phone does, and gets "done" for each.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { launch } from "./browser.mjs";

const [address, area] = process.argv.slice(2);
const answers = createInterface(process.stdin)[Symbol.asyncIterator]();
const phone = async (does) => {
  console.log(does);
  assert.equal((await answers.next()).value, "done");
};

const browser = await launch();
const page = await browser.newPage();
page.setDefaultTimeout(15_000);
let loads = 0;
page.on("load", () => {
  loads += 1;
});

const cell = (label) => `#area-${area} td[data-label="${label}"]`;
const shows = async (numbers) => {
  for (const [label, number] of Object.entries(numbers)) {
    await page.waitForFunction(
      ([cell, number]) => document.querySelector(cell)?.innerText === number,
      [cell(label), number],
    ).catch(async (error) => {
      const shown = await page.locator(`#area-${area}`).innerText();
      throw new Error(`${label} ${number} never came: ${shown.replaceAll("\n", " ")}`, { cause: error });
    });
  }
};

let code = 1;
try {
  await page.goto(`${address}/?lang=en`);
  await page.waitForFunction(() =>
    document.querySelector("#status")?.dataset.state === "live");
  await shows({ "Records received": "0", "Open hazards": "0", Phones: "1" });

  await phone("checks two bottles and finds a hazard");
  await shows({ "Records received": "0", "Open hazards": "0" });

  await phone("syncs");
  const synced = Date.now();
  await shows({ "Records received": "3", "Open hazards": "1", "Still on phones": "0" });
  const wait = Date.now() - synced;
  assert.ok(wait < 5_000, `the page was told ${wait} ms after the phone`);

  await phone("takes the hazard back and syncs");
  await shows({ "Open hazards": "0" });

  assert.equal(loads, 1, "the page was loaded once and never again");
  console.log(`ok from a tap to the page, ${wait} ms after the sync`);
  code = 0;
} catch (error) {
  console.log(`FAILED\n${error.stack}`);
}
await browser.close();
process.exit(code);
