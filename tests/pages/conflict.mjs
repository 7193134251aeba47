// The inbox of conflicts that two real phones made without knowing of each other.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CONSENTS, STAGES } from './story.mjs';

export function tests(here) {
  describe('a conflict of two telephones', () => {
    it('is in the inbox with both values, who gave them and why', () => isShown(here));
    it('is on both telephones', () => isOnPhones(here));
    it('is settled at a page, which both telephones learn', () => isSettled(here));
    it('is a conflict again when the lead takes that back', () => isTakenBack(here));
  });
}

async function isShown({ browser, story, world }) {
  const page = await browser.windowOf('lead');
  await page.goto('/to-settle');
  const stage = page.getByRole('region', { name: `${story.name}: Stage` });
  for (const { who, stage: value, reason } of STAGES) {
    await rival(stage, `Stage ${value}`, world.people[who].name, reason);
  }
  assert.match(await stage.locator('.rival-in-force').textContent(), /Stage 3/, 'the higher stage holds');
  const consent = page.getByRole('region', { name: `${story.name}: Consent to share` });
  for (const { who, scope, reason } of CONSENTS) {
    const value = scope === 'all' ? 'Share with every agency on the case' : 'Share with every agency except Police';
    await rival(consent, value, world.people[who].name, reason);
  }
  assert.match(await consent.locator('.rival-in-force').textContent(), /except Police/, 'the narrower consent holds');
  await page.context().close();
}

async function rival(conflict, value, author, reason) {
  const rivals = conflict.locator('.rival').filter({ hasText: reason });
  assert.equal(await rivals.count(), 1, `one value is given because "${reason}"`);
  const said = await rivals.textContent();
  assert.ok(said.includes(value), `${said} says ${value}`);
  assert.ok(said.includes(author), `${said} says that it is ${author}'s`);
}

async function isOnPhones({ story }) {
  for (const phone of [story.phones.nurse, story.phones.lead]) {
    const conflicts = await phone('conflicts', story.case);
    const facts = conflicts.map((it) => it.fact);
    assert.ok(facts.includes('stage') && facts.includes('consent'), facts.join());
  }
}

async function isSettled({ browser, story }) {
  const page = await browser.windowOf('lead');
  await page.goto('/to-settle');
  const stage = page.getByRole('region', { name: `${story.name}: Stage` });
  await stage.getByRole('radio', { name: /Stage 2/ }).check();
  await stage.getByRole('button', { name: /^Settle/ }).click();
  await page.getByRole('alert').getByText('There is a problem').waitFor();
  const again = page.getByRole('region', { name: `${story.name}: Stage` });
  assert.ok(await again.getByRole('radio', { name: /Stage 2/ }).isChecked(), 'what was chosen is kept');
  await again.getByRole('textbox', { name: 'Why you decide so' }).fill('Agreed at the meeting today');
  await again.getByRole('button', { name: /^Settle/ }).click();
  await page.getByRole('status').getByText('Phones learn it at their next exchange').waitFor();
  assert.match(await page.locator('.rival-in-force').first().textContent(), /Stage 2/);
  story.settled = new URL(page.url()).pathname + new URL(page.url()).search;
  await page.context().close();
  await phonesSay(story, false);
}

async function isTakenBack({ browser, story }) {
  const page = await browser.windowOf('lead');
  await page.goto(story.settled);
  await page.getByRole('textbox', { name: 'Why you take it back' }).fill('The meeting was about her brother');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByRole('status').getByText('The decision was taken back').waitFor();
  await page.context().close();
  await phonesSay(story, true);
}

// What both telephones hold after an exchange.
async function phonesSay(story, disputed) {
  for (const phone of [story.phones.nurse, story.phones.lead]) {
    await phone('sync');
    const facts = (await phone('conflicts', story.case)).map((it) => it.fact);
    assert.equal(facts.includes('stage'), disputed, facts.join());
  }
}
