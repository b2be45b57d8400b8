// Installs the packages of the lock file: `node scripts/install.mjs STAMP`, from the top of the clone, with any Node.
// npm works in a folder of its own that then takes the place of node_modules in one step, so a failed or killed install
// changes nothing, a running program keeps its files until then, and of two installs at once the first one stays.

import { spawn } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { join } from 'node:path';

const ABANDONED_MS = 60 * 60 * 1000;
/** npm says nothing while it works. */
const SIGN_OF_LIFE_MS = 15_000;
const INPUTS = ['package.json', 'package-lock.json', '.npmrc'];

const stamp = process.argv[2];
if (stamp === undefined) throw new Error('usage: node scripts/install.mjs STAMP');

refuseWhatIsNoFolder();
removeAbandoned();
const work = mkdtempSync('.install-');
process.exitCode = await install();
rmSync(work, { recursive: true, force: true });

async function install() {
  console.error(
    'Installing packages into node_modules/ (npm ci): about 600 MB on the disk, a minute on most machines, once ...',
  );
  for (const name of INPUTS) copyFileSync(name, join(work, name));
  const started = Date.now();
  const flags = ['--ignore-scripts', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  const signs = setInterval(() => console.error(`  still installing, ${secondsSince(started)} s`), SIGN_OF_LIFE_MS);
  const npm = await ended(
    spawn('npm', ['ci', '--prefix', work, '--loglevel=error', ...flags], {
      stdio: ['ignore', 'ignore', 2],
      env: outsideNpm(),
    }),
  );
  clearInterval(signs);
  if (npm.status !== 0) {
    console.error(
      `ilab-backend: the packages could not be installed: npm ci ${ending(npm)}; node_modules is unchanged`,
    );
    return 1;
  }
  copyFileSync(join(work, 'package-lock.json'), join(work, stamp));
  swapIn();
  console.error(`Packages installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
  return 0;
}

function secondsSince(started) {
  return Math.round((Date.now() - started) / 1000);
}

function ended(child) {
  return new Promise((resolve) => {
    child.on('error', (error) => resolve({ error, status: null, signal: null }));
    child.on('exit', (status, signal) => resolve({ status, signal }));
  });
}

function swapIn() {
  // Into the empty place first: of two installs of a fresh clone, one finds the other's there and leaves it alone.
  for (let tries = 0; tries < 3; tries += 1) {
    attempt(() => renameSync(join(work, 'node_modules'), 'node_modules'), ['ENOTEMPTY', 'EEXIST']);
    if (isInstalled()) return;
    attempt(() => renameSync('node_modules', join(work, `old-${tries}`)), ['ENOENT']);
  }
  throw new Error('node_modules keeps being replaced by something else');
}

/** Whether node_modules is what the lock file says, by this install or by another one that ended first. */
function isInstalled() {
  return existsSync(stamp) && readFileSync(stamp).equals(readFileSync('package-lock.json'));
}

/** Does it; one of `codes` means that another install was there first. */
function attempt(action, codes) {
  try {
    action();
  } catch (error) {
    if (!codes.includes(error.code)) throw error;
  }
}

/** npm tells its scripts where it works; the npm below works elsewhere. */
function outsideNpm() {
  const own = /^npm_(package|lifecycle)_|^npm_config_(local_)?prefix$|^npm_config_(omit|only|production)$/;
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !own.test(name)));
}

function ending(npm) {
  if (npm.error !== undefined) return `did not start (${npm.error.message})`;
  return npm.signal === null ? `ended with ${npm.status}` : `was ended by ${npm.signal}`;
}

/** A link leads to packages of somebody else, whose folder is not ours to replace. */
function refuseWhatIsNoFolder() {
  const found = lstatSync('node_modules', { throwIfNoEntry: false });
  if (found === undefined || found.isDirectory()) return;
  const what = found.isSymbolicLink() ? `a link to ${readlinkSync('node_modules')}` : 'no folder';
  console.error(`ilab-backend: the packages cannot be installed: node_modules is ${what}; remove it: rm node_modules`);
  process.exit(1);
}

function removeAbandoned() {
  const old = Date.now() - ABANDONED_MS;
  for (const name of readdirSync('.')) {
    if (name.startsWith('.install-') && statSync(name).mtimeMs < old) rmSync(name, { recursive: true, force: true });
  }
}
