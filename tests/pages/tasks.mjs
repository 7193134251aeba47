// Each role's main tasks, with and without scripts, on a desk and on a telephone, by pointing and by
// the keyboard alone.
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { WAYS } from './hand.mjs';
import { PASSWORD } from './world.mjs';

const TASKS = {
  'nurse signs in, finds a child, reads a record and signs out': readsARecord,
  'lead narrows the caseload to a stage': narrows,
  'deputy turns the pages of several clusters': turnsPages,
  'agency lead opens a case of the agency': opensACase,
  'lead decides about work that waits': decides,
  'lead goes from a figure to a case behind it': looksBehind,
  'lead goes from an early warning to its case': heedsAWarning,
  'lead hands a caseload over': handsOver,
  'lead prepares a meeting': prepares,
  'agency lead takes the agency\'s own records': exportsOwn,
  'duty officer takes an alarm up and opens the records': takesUp,
  'chief officer reads and downloads what is published': readsEditions,
  'governance finds who did what, and opens a case on a request': audits,
  'governance makes a bundle for an access request': bundles,
  'administrator finds what is theirs': administers,
};

export function tests(here) {
  for (const { name, size, scripts, Hand } of WAYS) {
    describe(name, { concurrency: 2 }, () => {
      for (const [task, work] of Object.entries(TASKS)) {
        it(task, async () => {
          const open = async (who) => new Hand(await here.browser.windowOf(who, { size, scripts }));
          const nobody = async () => new Hand(await here.browser.window({ size, scripts }));
          await work({ ...here, open, nobody });
        });
      }
    });
  }
}

async function done(hand) {
  await hand.page.context().close();
}

function says(hand, words) {
  return hand.page.getByText(words).first().waitFor();
}

function headed(hand, words) {
  return hand.page.getByRole('heading', { level: 1, name: words }).waitFor();
}

async function readsARecord({ world, story, nobody }) {
  const hand = await nobody();
  await hand.go('/caseload');
  await hand.fill('Sign-in name', world.people.nurse.sign_in);
  await hand.fill('Password', PASSWORD);
  await hand.button('Sign in');
  await headed(hand, 'Caseload');
  await hand.link(story.name);
  await headed(hand, story.name);
  await says(hand, 'Harm is suspected');
  await hand.link(/^Visit$/);
  await says(hand, 'What was written');
  await hand.link(`Back to ${story.name}`);
  await hand.button('Sign out');
  await headed(hand, 'Sign in');
  await hand.go(`/cases/${story.case}`);
  await headed(hand, 'Sign in');
  await done(hand);
}

async function narrows({ open, story }) {
  const hand = await open('lead');
  await hand.go('/');
  await hand.link('Caseload');
  await hand.choose('Stage', 'Stage 3');
  await hand.tick(/may be suffering harm|harm/i);
  await hand.button('Show these');
  await hand.link(story.name);
  await headed(hand, story.name);
  await done(hand);
}

async function turnsPages({ open, world }) {
  const hand = await open('deputy');
  await hand.go('/caseload');
  const first = await hand.page.getByRole('rowheader').allTextContents();
  await hand.link('Next page');
  await hand.page.getByRole('link', { name: 'Previous page' }).waitFor();
  const second = await hand.page.getByRole('rowheader').allTextContents();
  assert.ok(second.length > 0 && first.length > 0 && first[0] !== second[0]);
  await hand.choose('Cluster', world.people.lead.cluster);
  await hand.button('Show these');
  await hand.page.getByRole('link', { name: 'Show all open cases' }).waitFor();
  assert.ok((await hand.page.getByRole('rowheader').count()) < first.length);
  await done(hand);
}

async function opensACase({ open, story }) {
  const hand = await open('agencyLead');
  await hand.go('/caseload');
  await hand.link(story.name);
  await headed(hand, story.name);
  await done(hand);
}

async function decides({ open }) {
  const hand = await open('lead');
  await hand.go('/');
  await hand.link('To review');
  const before = await hand.page.locator('main section.card').count();
  const card = hand.page.locator('main section.card').first();
  await hand.button('Take it into the record', card);
  await says(hand, 'There is a problem');
  await hand.fill('Why you decide so', 'It was written before.', card);
  await hand.button(before % 2 ? 'Take it into the record' : 'Give it back to its author', card);
  await hand.page.getByRole('status').waitFor();
  assert.equal(await hand.page.locator('main section.card').count(), before - 1);
  await done(hand);
}

async function looksBehind({ open }) {
  const hand = await open('lead');
  await hand.go('/figures');
  const figures = hand.page.locator('section.figure');
  await hand.link(/cases behind/, figures);
  await hand.page.getByRole('link', { name: 'Back to the figures' }).waitFor();
  await hand.page.locator('tbody th a').first().waitFor();
  await hand.link(/./, hand.page.locator('tbody th'));
  await hand.page.getByRole('heading', { name: 'Chronology' }).waitFor();
  await done(hand);
}

async function heedsAWarning({ open }) {
  const hand = await open('lead');
  await hand.go('/early-warnings');
  const child = hand.page.locator('.warned h3');
  const name = await child.first().textContent();
  await hand.link(name, child);
  await headed(hand, name);
  await done(hand);
}

async function handsOver({ open, story }) {
  const hand = await open('lead');
  await hand.go('/caseload');
  await hand.link('Hand a caseload over');
  await headed(hand, 'Hand a caseload over');
  const nurse = hand.page.locator('#from option').filter({ hasText: story.nurse });
  await hand.choose('Whose cases', (await nurse.first().textContent()).trim());
  await hand.button('Show the cases');
  await says(hand, /Plan to be reviewed/);
  await hand.link(story.name);
  await headed(hand, story.name);
  await done(hand);
}

async function prepares({ open, story }) {
  const hand = await open('lead');
  await hand.go(`/cases/${story.case}`);
  await hand.link('Meeting view');
  await headed(hand, `Meeting about ${story.name}`);
  await says(hand, 'The nurse rings');
  await hand.link(`Back to ${story.name}`);
  await headed(hand, story.name);
  await done(hand);
}

async function exportsOwn({ open }) {
  const hand = await open('agencyLead');
  await hand.go('/caseload');
  await hand.link(/own records/);
  await hand.button('Show them to print');
  await says(hand, /records? of \d+ child/);
  await hand.link('Another period');
  await headed(hand, /own records/);
  await done(hand);
}

async function bundles({ open, story }) {
  const hand = await open('governance');
  await hand.go('/');
  await hand.link('Access requests');
  await hand.fill("Child's name, or a part of it", story.name);
  await hand.button('Find');
  await hand.link(new RegExp(`^Open on a request ?: ${story.name}`));
  await hand.fill("The request's reference", 'SAR 2026 18');
  await hand.button('Open the records');
  await headed(hand, story.name);
  await hand.go(`/access-requests/${story.case}`);
  await headed(hand, /Everything held about/);
  await hand.page.getByRole('link', { name: '1. The case itself' }).waitFor();
  await done(hand);
}

async function takesUp({ open, story }) {
  const hand = await open('duty');
  await hand.go('/');
  await hand.link('Alarms');
  // What only a reader of the screen hears may be joined with a space.
  const having = new RegExp(`^I have it ?: ${story.name}`);
  const waiting = hand.page.getByRole('button', { name: having });
  const before = await waiting.count();
  await hand.button(having);
  await headed(hand, 'Alarms');
  assert.equal(await waiting.count(), before - 1);
  await hand.link(new RegExp(`^Open the team.s records with a reason ?: ${story.name}`));
  await hand.fill('Why you must see these records now', 'An alarm of suspected harm.');
  await hand.button('Open the records');
  await headed(hand, story.name);
  await says(hand, 'You opened this case beyond what you are granted.');
  await done(hand);
}

async function readsEditions({ open }) {
  const hand = await open('chief');
  await hand.go('/');
  await headed(hand, 'Published figures');
  const file = hand.page.waitForEvent('download');
  const link = hand.page.getByRole('link', { name: /^Download as CSV/ }).first();
  await link.focus();
  await hand.page.keyboard.press('Enter');
  assert.match((await file).suggestedFilename(), /\.csv$/);
  await done(hand);
}

async function audits({ open, story }) {
  const hand = await open('governance');
  await hand.go('/');
  await hand.link('Audit');
  await hand.fill('Case', story.case);
  await hand.button('Find');
  await hand.page.locator('tbody tr').first().waitFor();
  await hand.go(`/cases/${story.case}/glass`);
  await hand.fill("The request's reference", 'SAR 2026 17');
  await hand.button('Open the records');
  await headed(hand, story.name);
  await done(hand);
}

async function administers({ open }) {
  const hand = await open('admin');
  await hand.go('/');
  await headed(hand, 'Your work');
  await hand.link('People');
  await hand.tick('without a second factor');
  await hand.button('Show these');
  await hand.page.locator('tbody tr').first().waitFor();
  await hand.link('Area teams');
  await headed(hand, 'Area teams');
  await hand.link('Password and codes');
  await headed(hand, 'Password and codes');
  await done(hand);
}
