// A case on paper: the record, without what only a screen needs.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { kept } from './browser.mjs';

export function tests(here) {
  describe('paper', () => {
    it('a case can be printed', () => prints(here));
    it('an agenda and a handover can be printed', () => printsForMeetings(here));
  });
}

async function prints({ browser, story }) {
  const page = await browser.windowOf('lead');
  await page.goto(`/cases/${story.case}`);
  await page.emulateMedia({ media: 'print' });
  for (const screen of ['nav.places', '.skip', '.contents', '.who form']) {
    assert.ok(!(await page.locator(screen).first().isVisible()), `${screen} is not on paper`);
  }
  assert.ok(await page.getByRole('heading', { name: 'Chronology' }).isVisible());
  const path = kept('case.pdf');
  await page.pdf({ path, format: 'A4' });
  assert.ok(statSync(path).size > 10_000, 'the file holds the case');
  await page.context().close();
}

// What goes into other hands: without the form that made it, and without what is only said on a screen.
async function printsForMeetings({ browser, story }) {
  const page = await browser.windowOf('lead');
  await page.goto('/handover');
  const nurse = await page.locator('#from option').filter({ hasText: story.nurse }).first().getAttribute('value');
  for (const [name, path, heading] of [
    ['meeting', `/cases/${story.case}/meeting`, 'Agenda'],
    ['handover', `/handover?from=${nurse}`, story.name],
  ]) {
    await page.goto(path);
    await page.emulateMedia({ media: 'print' });
    for (const screen of ['nav.places', '.filters', '.no-print']) {
      for (const it of await page.locator(screen).all()) assert.ok(!(await it.isVisible()), `${screen} is not on paper`);
    }
    assert.ok(await page.getByRole('heading', { name: heading }).first().isVisible());
    await page.pdf({ path: kept(`${name}.pdf`), format: 'A4' });
    assert.ok(statSync(kept(`${name}.pdf`)).size > 10_000, `the file holds the ${name}`);
    await page.emulateMedia({ media: 'screen' });
  }
  await page.context().close();
}
