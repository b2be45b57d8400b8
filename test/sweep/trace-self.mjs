/*
 * Becomes strace and then a program, in the same process: process id, start time, session and parent stay what they
 * were. strace itself runs apart, as a grandchild. `{pid}` in its arguments stands for the process id, which is part of
 * the names of temporary files.
 */
export function traceSelf(strace, entry, words) {
  const own = strace.map((word) => word.replaceAll('{pid}', String(process.pid)));
  const how = ['strace', '-DDD', '-f', '-b', 'execve', '-y', '-s', '0', '-qq', ...own, '--'];
  // One thread beside the main one, and no ring of calls that strace does not see.
  const environment = { ...process.env, UV_THREADPOOL_SIZE: '1', UV_USE_IO_URING: '0' };
  process.execve('/usr/bin/strace', [...how, process.execPath, entry, ...words], environment);
}
