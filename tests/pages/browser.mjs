// One Chromium, and in it a window for each person, of the size of a desk or of a telephone.
import { mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { PASSWORD } from './world.mjs';

// The packages are in the user's cache, not beside this file.
export const fetched = createRequire(join(process.env.CASEWEAVE_PAGES, 'package.json'));
const { chromium } = fetched('playwright-core');

export const SIZES = {
  desk: { width: 1280, height: 900 },
  phone: { width: 360, height: 740 },
};
// The width at which nothing may need scrolling in two directions (WCAG 1.4.10).
export const NARROWEST = { width: 320, height: 640 };
const artefacts = process.env.CASEWEAVE_ARTEFACTS;
const WAIT_MS = 10_000;

export class Browser {
  static async begin(world) {
    const it = new Browser();
    it.world = world;
    it.sessions = {};
    it.chromium = await chromium.launch({
      executablePath: process.env.CASEWEAVE_CHROMIUM,
      // Its sandbox cannot be had by root, and the pages have no script to be kept in.
      chromiumSandbox: process.getuid() !== 0,
      args: ['--disable-gpu', '--disable-quic', '--disable-background-networking', '--disable-component-update', '--disable-sync'],
    });
    return it;
  }

  end() {
    return this.chromium?.close();
  }

  // A window of nobody's. The certificate is of the server's own development authority, which other
  // tests check; here it is taken as it is.
  async window({ size = 'desk', scripts = true, ...more } = {}) {
    const context = await this.chromium.newContext({
      baseURL: this.world.address,
      viewport: SIZES[size],
      javaScriptEnabled: scripts,
      hasTouch: size === 'phone',
      ignoreHTTPSErrors: true,
      locale: 'en-GB',
      ...more,
    });
    context.setDefaultTimeout(WAIT_MS);
    return context.newPage();
  }

  // A window of somebody who has signed in. They sign in once, by the page; later windows have the
  // same cookie.
  async windowOf(who, options = {}) {
    this.sessions[who] ??= await this.#signIn(who);
    return this.window({ ...options, storageState: this.sessions[who] });
  }

  async #signIn(who) {
    const page = await this.window();
    await page.goto('/sign-in');
    await page.getByLabel('Sign-in name').fill(this.world.people[who].sign_in);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('Signed in as').waitFor();
    const state = await page.context().storageState();
    await page.context().close();
    return state;
  }
}

// Keeps what a page looks like, whole, for people to look at.
export async function keep(page, folder, name) {
  mkdirSync(join(artefacts, folder), { recursive: true });
  await page.screenshot({ path: join(artefacts, folder, `${name}.png`), fullPage: true });
}

export function kept(name) {
  mkdirSync(artefacts, { recursive: true });
  return join(artefacts, name);
}
