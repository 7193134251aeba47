// The suite: one world, one browser, and everything that must hold of the pages. See scripts/pages.
import { after, before, describe } from 'node:test';
import { Browser } from './browser.mjs';
import * as conflict from './conflict.mjs';
import * as every from './every_page.mjs';
import * as looking from './looking_after.mjs';
import * as officer from './officer.mjs';
import * as paper from './paper.mjs';
import * as states from './states.mjs';
import { tell } from './story.mjs';
import * as tasks from './tasks.mjs';
import { World } from './world.mjs';

// What the tests share; it is there once they run.
const here = {};

describe('pages', () => {
  before(async () => {
    here.world = await World.begin();
    here.story = await tell(here.world);
    here.browser = await Browser.begin(here.world);
  });
  after(async () => {
    await here.browser?.end();
    await here.world?.end();
  });
  // First what only looks, then what changes something.
  for (const part of [conflict, officer, paper, every, states, looking, tasks]) part.tests(here);
});
