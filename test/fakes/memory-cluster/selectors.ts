import { at, type KubeObject, type Selector, textAt } from '../../../src/adapters/kubernetes/api/kube-api.ts';

type Test = (object: KubeObject) => boolean;

/** The fields that a real server selects by, beside `metadata.name` and `metadata.namespace`. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  events: [
    'involvedObject.uid',
    'involvedObject.name',
    'involvedObject.kind',
    'involvedObject.namespace',
    'reason',
    'type',
  ],
  pods: ['status.phase', 'spec.nodeName', 'spec.restartPolicy', 'spec.serviceAccountName'],
  jobs: ['status.successful'],
  secrets: ['type'],
};

/** Whether an object is selected; throws the words of a server that does not understand the selector. */
export function selects(plural: string, selector: Selector): Test {
  const tests = [...labelTests(selector.labels ?? ''), ...fieldTests(plural, selector.fields ?? '')];
  return (object) => tests.every((test) => test(object));
}

function labelTests(text: string): Test[] {
  return split(text).map((term) => {
    const set = /^([^\s!=]+)\s+(in|notin)\s+\(([^()]*)\)$/.exec(term);
    if (set !== null)
      return setTest(
        set[1] ?? '',
        set[2] === 'in',
        (set[3] ?? '').split(',').map((value) => value.trim()),
      );
    const pair = /^([^\s!=]+)\s*(==|=|!=)\s*([^\s!=]*)$/.exec(term);
    if (pair !== null) return setTest(pair[1] ?? '', pair[2] !== '!=', [pair[3] ?? '']);
    const [, not, key] = /^(!?)\s*([^\s!=(),]+)$/.exec(term) ?? [];
    if (key === undefined) throw new Error(`unable to parse requirement: ${term}`);
    return (object) => (labelOf(object, key) === undefined) === (not === '!');
  });
}

function setTest(key: string, wanted: boolean, values: readonly string[]): Test {
  return (object) => {
    const label = labelOf(object, key);
    return (label !== undefined && values.includes(label)) === wanted;
  };
}

function labelOf(object: KubeObject, key: string): string | undefined {
  return textAt(object, 'metadata', 'labels', key);
}

function fieldTests(plural: string, text: string): Test[] {
  const known = ['metadata.name', 'metadata.namespace', ...(FIELDS[plural] ?? [])];
  return split(text).map((term) => {
    const [, field = '', operator, value] = /^([\w.]+)(==|=|!=)(.*)$/.exec(term) ?? [];
    if (!known.includes(field)) throw new Error(`field label not supported: ${field === '' ? term : field}`);
    return (object) => (String(at(object, ...field.split('.')) ?? '') === value) === (operator !== '!=');
  });
}

/** Commas inside parentheses do not separate. */
function split(text: string): string[] {
  return text
    .split(/,(?![^(]*\))/)
    .map((term) => term.trim())
    .filter((term) => term !== '');
}
