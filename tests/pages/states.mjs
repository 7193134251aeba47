// States that no link leads to: wrong passwords, forms that lack something, pages that are not there.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { describe, it } from 'node:test';
import { holds, look } from './checks.mjs';
import { PASSWORD } from './world.mjs';

const NEW_PASSWORD = 'four quiet otters swim';

export function tests(here) {
  describe('states', () => {
    it('a page that is spoilt is found out', () => spoilt(here));
    it('a wrong password', () => wrongPassword(here));
    it('signed out after a while', () => timedOut(here));
    it('no such page, and a request that means nothing', () => errors(here));
    it('work to review without a reason', () => unsaid(here));
    it('a glass without a reason, and broken', () => glass(here));
    it('a caseload in which nobody is found', () => nobodyFound(here));
    it('an id that cannot be read, in the audit', () => mistyped(here));
    it('a password of one\'s own', () => password(here));
    it('codes from an app', () => codes(here));
  });
}

// The checks themselves: what they say of a page without a label, too wide and with a pale word.
async function spoilt({ browser }) {
  const page = await browser.window();
  await page.goto('/sign-in');
  await page.evaluate(() => {
    document.querySelector('label').remove();
    const wide = document.querySelector('main').appendChild(document.createElement('p'));
    wide.textContent = 'Pale';
    Object.assign(wide.style, { width: '1500px', maxWidth: 'none', color: '#ccc' });
  });
  const wrong = (await look(page, 'states', 'spoilt')).join('\n');
  for (const found of ['label', 'color-contrast', 'sideways']) assert.ok(wrong.includes(found), `${found}: ${wrong}`);
  await close(page);
}

async function wrongPassword({ world, browser }) {
  const page = await browser.window();
  await page.goto('/sign-in');
  await holds(page, 'states', 'sign-in');
  await signIn(page, world.people.worker.sign_in, 'wrong horse');
  await holds(page, 'states', 'sign-in-wrong');
  await summaryLeadsTo(page, 'sign-in');
  await close(page);
}

// The summary of what is wrong comes first, and its link leads to the field.
async function summaryLeadsTo(page, field) {
  const summary = page.getByRole('alert');
  await summary.getByRole('heading', { name: 'There is a problem' }).waitFor();
  assert.match(await page.title(), /^Error: /);
  await summary.getByRole('link').click();
  assert.equal(await page.evaluate(() => document.activeElement.id), field);
  assert.ok(await page.locator(`#${field}`).getAttribute('aria-describedby'), 'the field says what is wrong');
}

async function timedOut({ browser }) {
  const page = await browser.window();
  await page.goto('/sign-in?ended=yes&next=%2Fcaseload');
  await page.getByText('You were signed out').waitFor();
  await holds(page, 'states', 'sign-in-ended');
  await close(page);
}

async function errors({ browser, story }) {
  const page = await browser.windowOf('lead');
  const odd = {
    'no-such-page': ['/no-such-page', 404],
    'no-such-case': [`/cases/${'0'.repeat(32)}`, 404],
    'no-such-record': [`/cases/${story.case}/records/${'0'.repeat(32)}`, 404],
    'not-theirs': ['/audit', 404],
    'means-nothing': ['/figures?from=yesterday', 400],
  };
  for (const [name, [path, status]] of Object.entries(odd)) {
    const answer = await page.goto(path);
    assert.equal(answer.status(), status, path);
    await holds(page, 'states', name);
  }
  await close(page);
}

async function unsaid({ browser }) {
  const page = await browser.windowOf('lead');
  await page.goto('/to-review');
  await page.getByRole('button', { name: 'Take it into the record' }).first().click();
  await holds(page, 'states', 'to-review-unsaid');
  const field = await page.locator('.field-wrong textarea').getAttribute('id');
  await summaryLeadsTo(page, field);
  const long = 'Too long. '.repeat(201);
  await page.locator('.field-wrong textarea').fill(long);
  await page.getByRole('button', { name: 'Take it into the record' }).first().click();
  await page.getByRole('link', { name: 'Say why in fewer words' }).waitFor();
  assert.equal(await page.locator('.field-wrong textarea').inputValue(), long, 'it stays');
  await holds(page, 'states', 'to-review-long');
  await close(page);
}

async function glass({ browser, story }) {
  const page = await browser.windowOf('duty');
  await page.goto(`/cases/${story.case}/glass`);
  await page.getByRole('button', { name: 'Open the records' }).click();
  await holds(page, 'states', 'glass-unsaid');
  const long = 'Too long. '.repeat(201);
  await page.getByLabel('Why you must see these records now').fill(long);
  await page.getByRole('button', { name: 'Open the records' }).click();
  await page.getByRole('link', { name: 'Say why in fewer words' }).waitFor();
  assert.equal(await page.locator('#reason').inputValue(), long, 'it stays');
  await holds(page, 'states', 'glass-long');
  await summaryLeadsTo(page, 'reason');
  await page.getByLabel('Why you must see these records now').fill('An alarm of suspected harm.');
  await page.getByRole('button', { name: 'Open the records' }).click();
  await page.getByText('You opened this case beyond what you are granted.').waitFor();
  await holds(page, 'states', 'glass-broken');
  await close(page);
}

async function mistyped({ browser }) {
  const page = await browser.windowOf('governance');
  await page.goto('/audit');
  await page.getByLabel('Case').fill('Ava');
  await page.getByRole('button', { name: 'Find' }).click();
  await holds(page, 'states', 'audit-mistyped');
  await summaryLeadsTo(page, 'case');
  await close(page);
}

async function nobodyFound({ browser }) {
  const page = await browser.windowOf('lead');
  await page.goto('/caseload?school=Nowhere');
  await page.getByText('No child fits what you asked for.').waitFor();
  await holds(page, 'states', 'caseload-nobody');
  await close(page);
}

async function password({ world, browser }) {
  const page = await browser.window();
  const { sign_in } = world.people.therapist;
  await page.goto('/password');
  await signIn(page, sign_in, PASSWORD);
  await change(page, 'wrong horse', NEW_PASSWORD, NEW_PASSWORD);
  await holds(page, 'states', 'password-wrong');
  await summaryLeadsTo(page, 'old');
  await change(page, PASSWORD, 'short', 'short');
  await holds(page, 'states', 'password-short');
  await summaryLeadsTo(page, 'new');
  await change(page, PASSWORD, NEW_PASSWORD, NEW_PASSWORD);
  await page.getByText('Your password was changed').waitFor();
  await holds(page, 'states', 'password-changed');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn(page, sign_in, NEW_PASSWORD);
  await page.getByText('Signed in as').waitFor();
  await close(page);
}

async function change(page, old, fresh, again) {
  await page.getByLabel('Password that you have now').fill(old);
  await page.getByLabel('New password', { exact: true }).fill(fresh);
  await page.getByLabel('New password again').fill(again);
  await page.getByRole('button', { name: 'Change the password' }).click();
}

async function codes({ world, browser }) {
  const page = await browser.window();
  const { sign_in } = world.people.worker;
  await page.goto('/second-factor');
  await signIn(page, sign_in, PASSWORD);
  await page.getByLabel('Your password').fill(PASSWORD);
  await page.getByRole('button', { name: 'Show me a secret for my app' }).click();
  await page.locator('.secret').waitFor();
  await holds(page, 'states', 'second-factor-secret');
  const secret = (await page.locator('.secret').textContent()).replaceAll(/\s/g, '');
  await page.getByLabel('Code that the app shows now').fill('000000');
  await page.getByRole('button', { name: 'Confirm' }).click();
  await holds(page, 'states', 'second-factor-wrong');
  await summaryLeadsTo(page, 'given');
  await page.getByLabel('Code that the app shows now').fill(codeOf(secret, 0));
  await page.getByRole('button', { name: 'Confirm' }).click();
  await page.getByText('An app is set up.').waitFor();
  await holds(page, 'states', 'second-factor-set-up');
  await page.getByRole('button', { name: 'Sign out' }).click();
  await signIn(page, sign_in, PASSWORD);
  await page.getByRole('alert').waitFor();
  // A code is good once: the next one, which a clock that is ahead would show.
  await signIn(page, sign_in, PASSWORD, codeOf(secret, 1));
  await page.getByText('Signed in as').waitFor();
  await close(page);
}

async function signIn(page, name, secret, code = '') {
  await page.getByLabel('Sign-in name').fill(name);
  await page.getByLabel('Password').fill(secret);
  await page.getByLabel('Code from your app').fill(code);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

// The code that an app shows (RFC 6238), so many steps from now.
function codeOf(secret, ahead) {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...secret].map((it) => letters.indexOf(it).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((it) => parseInt(it, 2)));
  const step = Buffer.alloc(8);
  step.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000) + ahead));
  const digest = createHmac('sha1', key).update(step).digest();
  const at = digest[19] & 15;
  return `${(digest.readUInt32BE(at) & 0x7fffffff) % 1_000_000}`.padStart(6, '0');
}

function close(page) {
  return page.context().close();
}
