// The Today page in a real browser: live without a reload, in both languages, by keyboard alone,
// on a phone and on a desk. Started by the office's tests with the address of a running office
// whose desk obeys requests like `310101019005 received 5000`; talks to them by lines.

import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { launch } from "./browser.mjs";

const office = process.argv[2];
const patience = 10_000;

const tell = async (command) => {
  const response = await fetch(`${office}/sync`, {
    method: "POST",
    headers: { "content-type": "application/octet-stream" },
    body: command,
  });
  assert.equal(response.status, 200);
};

const browser = await launch();

const complaints = [];
const open = async (path, options = {}) => {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(patience);
  page.on("console", (message) => {
    if (message.type() === "error") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(office) && !url.startsWith("data:")) complaints.push(`asked for ${url}`);
  });
  await page.goto(office + path);
  return page;
};

const textOf = (page, selector) => page.locator(selector).innerText();
const untilText = (page, selector, text) =>
  page.waitForFunction(
    ([selector, text]) => document.querySelector(selector)?.innerText.includes(text),
    [selector, text],
  );

const behaviours = {
  "speaks Chinese first and is live": async () => {
    const page = await open("/");
    assert.equal(await page.title(), "今天 · 老西门街道 · 上门");
    assert.equal(await textOf(page, "h1"), "今天");
    await untilText(page, "#status", "实时更新中");
    const headers = await page.locator("thead th").allInnerTexts();
    assert.deepEqual(headers, [
      "地区", "最近同步", "已收到记录", "还在手机上", "待审", "矛盾", "未销隐患", "手机",
      "7 天没消息的手机",
    ]);
    assert.match(await textOf(page, ".moment"), /2026-11-26 10:32:05 北京时间 \(\+08:00\)/);
    assert.match(await textOf(page, "#area-310101019014"), /—/);
    await page.context().close();
  },

  "changes in place, without a reload and without losing the focus": async () => {
    const page = await open("/");
    await untilText(page, "#status", "实时更新中");
    await page.locator(".filter a").nth(1).focus();
    await page.evaluate(() => {
      window.row = document.getElementById("area-310101019005");
      window.link = document.activeElement;
      window.loadedOnce = true;
    });
    await tell("310101019005 received 5000");
    await untilText(page, "#area-310101019005", "5,000");
    await untilText(page, "#total", "6,208");
    await untilText(page, "#status", "已收到 6,208 条");
    const kept = await page.evaluate(
      () =>
        window.loadedOnce &&
        window.row === document.getElementById("area-310101019005") &&
        window.link === document.activeElement,
    );
    assert.ok(kept, "the same page, the same row, the same focus");

    await tell("310101019005 held 4");
    await untilText(page, "#area-310101019005", "◆ 4");
    await tell("310101019014 unsent 17");
    await page.waitForFunction(
      () => !document.getElementById("area-310101019014").innerText.includes("17\t—"),
    );
    await untilText(page, "#area-310101019014", "17");

    await tell("310101019099 received 1");
    await untilText(page, "#area-310101019099", "新居委会");
    const rows = await page.locator("tbody tr[id^=area-]").evaluateAll((rows) =>
      rows.map((row) => row.id),
    );
    assert.equal(rows.at(-1), "area-310101019099");
    assert.equal(new Set(rows).size, rows.length, "no row twice");
    assert.ok(await page.evaluate(() => window.loadedOnce), "still no reload");
    await page.context().close();
  },

  "is complete in English": async () => {
    const page = await open("/?lang=en");
    await untilText(page, "#status", "Updating live");
    assert.equal(await page.locator("html").getAttribute("lang"), "en");
    const headers = (await page.locator("thead th").allInnerTexts()).join(" ");
    assert.equal(
      headers,
      "Area Last sync Records received Still on phones Held for review Contradictions " +
        "Open hazards Phones Silent for 7 days",
    );
    const words = await page.evaluate(() => {
      const copy = document.body.cloneNode(true);
      for (const name of copy.querySelectorAll("th[scope=row], .organisation, [lang], script"))
        name.remove();
      return copy.textContent;
    });
    assert.doesNotMatch(words, /\p{Script=Han}/u);
    await page.context().close();
  },

  "obeys the keyboard": async () => {
    const page = await open("/");
    const focused = () => page.evaluate(() => document.activeElement.innerText.trim());
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "跳到表格");
    assert.ok((await page.locator(".skip").boundingBox()).y >= 0, "the skip link shows itself");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement.id === "live");
    await page.keyboard.press("Tab");
    assert.match(await focused(), /全部地区/);
    await page.keyboard.press("Tab");
    assert.match(await focused(), /只看要处理的/);
    const ring = await page.evaluate(() => getComputedStyle(document.activeElement).outlineWidth);
    assert.equal(ring, "3px", "the focus can be seen");
    await page.keyboard.press("Enter");
    await page.waitForURL(/show=attention/);
    assert.equal(await page.locator("#area-310101019013").count(), 1);
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Tab");
    assert.equal(await focused(), "English");
    await page.keyboard.press("Enter");
    await page.waitForURL(/lang=en&show=attention/);
    await page.context().close();
  },

  "fits a phone and a desk, in large letters, with targets for a thumb": async () => {
    for (const [width, least] of [[360, 60], [800, 60], [1280, 48]]) {
      for (const lang of ["zh", "en"]) {
        const page = await open(`/?lang=${lang}`, { viewport: { width, height: 740 } });
        await untilText(page, "#status", lang === "zh" ? "实时更新中" : "Updating live");
        const measured = await page.evaluate(() => {
          const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
          const small = [];
          for (let node = walker.nextNode(); node; node = walker.nextNode()) {
            if (!node.data.trim() || node.parentElement.closest("script")) continue;
            const size = parseFloat(getComputedStyle(node.parentElement).fontSize);
            if (size < 18) small.push(`${node.data}: ${size}px`);
          }
          const heights = [...document.querySelectorAll("nav a")].map(
            (link) => link.getBoundingClientRect().height,
          );
          const tooWide = document.documentElement.scrollWidth - innerWidth;
          return { small, lowest: Math.min(...heights), tooWide };
        });
        assert.deepEqual(measured.small, [], `${width} ${lang}`);
        assert.ok(measured.lowest >= least, `${width} ${lang}: a link of ${measured.lowest} px`);
        assert.ok(measured.tooWide <= 0, `${width} ${lang}: scrolls by ${measured.tooWide} px`);
        if (width === 360) {
          const label = await page.evaluate(
            () =>
              getComputedStyle(document.querySelector("#total td"), "::before").content,
          );
          assert.equal(label, lang === "zh" ? '"最近同步"' : '"Last sync"', "cards have labels");
        }
        await page.context().close();
      }
    }
  },

  "follows the scheme of the system": async () => {
    const grounds = [];
    for (const colorScheme of ["light", "dark"]) {
      const page = await open("/", { colorScheme });
      grounds.push(await page.evaluate(
        () => getComputedStyle(document.documentElement).backgroundColor,
      ));
      await page.context().close();
    }
    assert.deepEqual(grounds, ["rgb(244, 242, 236)", "rgb(21, 22, 26)"]);
  },

  "works without script": async () => {
    const page = await open("/", { javaScriptEnabled: false });
    assert.match(await textOf(page, "#status"), /请按“刷新”/);
    assert.equal(await page.locator('meta[http-equiv="refresh"]').count(), 1);
    assert.match(await textOf(page, "#area-310101019013"), /大林居委会/);
    await page.context().close();
  },

  "says so when the office is gone": async () => {
    const page = await open("/");
    await untilText(page, "#status", "实时更新中");
    const before = complaints.length;
    const answer = new Promise((resolve) => createInterface(process.stdin).once("line", resolve));
    console.log("stop the office");
    assert.equal(await answer, "stopped");
    await untilText(page, "#status", "连接断了");
    assert.match(await textOf(page, "#area-310101019005"), /5,000/, "the numbers stay");
    complaints.splice(before);
    await page.context().close();
  },
};

let failed = 0;
for (const [name, behaviour] of Object.entries(behaviours)) {
  try {
    await behaviour();
    assert.deepEqual(complaints.splice(0), [], "the browser complains");
    console.log(`ok ${name}`);
  } catch (error) {
    failed += 1;
    console.log(`FAILED ${name}\n${error.stack}`);
  }
}
await browser.close();
process.exit(failed === 0 ? 0 : 1);
