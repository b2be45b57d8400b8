import { expect, test } from 'vitest';
import { KubeFault } from '../../../../src/adapters/kubernetes/api/kube-api.ts';
import { toUserError } from '../../../../src/adapters/kubernetes/api/user-error.ts';

const place = { server: 'https://cluster.test', context: 'dev', namespace: 'ilab' };
const request = 'create configmaps "weekly-run" in namespace "ilab"';

test('a rule that refuses is quoted once, though the server says it twice', () => {
  const words = "ValidatingAdmissionPolicy 'team' with binding 'team' denied request: no label team";
  const fault = new KubeFault('denied', `configmaps "weekly-run" is forbidden: ${words}`, { request, causes: [words] });
  expect(toUserError(fault, place)).toMatchObject({
    code: 'cannot-start',
    message: `namespace ilab of dev refuses to ${request}: configmaps "weekly-run" is forbidden: ${words}`,
    hint: expect.stringContaining('whoever runs it'),
  });
});

test('causes that say more stand behind the message', () => {
  const fault = new KubeFault('server', 'no', { request, causes: ['spec.x: is odd'] });
  expect(toUserError(fault, place)).toMatchObject({
    message: 'https://cluster.test does not answer: no; spec.x: is odd',
  });
});

const forbidden = (message: string) =>
  toUserError(new KubeFault('forbidden', message, { request: 'list configmaps in namespace "ilab"' }), place);

test('a right that is missing is named once, with the line that gives it', () => {
  const words =
    'configmaps is forbidden: User "eve" cannot list resource "configmaps" in API group "" in the namespace "ilab"';
  expect(forbidden(words)).toMatchObject({
    code: 'cannot-start',
    message: 'eve may not list configmaps in namespace ilab',
    hint: 'an administrator can give it: `ilab-backend rbac -n ilab --for user:eve | kubectl apply -f -`',
  });
});

test('a right in the whole cluster is one that no Role of a namespace gives', () => {
  const words = 'nodes is forbidden: User "eve" cannot list resource "nodes" in API group "" at the cluster scope';
  expect(forbidden(words)).toMatchObject({
    message: 'eve may not list nodes in dev',
    hint: 'an administrator can give it: `ilab-backend rbac --cluster --for user:eve | kubectl apply -f -`',
  });
});

test('a name that a shell would read as more than a name is not put into the line', () => {
  const words = 'x is forbidden: User "a; rm -rf b" cannot list resource "configmaps" in API group ""';
  expect(forbidden(words)).toMatchObject({ hint: expect.stringContaining('--for user:NAME |') });
});

test('what a policy forbids is said in its own words', () => {
  expect(forbidden('not on a Sunday')).toMatchObject({
    message: 'you may not list configmaps in namespace "ilab": not on a Sunday',
  });
});

test('a server that does not answer is named with its context', () => {
  const fault = new KubeFault('unreachable', 'nothing listens there', { request: 'x' });
  expect(toUserError(fault, place)).toMatchObject({
    exitCode: 6,
    message: 'https://cluster.test (context dev) does not answer: nothing listens there',
    hint: expect.stringContaining('--context'),
  });
});
