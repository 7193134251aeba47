// Every page that a role can reach, found by following its links from the first page, one of each
// sort. A page that is new is looked at without being named here.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { anatomy, glance, look, skips } from './checks.mjs';

// Who looks, and where else but where links lead.
const ROLES = {
  nurse: ({ story }) => [`/cases/${story.case}`],
  lead: ({ story }) => [`/cases/${story.case}`, `/cases/${story.case}?chronology=all`],
  deputy: () => ['/caseload?stage=2', '/caseload?page=2'],
  agencyLead: () => ['/export/print?from=2026-11-16', '/export.csv?from=2026-11-16'],
  duty: ({ story }) => [`/cases/${story.case}/glass`],
  chief: () => [],
  governance: ({ story }) => [`/cases/${story.case}/glass`, '/audit?act=sign_in', `/access-requests?name=${encodeURIComponent(story.name)}`],
  admin: () => [],
};
// Of cases and records there are many alike.
const ALIKE_MOST = { '/cases/{id}': 2 };
const ID = /[0-9a-f]{32}/g;

export function tests(here) {
  // Two at a time: while the browser draws for one, the other is asked about.
  describe('every page', { concurrency: 2 }, () => {
    for (const [who, more] of Object.entries(ROLES)) {
      it(`of the ${who}`, () => crawl(here, who, more(here)));
    }
  });
}

async function crawl(here, who, more) {
  const page = await here.browser.windowOf(who);
  const walk = new Walk(more);
  const titles = new Map();
  const wrong = [];
  for (let next = walk.next(); next; next = walk.next()) {
    if (next.href.includes('.csv')) {
      const file = await page.request.get(next.href);
      if (!file.ok()) wrong.push(`${next.href} is ${file.status()}`);
      continue;
    }
    const answer = await page.goto(next.href);
    if (!answer.ok()) wrong.push(`${next.href} is ${answer.status()}`);
    // Two records of one kind may have one title, two sorts of page may not.
    const sort = sortOf(new URL(page.url()).pathname, '');
    const title = await page.title();
    if ((titles.get(title) ?? sort) !== sort) wrong.push(`${sort} and ${titles.get(title)} are both called ${title}`);
    titles.set(title, sort);
    walk.found(await links(page));
    const looking = isNew(next.sort, await anatomy(page)) ? look : glance;
    wrong.push(...await looking(page, who, next.name));
    if (titles.size === 1) {
      await page.reload();
      await skips(page);
    }
  }
  await page.context().close();
  assert.equal(wrong.join('\n'), '');
}

// What was seen of each sort of page, whoever looked.
const seen = new Map();

function isNew(sort, parts) {
  const known = seen.get(sort) ?? new Set();
  const fresh = parts.some((it) => !known.has(it));
  seen.set(sort, new Set([...known, ...parts]));
  return fresh;
}

// Where the links of a page lead within the server, and what they are called there.
function links(page) {
  return page.evaluate(() => [...document.querySelectorAll('a[href^="/"]')].map((it) => ({
    href: it.getAttribute('href'),
    words: it.textContent,
  })));
}

class Walk {
  constructor(more) {
    this.queue = [];
    this.seen = new Map();
    this.known = new Set();
    this.found(['/', ...more].map((href) => ({ href, words: '' })));
  }

  next() {
    return this.queue.shift();
  }

  found(all) {
    for (const { href, words } of all) {
      const sort = sortOf(href, words);
      const count = this.seen.get(sort) ?? 0;
      if (count >= (ALIKE_MOST[sort] ?? 1) || this.known.has(href)) continue;
      this.seen.set(sort, count + 1);
      this.known.add(href);
      this.queue.push({ href, sort, name: nameOf(sort, count) });
    }
  }
}

// What sort of page an address is: ids do not matter, nor what a filter is set to, but that it is set.
// Records are told apart by their kinds, which links to them are called by.
function sortOf(href, words) {
  const [path, query = ''] = href.split('#')[0].split('?');
  const shape = path.replaceAll(ID, '{id}').replace(/^(\/figures\/).+/, '$1{measure}');
  const asked = [...new URLSearchParams(query).keys()].sort().join('&');
  const kind = shape.includes('/records/') ? ` ${kindOf(words)}` : '';
  return shape + kind + (asked && `?${asked}`);
}

function kindOf(words) {
  const kind = words.split(':')[0].trim().toLowerCase();
  return kind.replace(/^everything ever written of (this|these) ?/, '') || 'case';
}

function nameOf(sort, count) {
  const plain = sort.replace(/[^a-z]+/gi, '-').replace(/^-|-$/g, '') || 'first';
  return count > 0 ? `${plain}-${count + 1}` : plain;
}
