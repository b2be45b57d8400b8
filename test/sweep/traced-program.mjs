/* traced-program.mjs STRACE-ARGUMENTS-AS-JSON ENTRY WORD...: runs the entry under strace. */
import { traceSelf } from './trace-self.mjs';

const [strace, entry, ...words] = process.argv.slice(2);
traceSelf(JSON.parse(strace), entry, words);
