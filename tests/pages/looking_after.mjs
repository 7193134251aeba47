// Pages of administrators and of information governance in states that no link leads to, and what a
// lead asks for by a form.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { holds } from './checks.mjs';

export function tests(here) {
  describe('looking after', () => {
    it('a caseload handed over, and to oneself', () => handsOver(here));
    it('a framework that cannot be read, and one that differs', () => previews(here));
    it('a phone marked as handed back', () => marks(here));
    it('a name too short, a bundle, and a hold set and lifted', () => governs(here));
  });
}

async function wrong(page, field) {
  await page.getByRole('alert').getByRole('heading', { name: 'There is a problem' }).waitFor();
  assert.match(await page.title(), /^Error: /);
  await page.getByRole('alert').getByRole('link').click();
  assert.equal(await page.evaluate(() => document.activeElement.id), field);
}

async function handsOver({ browser, story }) {
  const page = await browser.windowOf('lead');
  await page.goto('/handover');
  const nurse = await page.locator('#from option').filter({ hasText: story.nurse }).first().getAttribute('value');
  await page.goto(`/handover?from=${nurse}&to=${nurse}`);
  await holds(page, 'states', 'handover-to-oneself');
  await wrong(page, 'to');
  await page.goto(`/handover?from=${nurse}`);
  await page.getByRole('region', { name: story.name }).getByText(/Plan to be reviewed/).waitFor();
  await holds(page, 'states', 'handover');
  await page.context().close();
}

async function previews({ browser }) {
  const page = await browser.windowOf('admin');
  await page.goto('/frameworks');
  await page.getByRole('button', { name: 'Show what would change' }).click();
  await holds(page, 'states', 'framework-missing');
  await wrong(page, 'text');
  const text = [
    'id = "east-lothian"', 'name = "Another practice"', 'authority = "East Lothian"',
    'jurisdiction = "scotland"', 'effective_from = "2027-08-01"',
    '[[stages]]', 'code = "1"', 'name = "First stage"', 'rank = 1',
  ].join('\n');
  await page.getByLabel("The framework's text").fill(text);
  await page.getByRole('button', { name: 'Show what would change' }).click();
  await page.getByRole('heading', { level: 1, name: /Another practice/ }).waitFor();
  await holds(page, 'states', 'framework-preview');
  await page.context().close();
}

async function marks({ browser, world, story }) {
  const page = await browser.windowOf('admin');
  await page.goto(`/devices?owner=${encodeURIComponent(world.people.therapist.name)}`);
  await page.locator('tbody a').first().click();
  await page.getByRole('button', { name: 'Mark it' }).click();
  await holds(page, 'states', 'phone-unsaid');
  await wrong(page, 'state-1');
  // The summary's link stands in the address, and Tab would go on from where it led.
  await page.goto(new URL(page.url()).pathname);
  await page.getByRole('radio', { name: 'Handed back' }).check();
  await page.getByRole('button', { name: 'Mark it' }).click();
  await page.getByRole('status').waitFor();
  await holds(page, 'states', 'phone-marked');
  assert.ok(!(await page.content()).includes(story.name));
  await page.context().close();
}

async function governs({ browser, story }) {
  const page = await browser.windowOf('governance');
  await page.goto('/access-requests?name=a');
  await holds(page, 'states', 'request-short');
  await wrong(page, 'name');
  await page.goto(`/holds/${story.case}`);
  await page.getByRole('button', { name: 'Set the hold' }).click();
  await holds(page, 'states', 'hold-unsaid');
  await wrong(page, 'reason');
  await page.goto(new URL(page.url()).pathname);
  await page.getByLabel('Why nothing may be erased').fill('Inquiry 12');
  await page.getByRole('button', { name: 'Set the hold' }).click();
  await page.getByText('Nothing of this case may be erased.').waitFor();
  await holds(page, 'states', 'hold-set');
  await page.goto('/retention');
  await page.getByRole('link', { name: story.case }).waitFor();
  await holds(page, 'states', 'retention-held');
  await page.goto(`/cases/${story.case}/glass`);
  await page.getByLabel("The request's reference").fill('SAR 2026 19');
  await page.getByRole('button', { name: 'Open the records' }).click();
  await page.getByText('Legal hold').waitFor();
  await page.goto(`/access-requests/${story.case}`);
  await page.getByRole('heading', { name: 'Index' }).waitFor();
  await holds(page, 'states', 'bundle');
  const file = await page.request.get(`/access-requests/${story.case}/records.csv`);
  assert.ok(file.ok() && (await file.text()).includes(story.name));
  await page.goto(`/holds/${story.case}`);
  await page.getByLabel('Why it is lifted').fill('Inquiry closed');
  await page.getByRole('button', { name: 'Lift the hold' }).click();
  await page.getByText('This case is not held.').waitFor();
  await page.context().close();
}
