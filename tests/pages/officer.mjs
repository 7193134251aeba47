// A chief officer's browser: no page of the server's list, whatever its address holds, shows them a
// child, a school or a figure that was not published.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';

const SOURCE = new URL('../../server/src/web.rs', import.meta.url);
const PAGE = /^ {4}(get|post) "([^"]+)" =>/gm;
// Pages that an officer may open, each with nothing of a child in it.
const OPEN = ['/sign-in', '/editions', '/editions.csv', '/editions/report', '/password', '/second-factor', '/devices'];

export function tests(here) {
  describe('a chief officer', () => {
    it('is shown no child and no school at any address', () => asksEverything(here));
    it('is shown the published figures and no other', () => readsPublished(here));
  });
}

async function asksEverything({ browser, story, world }) {
  const page = await browser.windowOf('chief');
  const secret = await secrets(browser, story, world);
  const asked = addresses(secret);
  assert.ok(asked.length > 50, 'the list of pages could be read');
  for (const { method, path } of asked) {
    const options = { maxRedirects: 0, ...(method === 'post' && { form: { reason: 'Why' } }) };
    const answer = await page.request[method](path, options);
    const text = (await answer.body()).toString();
    const pattern = path.split('?')[0];
    const allowed = OPEN.includes(pattern) ? [200, 400, 404] : [303, 400, 403, 404];
    assert.ok(allowed.includes(answer.status()), `${method} ${path} is ${answer.status()}`);
    for (const word of secret.words) assert.ok(!text.includes(word), `${method} ${path} says "${word}"`);
    const leads = /href="\/(cases|caseload|figures|early-warnings|to-settle|to-review|audit)/.exec(text);
    assert.equal(leads, null, `${method} ${path} leads to a record`);
  }
  await page.context().close();
}

// What an officer must not read: names of children and of schools, as those who may see them read them.
async function secrets(browser, story, world) {
  const page = await browser.windowOf('deputy');
  const ids = new Set([story.case]);
  const words = new Set([story.name, world.newcomer.number]);
  for (const query of ['', '?page=2']) {
    await page.goto(`/caseload${query}`);
    for (const link of await page.locator('tbody th a').all()) {
      words.add((await link.textContent()).trim());
      ids.add((await link.getAttribute('href')).split('/').at(-1));
    }
  }
  const schools = await page.getByLabel('School', { exact: true }).locator('option').allTextContents();
  for (const school of schools.slice(1)) words.add(school);
  const clusters = await page.getByLabel('Cluster', { exact: true }).locator('option').all();
  const cluster = await clusters[1].getAttribute('value');
  const measures = await measuresOf(page);
  await page.context().close();
  return { words: [...words], ids: [...ids], school: schools[1], cluster, measures, record: story.visit };
}

async function measuresOf(page) {
  await page.goto('/figures');
  const links = await page.locator('section.figure tbody a').evaluateAll((all) => all.map((it) => it.pathname));
  return [...new Set(links)].map((it) => it.split('/').at(-1));
}

// Every page of the server's list, with ids of real cases and with what a filter can hold.
function addresses({ ids, school, cluster, measures, record }) {
  const pages = [...readFileSync(SOURCE, 'utf8').matchAll(PAGE)].map(([, method, pattern]) => ({ method, pattern }));
  const queries = ['', `?cluster=${cluster}`, `?school=${encodeURIComponent(school)}&stage=3`, `?case=${ids[0]}&chronology=all`];
  const all = [];
  for (const { method, pattern } of pages) {
    // It would end what the others ask with.
    if (pattern === '/sign-out') continue;
    const cases = pattern.includes('{case}') ? ids.slice(0, 3) : [''];
    const names = pattern.includes('{measure}') ? measures.slice(0, 3) : [''];
    for (const id of cases) for (const measure of names) for (const query of method === 'get' ? queries : ['']) {
      const path = pattern.replace('{case}', id).replace('{measure}', measure)
        .replace('{record}', record).replace('{id}', record).replace('{name}', 'none');
      all.push({ method, path: path + query });
    }
  }
  return all;
}

async function readsPublished({ browser, world }) {
  const page = await browser.windowOf('chief');
  await page.goto('/editions');
  const shown = await page.locator('tbody td').allTextContents();
  const published = JSON.stringify(await world.server('edition', 'show'));
  // Shares are made from the counts as they are shown.
  for (const figure of shown.filter((it) => /^\d+$/.test(it.trim()))) {
    assert.ok(published.includes(figure.trim()), `${figure} is not in what was published`);
  }
  await page.getByRole('heading', { level: 2 }).first().waitFor();
  await page.context().close();
}
