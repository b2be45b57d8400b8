import { describe, expect, test } from 'vitest';
import { imageKnowledge } from '../../../src/domain/image/image-knowledge.ts';
import { contentReference, digestOf, isContentTag, pushReference } from '../../../src/domain/image/image-name.ts';
import { currentReference, type ImageRecord, withDelivery } from '../../../src/domain/image/image-record.ts';

const HASH = '0123456789abcdef'.repeat(4);
const TAG = 'ilab-backend/train-mlx:src-0123456789ab';

describe('the name of an image', () => {
  test.each([
    ['stages/train/mlx', TAG],
    ['program', 'ilab-backend/program:src-0123456789ab'],
  ])('%s', (image, reference) => {
    expect(contentReference(image, `sha256:${HASH}`)).toBe(reference);
    expect(isContentTag(reference)).toBe(true);
  });

  test.each([
    TAG.replace('ilab-backend/', 'registry.example.org/ilab-backend/'),
    `${TAG}@sha256:${HASH}`,
    'ilab-backend/train-mlx:0.1.0',
    'ilab-backend/train-mlx:not-built',
    'busybox:src-0123456789ab',
  ])('%s is something a registry holds', (reference) => expect(isContentTag(reference)).toBe(false));

  test.each([
    ['registry.example.org', 'registry.example.org/ilab-backend/train-mlx:src-0123456789ab'],
    ['registry.example.org:5000/', 'registry.example.org:5000/ilab-backend/train-mlx:src-0123456789ab'],
    ['quay.io/acme', 'quay.io/acme/train-mlx:src-0123456789ab'],
  ])('pushed to %s: %s', (registry, reference) => expect(pushReference(registry, TAG)).toBe(reference));

  test('a digest is found at the end only', () => {
    expect(digestOf(`a/b@sha256:${HASH}`)).toBe(`sha256:${HASH}`);
    expect(digestOf(TAG)).toBeUndefined();
    expect(digestOf(`a/b@sha256:${HASH}x`)).toBeUndefined();
  });
});

describe('what was done last names an image', () => {
  const built: ImageRecord = { image: 'stages/train/mlx', reference: TAG, identity: `sha256:${HASH}`, deliveries: [] };
  const pushed = { kind: 'push', reference: `r.example/train@sha256:${HASH}`, at: '2026-01-01T00:00:00Z' } as const;
  const loaded = { kind: 'load', to: 'kind', at: '2026-01-02T00:00:00Z' } as const;

  test.each([
    ['built', [], TAG],
    ['pushed', [pushed], pushed.reference],
    ['loaded', [loaded], TAG],
    ['pushed, then loaded', [pushed, loaded], TAG],
    ['loaded, then pushed', [loaded, pushed], pushed.reference],
  ])('%s', (_, deliveries, reference) => {
    expect(currentReference(deliveries.reduce<ImageRecord>(withDelivery, built))).toBe(reference);
  });

  test('a place is remembered once', () => {
    const again = { ...pushed, reference: `r.example/train@sha256:${'f'.repeat(64)}` };
    const record = [pushed, loaded, again].reduce<ImageRecord>(withDelivery, built);
    expect(record.deliveries).toEqual([loaded, again]);
  });
});

describe('whether a pod can have an image', () => {
  const holds = (...names: readonly string[]) => [{ node: 'n1', names, isCut: false }];
  test.each([
    { what: 'built here, nodes not to be asked', recorded: true, nodes: undefined, is: 'known' },
    { what: 'nobody can tell', recorded: false, nodes: undefined, is: 'unknown' },
    { what: 'a cluster without nodes', recorded: false, nodes: [], is: 'unknown' },
    { what: 'on a node, as containerd says', recorded: false, nodes: holds(`docker.io/${TAG}`), is: 'known' },
    { what: 'on a node, as CRI-O says', recorded: false, nodes: holds(`localhost/${TAG}`), is: 'known' },
    { what: 'built here, on no node', recorded: true, nodes: holds('docker.io/library/busybox:1'), is: 'missing' },
    { what: 'another of the name', recorded: false, nodes: holds(`docker.io/x${TAG}`), is: 'missing' },
    { what: 'a list that is cut', recorded: false, nodes: [{ node: 'n1', names: [], isCut: true }], is: 'unknown' },
    { what: 'a cut list, built here', recorded: true, nodes: [{ node: 'n1', names: [], isCut: true }], is: 'known' },
  ])('$what: $is', ({ recorded, nodes, is }) => expect(imageKnowledge(TAG, recorded, nodes)).toBe(is));

  test.each([true, false])('what a registry holds is never looked for on nodes (built here: %s)', (recorded) => {
    expect(imageKnowledge(`r.example/a@sha256:${HASH}`, recorded, holds())).toBe('known');
  });
});
