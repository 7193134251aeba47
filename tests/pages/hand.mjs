// How somebody works a page: by pointing, or by the keyboard alone. Tasks are written once and done
// with both.
import assert from 'node:assert/strict';
import { focused } from './checks.mjs';

// More than any page of the tasks has links and fields.
const TABS_MOST = 400;

class Pointer {
  constructor(page) {
    this.page = page;
  }

  async go(path) {
    await this.page.goto(path);
  }

  async link(name, within) {
    await this.#press('link', name, within);
  }

  async button(name, within) {
    await this.#press('button', name, within);
  }

  async fill(label, text, within = this.page) {
    await within.getByLabel(label).first().fill(text);
  }

  async choose(label, option) {
    await this.page.getByLabel(label, { exact: true }).selectOption({ label: option });
  }

  async tick(label) {
    await this.page.getByLabel(label).check();
  }

  async #press(role, name, within = this.page) {
    await this.leave(() => within.getByRole(role, { name }).first().click());
  }

  // Does what leads to another page, and waits for that.
  async leave(act) {
    const left = this.page.waitForEvent('domcontentloaded');
    await act();
    await left;
  }
}

class Keyboard extends Pointer {
  async link(name, within = this.page) {
    await this.#reach(within.getByRole('link', { name }).first());
    await this.leave(() => this.page.keyboard.press('Enter'));
  }

  async button(name, within = this.page) {
    await this.#reach(within.getByRole('button', { name }).first());
    await this.leave(() => this.page.keyboard.press('Enter'));
  }

  async fill(label, text, within = this.page) {
    await this.#reach(within.getByLabel(label).first());
    await this.page.keyboard.press('Control+A');
    await this.page.keyboard.type(text);
  }

  // Types the option's name, as everybody does in a list of choices.
  async choose(label, option) {
    const field = this.page.getByLabel(label, { exact: true });
    await this.#reach(field);
    await this.page.keyboard.type(option);
    const chosen = await field.evaluate((it) => it.selectedOptions[0].label);
    assert.equal(chosen, option, `"${option}" can be chosen by typing`);
  }

  async tick(label) {
    const box = this.page.getByLabel(label);
    await this.#reach(box);
    await this.page.keyboard.press('Space');
    assert.ok(await box.isChecked(), `"${label}" can be ticked by the space bar`);
  }

  // Tabs until the focus is there, where it must be in sight.
  async #reach(target) {
    const element = await target.elementHandle();
    const there = () => element.evaluate((it) => it === document.activeElement);
    for (let tabs = 0; tabs < TABS_MOST; tabs += 1) {
      if (await there()) {
        const { hidden, marked, html } = await focused(this.page);
        assert.ok(!hidden && marked, `the focus can be seen at ${html}`);
        return;
      }
      await this.page.keyboard.press('Tab');
    }
    assert.fail(`Tab never reaches ${target}`);
  }
}

// Each way of working has the sizes, scripts and hands of two, so that all pairs are tried.
export const WAYS = [
  { name: 'desk, scripts, keyboard', size: 'desk', scripts: true, Hand: Keyboard },
  { name: 'desk, no scripts, pointer', size: 'desk', scripts: false, Hand: Pointer },
  { name: 'telephone, scripts, pointer', size: 'phone', scripts: true, Hand: Pointer },
  { name: 'telephone, no scripts, keyboard', size: 'phone', scripts: false, Hand: Keyboard },
];
