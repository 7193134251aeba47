// A real server over TLS with an invented area, and real phones in a terminal that write into it.
//
// CASEWEAVE_PROGRAMS is the folder of the built programs. The area comes from a fixed seed: the same
// people and children on every run.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { request } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

export const PASSWORD = 'correct horse of the area';
// Enough that a list over all clusters has two pages, few enough to be loaded in seconds.
const SCALE = 4;
const programs = process.env.CASEWEAVE_PROGRAMS;

// Whoever the suite signs in as, by what they do and how the area calls their job.
const JOBS = {
  nurse: 'school nurse',
  teacher: 'support for learning teacher',
  therapist: 'speech and language therapist',
  lead: 'cluster lead',
  deputy: 'deputy cluster lead',
  agencyLead: 'agency lead',
  duty: 'duty social worker',
  chief: 'chief social work officer',
  governance: 'information governance officer',
  admin: 'systems administrator',
  // Nobody but the test of passwords signs in as this one.
  worker: 'social worker',
};

export class World {
  static async begin() {
    const world = new World();
    // The suite ran out of time: what it started ends with it.
    for (const signal of ['SIGTERM', 'SIGINT']) {
      process.once(signal, () => world.end().finally(() => process.exit(1)));
    }
    try {
      await world.#load();
      await world.#serve();
      await world.#deputyEverywhere();
      return world;
    } catch (error) {
      await world.end();
      throw error;
    }
  }

  constructor() {
    this.folder = mkdtempSync(join(tmpdir(), 'caseweave-pages-'));
    this.data = join(this.folder, 'data');
  }

  // The server writes until it is gone, so its folder goes after it.
  async end() {
    if (this.process && this.process.exitCode === null && this.process.signalCode === null) {
      const gone = once(this.process, 'exit');
      this.process.kill();
      await gone;
    }
    rmSync(this.folder, { recursive: true, force: true, maxRetries: 3 });
  }

  // What a command on the server's own machine says.
  server(...words) {
    return run('caseweave', ['--data', this.data, '--json', ...words], PASSWORD);
  }

  // The phone of somebody, enrolled and with what the server has for it.
  async phone(who) {
    const home = join(this.folder, who);
    const speak = (...words) => run('phone', ['--home', home, '--json', ...words], PASSWORD);
    const { sign_in } = this.people[who];
    const { code } = await this.server('device', 'code', '--user', sign_in);
    await speak(
      'enrol', '--server', this.address, '--authority', join(this.data, 'ca.pem'),
      '--code', code, '--sign-in', sign_in, '--password-stdin',
    );
    await speak('sync');
    return speak;
  }

  // Asks the interface for programs.
  async ask(path, token, body) {
    const { promise, resolve, reject } = deferred();
    const options = {
      method: body === undefined ? 'GET' : 'POST',
      ca: readFileSync(join(this.data, 'ca.pem')),
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    };
    const asked = request(`${this.address}${path}`, options, async (answer) => {
      let text = '';
      for await (const part of answer) text += part;
      if (answer.statusCode >= 300) reject(new Error(`${path}: ${answer.statusCode} ${text}`));
      else resolve(text ? JSON.parse(text) : null);
    });
    asked.on('error', reject);
    asked.end(body === undefined ? undefined : JSON.stringify(body));
    return promise;
  }

  async #load() {
    const said = await this.server('demo-data', '--scale', `${SCALE}`, '--password-stdin');
    this.newcomer = said.newcomer;
    this.people = {};
    for (const [who, job] of Object.entries(JOBS)) {
      this.people[who] = said.sign_ins.find((it) => it.job === job);
    }
  }

  async #serve() {
    const file = join(this.folder, 'address');
    const words = ['--data', this.data, 'serve', '--listen', '127.0.0.1:0', '--address-file', file];
    this.process = spawn(join(programs, 'caseweave'), words, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.log = '';
    this.process.stderr.on('data', (part) => { this.log += part; });
    while (!existsSync(file) || !readFileSync(file, 'utf8')) {
      if (this.process.exitCode !== null) throw new Error(`the server ended: ${this.log}`);
      await wait(50);
    }
    this.address = `https://${readFileSync(file, 'utf8').trim()}`;
  }

  // The deputy stands in for every lead of the area, so that one caseload has several clusters and
  // pages. It takes two: a command proposes it, an administrator confirms it.
  async #deputyEverywhere() {
    const { sign_in, cluster } = this.people.deputy;
    for (const { name } of await this.server('cluster', 'list')) {
      if (name === cluster) continue;
      await this.server(
        'user', 'post', '--sign-in', sign_in, '--cluster', name, '--agency', 'education', '--role', 'deputy',
      );
    }
    const admin = { sign_in: this.people.admin.sign_in, password: PASSWORD };
    const { access_token } = await this.ask('/v1/sign-in', undefined, admin);
    const { proposals } = await this.ask('/v1/posts/proposals', access_token);
    for (const { id } of proposals) await this.ask(`/v1/posts/proposals/${id}/confirm`, access_token, {});
  }
}

function deferred() {
  const it = {};
  it.promise = new Promise((resolve, reject) => Object.assign(it, { resolve, reject }));
  return it;
}

// Runs a program that prints a line of JSON; what it reads is `input`.
function run(program, words, input) {
  const { promise, resolve, reject } = deferred();
  const child = execFile(join(programs, program), words, { maxBuffer: 1 << 26 }, (error, out, log) => {
    if (error) reject(new Error(`${program} ${words.join(' ')}: ${out}${log}`));
    else resolve(out.trim() ? JSON.parse(out.trim().split('\n').at(-1)) : null);
  });
  child.stdin.on('error', () => {});
  child.stdin.end(`${input}\n`);
  return promise;
}
