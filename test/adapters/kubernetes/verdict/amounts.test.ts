import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gpuLedger, ledgerSentence } from '../../../../src/adapters/kubernetes/verdict/gpu-ledger.ts';
import { nodeFit } from '../../../../src/adapters/kubernetes/verdict/node-fit.ts';
import { formatQuantity, parseQuantity } from '../../../../src/adapters/kubernetes/verdict/quantity.ts';
import { requestsOf } from '../../../../src/adapters/kubernetes/verdict/requests.ts';
import { clean } from '../../../../src/adapters/kubernetes/verdict/words.ts';
import type { JsonObject } from '../../../../src/domain/json.ts';
import { gpuNode, holder, node, pod } from './objects.ts';

describe('a quantity', () => {
  test.each<[unknown, number | undefined]>([
    ['0', 0],
    ['64Mi', 64 * 2 ** 20],
    ['1.5Gi', 1.5 * 2 ** 30],
    ['1500m', 1.5],
    ['100u', 1e-4],
    ['5n', 5e-9],
    ['2k', 2000],
    ['1E', 1e18],
    ['1Ei', 2 ** 60],
    ['1e3', 1000],
    ['1E3', 1000],
    ['12E-1', 1.2],
    ['.5', 0.5],
    ['5.', 5],
    ['+3', 3],
    ['-1', -1],
    [4, 4],
    ['', undefined],
    ['1Mb', undefined],
    ['1 Gi', undefined],
    ['Gi', undefined],
    ['0x10', undefined],
    ['1e', undefined],
    [Number.NaN, undefined],
    [null, undefined],
    [{}, undefined],
  ])('%j is %j', (text, value) => {
    const parsed = parseQuantity(text);
    if (value === undefined || parsed === undefined) expect(parsed).toBe(value);
    else expect(parsed).toBeCloseTo(value, 12);
  });

  test('is written as people write it', () => {
    expect(formatQuantity('memory', 64 * 2 ** 20)).toBe('64Mi');
    expect(formatQuantity('ephemeral-storage', 1.5 * 2 ** 30)).toBe('1.5Gi');
    expect(formatQuantity('cpu', 0.25)).toBe('0.25');
    expect(formatQuantity('nvidia.com/gpu', 4)).toBe('4');
    expect(formatQuantity('memory', 12)).toBe('12');
  });

  test('reads back what it wrote', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 900 }),
        (mebi) => parseQuantity(formatQuantity('memory', mebi * 2 ** 20)) === mebi * 2 ** 20,
      ),
    );
  });
});

test('a pod asks for the larger of its init containers and of what runs at once', () => {
  const of = (cpu: string): JsonObject => ({ resources: { requests: { cpu } } });
  const mine = pod({
    container: { resources: { limits: { cpu: '2', memory: '1Gi' }, requests: { cpu: '1' } } },
    init: [{ spec: { name: 'side', restartPolicy: 'Always', ...of('3') } }, { spec: { name: 'fetch', ...of('2') } }],
    spec: { overhead: { cpu: '500m' } },
  });
  // fetch beside the sidecar: 5, more than main beside it: 4
  expect(requestsOf(mine)).toEqual(new Map(Object.entries({ cpu: 5.5, memory: 2 ** 30 })));
  expect(requestsOf(pod({ container: of('1'), spec: { resources: { requests: { cpu: '7' } } } })).get('cpu')).toBe(7);
});

describe('whether a node could ever take a pod', () => {
  const rule = (operator: string, values: readonly string[] = []): JsonObject => ({
    affinity: {
      nodeAffinity: {
        requiredDuringSchedulingIgnoredDuringExecution: {
          nodeSelectorTerms: [{ matchExpressions: [{ key: 'zone', operator, values }] }],
        },
      },
    },
  });
  const taint = (effect: string, key = 'gpu'): { readonly spec: JsonObject } => ({
    spec: { taints: [{ key, value: 'only', effect }] },
  });
  test.each<[string, JsonObject, ReturnType<typeof node>, string]>([
    ['nothing asked', {}, node('n1'), 'fits'],
    ['In', rule('In', ['a']), node('n1', {}, { labels: { zone: 'a' } }), 'fits'],
    ['In, another', rule('In', ['a']), node('n1', {}, { labels: { zone: 'b' } }), 'selector'],
    ['NotIn without the label', rule('NotIn', ['a']), node('n1'), 'fits'],
    ['Exists', rule('Exists'), node('n1'), 'selector'],
    ['DoesNotExist', rule('DoesNotExist'), node('n1'), 'fits'],
    ['Gt', rule('Gt', ['3']), node('n1', {}, { labels: { zone: '4' } }), 'fits'],
    ['Lt', rule('Lt', ['3']), node('n1', {}, { labels: { zone: '4' } }), 'selector'],
    ['an operator of later', rule('Like', ['3']), node('n1'), 'fits'],
    ['NoSchedule', {}, node('n1', {}, taint('NoSchedule')), 'taint'],
    ['PreferNoSchedule', {}, node('n1', {}, taint('PreferNoSchedule')), 'fits'],
    ['a taint that passes', {}, node('n1', {}, taint('NoSchedule', 'node.kubernetes.io/disk-pressure')), 'later'],
    [
      'tolerated by key',
      { tolerations: [{ key: 'gpu', operator: 'Exists' }] },
      node('n1', {}, taint('NoExecute')),
      'fits',
    ],
    [
      'tolerated by value',
      { tolerations: [{ key: 'gpu', value: 'only', effect: 'NoSchedule' }] },
      node('n1', {}, taint('NoSchedule')),
      'fits',
    ],
    ['another value', { tolerations: [{ key: 'gpu', value: 'x' }] }, node('n1', {}, taint('NoSchedule')), 'taint'],
    ['everything is tolerated', { tolerations: [{ operator: 'Exists' }] }, node('n1', {}, taint('NoSchedule')), 'fits'],
    ['too small', { containers: [{ name: 'main', resources: { requests: { cpu: '17' } } }] }, node('n1'), 'small'],
  ])('%s', (_what, spec, on, kind) => {
    const mine = pod({ node: '', spec });
    expect(nodeFit(on, mine, requestsOf(mine)).kind).toBe(kind);
  });
});

describe('the ledger of GPUs', () => {
  const pods = [
    holder('weekly-46', 'n1', 2),
    holder(undefined, 'n1', 1),
    holder('done', 'n1', 4, 'Failed'),
    holder('x', 'n2', 8),
  ];
  test('has totals, free ones and holders by node', () => {
    const rows = gpuLedger([gpuNode('n2', 4), gpuNode('n1', 4), node('n3')], pods);
    expect(rows.map(({ node, total, free, holders }) => [node, total, free, holders.length])).toEqual([
      ['n1', 4, 1, 2],
      // What is counted twice is not less than nothing
      ['n2', 4, 0, 1],
    ]);
    expect(ledgerSentence(rows)).toBe(
      '1 GPU free of 4 on n1, 0 GPUs free of 4 on n2; run x (train) holds 8; run weekly-46 (train) holds 2; pod ilab/other-x holds 1',
    );
    expect(ledgerSentence([])).toBe('no node has a GPU');
  });
});

describe('words of a cluster', () => {
  test('lose what could act on a terminal', () => {
    expect(clean('a\u001b[31mred\u001b[0m b\u001b]0;title\u0007c\u202ed\r\ne\u0000\u009b2Jf')).toBe('a red b c d e f');
    expect(clean(undefined)).toBe('');
    expect(clean('x'.repeat(400))).toHaveLength(300);
  });
  test('are one visible line, whatever they were', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(clean(text)).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
        expect(clean(text).length).toBeLessThanOrEqual(300);
      }),
    );
  });
});
