// What must hold of every page in every state: no violation of WCAG 2.2 A and AA that a program can
// find, no scrolling sideways, a language, a title, a skip link that works, a focus that can be seen.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { keep, fetched, NARROWEST, SIZES } from './browser.mjs';

const axe = readFileSync(fetched.resolve('axe-core/axe.min.js'), 'utf8');
const RULES = {
  runOnly: { type: 'tag', values: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa'] },
  // Off unless asked for by name.
  rules: { 'target-size': { enabled: true } },
  resultTypes: ['violations'],
};
// A page with a long list is walked far enough to see each sort of thing that can be focused.
const STEPS_MOST = 40;

// Looks at the page that is open, in both sizes, and keeps its pictures. Says everything that is
// wrong, so that one run finds all of it.
export async function look(page, folder, name) {
  const wrong = [];
  await page.evaluate(axe);
  wrong.push(...await named(page));
  for (const [size, viewport] of Object.entries(SIZES)) {
    await page.setViewportSize(viewport);
    wrong.push(...await violations(page, size), ...await sideways(page));
    await keep(page, folder, `${name}.${size}`);
  }
  wrong.push(...await walked(page));
  await page.setViewportSize(NARROWEST);
  wrong.push(...await sideways(page), ...await spaced(page));
  await page.setViewportSize(SIZES.desk);
  return wrong.map((it) => `${folder}/${name}: ${it}`);
}

// What sorts of element a page has, each within its parent's. Pages of one sort that have no others
// than a page that was looked at differ in words only, which no rule of these depends on.
export function anatomy(page) {
  return page.evaluate(() => {
    const sort = (it) => `${it.tagName}.${it.className.baseVal ?? it.className}.${it.getAttribute('role') ?? ''}`;
    return [...new Set([...document.querySelectorAll('body *')].map((it) => `${sort(it.parentElement)} ${sort(it)}`))];
  });
}

// What can still be wrong of a page that differs from another in words only.
export async function glance(page, folder, name) {
  const wrong = await named(page);
  await page.setViewportSize(NARROWEST);
  wrong.push(...await sideways(page));
  await page.setViewportSize(SIZES.desk);
  return wrong.map((it) => `${folder}/${name}: ${it}`);
}

// Looks at a state that a test has led to; nothing may be wrong.
export async function holds(page, folder, name) {
  assert.equal((await look(page, folder, name)).join('\n'), '');
}

async function violations(page, size) {
  const found = await page.evaluate((rules) => window.axe.run(document, rules), RULES);
  return found.violations.map(({ id, help, nodes }) => (
    `${size}: ${id}, ${help}: ${nodes.slice(0, 3).map((it) => it.html.slice(0, 200)).join(' | ')}`
  ));
}

async function named(page) {
  const { language, title, headings, visible } = await page.evaluate(() => ({
    language: document.documentElement.lang,
    title: document.title,
    headings: document.querySelectorAll('h1').length,
    visible: document.querySelector('main')?.innerText.trim().length ?? 0,
  }));
  const wrong = [];
  if (language !== 'en-GB') wrong.push(`its language is "${language}"`);
  if (!/^.+ – Caseweave$/.test(title)) wrong.push(`its title is "${title}"`);
  if (headings !== 1) wrong.push(`it has ${headings} first headings`);
  if (visible === 0) wrong.push('it says nothing');
  return wrong;
}

// What is wider than the window, if anything is.
function sideways(page) {
  return page.evaluate(() => {
    const width = document.documentElement.clientWidth;
    if (document.documentElement.scrollWidth <= width) return [];
    const wide = [...document.querySelectorAll('body *')].filter((it) => it.getBoundingClientRect().right > width + 1);
    return [`scrolls sideways at ${width}: ${wide.slice(-2).map((it) => it.outerHTML.slice(0, 160)).join(' | ')}`];
  });
}

// Somebody spaces letters and lines as WCAG 1.4.12 allows: nothing may be cut off or need scrolling.
async function spaced(page) {
  await page.evaluate(() => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
      p { margin-bottom: 2em !important; }`);
    document.adoptedStyleSheets = [sheet];
  });
  const wrong = await sideways(page);
  await page.evaluate(() => { document.adoptedStyleSheets = []; });
  return wrong.map((it) => `with wide spacing it ${it}`);
}

// Tabs from the top: the skip link comes first and is seen, and so is everything after it.
async function walked(page) {
  await page.evaluate(() => { window.scrollTo(0, 0); document.activeElement?.blur(); });
  const wrong = [];
  const seen = new Set();
  for (let step = 0; step < STEPS_MOST; step += 1) {
    await page.keyboard.press('Tab');
    const at = await focused(page);
    if (at.outside || seen.has(at.key)) break;
    if (step === 0 && at.words !== 'Skip to main content') wrong.push(`Tab reaches "${at.words}" first`);
    if (at.hidden) wrong.push(`the focus is hidden at ${at.html}`);
    if (!at.marked) wrong.push(`the focus is not marked at ${at.html}`);
    seen.add(at.key);
  }
  if (seen.size < 2) wrong.push('nothing can be reached by Tab');
  return wrong;
}

// Where the focus is, and whether it can be seen there.
export function focused(page) {
  return page.evaluate(() => {
    const it = document.activeElement;
    if (!it || it === document.body) return { outside: true };
    const all = [...document.querySelectorAll('*')];
    // A link that is broken over two lines has nothing of it in the middle of both.
    const box = it.getClientRects()[0] ?? it.getBoundingClientRect();
    const top = document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2);
    const style = getComputedStyle(it);
    return {
      key: all.indexOf(it),
      words: (it.innerText ?? '').trim(),
      html: it.outerHTML.slice(0, 160),
      hidden: !top || !(it === top || it.contains(top) || top.contains(it) && top.tagName === 'LABEL'),
      marked: style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) >= 2,
    };
  });
}

// The skip link leads past the head of the page. Asked of a page that nobody has worked on yet.
export async function skips(page) {
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  const at = await page.evaluate(() => document.activeElement.id);
  assert.equal(at, 'main', `where the skip link of ${page.url()} leads`);
}
