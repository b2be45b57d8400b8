import { linkSync, mkdirSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/*
 * Keeps every file that a runtime writes for a container: a hard link for each as soon as it is there, so that neither rotation nor the end of
 * the pod takes its bytes away. A process of its own, because a test that waits for a command looks at nothing.
 * Arguments: the container's folder on the node, a folder on the same disk. Ends with its parent.
 */

const LOOK_MS = 50;
const [from = '', to = ''] = process.argv.slice(2);
const known = new Set<number>();

mkdirSync(to, { recursive: true });
setInterval(look, LOOK_MS);
process.on('disconnect', () => process.exit(0));
look();
process.send?.('ready');

function look(): void {
  for (const name of files()) {
    try {
      const path = join(from, name);
      const { ino } = statSync(path);
      if (known.has(ino)) continue;
      linkSync(path, join(to, String(known.size).padStart(4, '0')));
      known.add(ino);
    } catch {
      // Renamed in between: it is found by its next name.
    }
  }
}

/** The files as the runtime wrote them, not what the kubelet packs; the newest last. */
function files(): readonly string[] {
  try {
    return readdirSync(from)
      .filter((name) => /^\d+\.log(\.\d+-\d+)?$/.test(name))
      .sort((a, b) => b.length - a.length || a.localeCompare(b));
  } catch {
    return []; // the container has not begun, or its pod is gone
  }
}
