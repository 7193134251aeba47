// A case on paper: the record, without what only a screen needs.
import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import { describe, it } from 'node:test';
import { kept } from './browser.mjs';

export function tests(here) {
  describe('paper', () => {
    it('a case can be printed', () => prints(here));
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
