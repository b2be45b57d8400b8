import { describe, expect, test } from 'vitest';
import { callsBelow, parseTrace, shapeOf, shapeOfCall } from './calls.ts';

const LOG = `10 openat(AT_FDCWD</w>, "/s/a", O_WRONLY|O_CREAT, 0666) = 21</s/a>
10 openat(AT_FDCWD</w>, "/s/a", O_RDONLY) = 22</s/a>
11 write(21</s/a>, ""..., 1) = 1
10 write(21</s/a>, ""..., 1 <unfinished ...>
11 unlinkat(4</s/d>, "b c", 0) = 0
10 <... write resumed>) = -1 ENOSPC (No space left on device) (INJECTED)
10 write(1</elsewhere>, ""..., 5) = 5
10 rename("/s/a", "/s/b \\"quoted\\"") = 0
10 fsync(21</s/b (deleted)>) = 0
10 +++ killed by SIGKILL +++
`;

describe('calls in a log of strace', () => {
  const { calls, pid, isComplete, wasKilled } = parseTrace(LOG);

  test('each with its thread and what it names', () => {
    expect(calls.map(({ thread, syscall, paths }) => [thread, syscall, new Set(paths)])).toEqual([
      ['main', 'openat', new Set(['/s/a'])],
      ['main', 'openat', new Set(['/s/a'])],
      ['pool', 'write', new Set(['/s/a'])],
      ['main', 'write', new Set(['/s/a'])],
      ['pool', 'unlinkat', new Set(['/s/d/b c'])],
      ['main', 'write', new Set(['/elsewhere'])],
      ['main', 'rename', new Set(['/s/a', '/s/b \\"quoted\\"'])],
      ['main', 'fsync', new Set(['/s/b'])],
    ]);
  });

  test('the mark of an injected error is found where the call is resumed', () => {
    expect(calls.filter((call) => call.injected).map(({ syscall }) => syscall)).toEqual(['write']);
  });

  test('who it was and how it ended', () => {
    expect({ pid, isComplete, wasKilled }).toEqual({ pid: 10, isComplete: true, wasKilled: true });
    expect(parseTrace(LOG.slice(0, 200))).toMatchObject({ isComplete: false, wasKilled: false });
  });

  test('a call looks the same in every run', () => {
    const rename = calls.find(({ syscall }) => syscall === 'rename');
    expect(rename && shapeOfCall(rename, '/s', pid)).toBe('rename a b \\"quoted\\"');
  });

  test('only what changes something below the folder counts', () => {
    expect(callsBelow('/s', calls).map(({ syscall }) => syscall)).toEqual([
      'openat',
      'write',
      'write',
      'unlinkat',
      'rename',
      'fsync',
    ]);
  });
});

test('a shape has neither the folder nor the process id', () => {
  expect(shapeOf('/s/x.4711.tmp', '/s', 4711)).toBe('x.{pid}.tmp');
  expect(shapeOf('/s/a47112/1', '/s', 4711)).toBe('a47112/1');
});
