/*
 * The hub of the tests as a program, for who wants to try something by hand, and for tests that start it as a process.
 * usage: node main.ts FOLDER [PORT] < tokens.json      prints HF_ENDPOINT=http://127.0.0.1:PORT, and ends when stdin ends
 *
 * tokens.json, one line: {"hf_...": {"user": "ada", "role": "write", "orgs": {"team": "write"}}, ...}
 *
 * POST   /_test/faults    a rule of faults.ts as JSON
 * DELETE /_test/faults    none any more
 * GET    /_test/asked     the requests so far, e.g. ["POST /api/models/ada/m/commit/main"]
 */

import { createInterface } from 'node:readline';
import * as z from 'zod';
import { startHub } from './hub-server.ts';

const owner = z.object({
  user: z.string(),
  role: z.enum(['read', 'write', 'fineGrained']),
  orgs: z.record(z.string(), z.enum(['read', 'contributor', 'write', 'admin'])).default({}),
  scoped: z
    .array(z.object({ type: z.enum(['user', 'org', 'model']), name: z.string(), permissions: z.array(z.string()) }))
    .default([]),
  isExpired: z.boolean().default(false),
});

const [folder, port = '0'] = process.argv.slice(2);
if (folder === undefined) throw new Error('usage: node main.ts FOLDER [PORT] < tokens.json');
const lines = createInterface({ input: process.stdin });
const first = await lines[Symbol.asyncIterator]().next();
const tokens = z.record(z.string(), owner).parse(JSON.parse(String(first.value ?? '{}')));
const hub = await startHub({ folder, port: Number(port), tokens });
console.log(`HF_ENDPOINT=${hub.endpoint}`);
lines.once('close', () => {
  hub.close().catch(() => undefined);
});
