import { expect, test } from 'vitest';
import { ownImage } from '../../../../src/adapters/kubernetes/target/cluster-images.ts';
import type { ImageKnowledge } from '../../../../src/domain/image/image-knowledge.ts';

const TAG = 'ilab-backend/program:src-0123456789ab';

function images(state: ImageKnowledge) {
  return {
    identify: async (image: string) => ({ reference: TAG, folder: image, identity: TAG }),
    imageState: async () => state,
  };
}

test.each<ImageKnowledge>(['known', 'unknown'])('the image of these sources, which is %s', async (state) => {
  // Whether this machine or another one built it: the nodes have it, or nobody can tell before a kubelet does.
  expect(await ownImage(images(state), undefined)).toBe(TAG);
});

test('nobody has it: cannot-start with the command that builds it', async () => {
  await expect(ownImage(images('missing'), undefined)).rejects.toMatchObject({
    code: 'cannot-start',
    message: `the image of this program is not built: ${TAG}`,
    hint: expect.stringContaining('`ilab-backend images build program`'),
  });
});

test('one that is named is taken, whatever the nodes say', async () => {
  expect(await ownImage(images('missing'), 'registry.example.org/p@sha256:1')).toBe('registry.example.org/p@sha256:1');
});
