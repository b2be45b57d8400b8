import { describe, expect, test } from 'vitest';
import { isSecretName, redactShapes, redactTree, secretsNamed } from '../../../src/domain/redaction/redact.ts';

describe('what looks like a secret is masked by its shape', () => {
  test.each<[string, string, string]>([
    ['a token of a hub', 'got hf_abcdefghijklmnop', 'got hf_***'],
    ['user and password of a URL', 'https://ada:s3cret@host/x?y=1', 'https://***@host/x?y=1'],
    ['a token as the user of a URL', 'git+https://tok3n@host/org/repo@main', 'git+https://***@host/org/repo@main'],
    [
      'a signed URL',
      'https://s3/x?X-Amz-Date=1&X-Amz-Signature=abc&z=1',
      'https://s3/x?X-Amz-Date=1&X-Amz-Signature=***&z=1',
    ],
    ['a webhook', 'POST https://hooks.slack.com/services/T0/B0/x1y2', 'POST https://hooks.slack.com/services/***'],
    ['a header', 'Authorization: Basic YWRhOnMzY3JldA==', 'Authorization: ***'],
    ['a header as JSON', '{"authorization": "Basic YWRhOnMz"}', '{"authorization": "***"}'],
    ['a bearer', 'sent bearer s3cret-s3cret', 'sent bearer ***'],
    ['a variable', 'export HF_TOKEN=s3cret', 'export HF_TOKEN=***'],
    ['a password in YAML', 'db_password: s3cret', 'db_password: ***'],
    ['a key in JSON', '{"apiKey":"s3cret"}', '{"apiKey":"***"}'],
    ['an option', 'curl --api-key s3cret -v', 'curl --api-key *** -v'],
    [
      'a private key',
      'x\n-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabcd\n-----END RSA PRIVATE KEY-----\ny',
      'x\n-----BEGIN RSA PRIVATE KEY----- ***\ny',
    ],
    ['JSON within JSON', String.raw`"{\"token\":\"s3cret\"}"`, String.raw`"{\"token\":\"***\"}"`],
    ['a name without a divider', 'PGPASSWORD=s3cret clientSecret: s3cret', 'PGPASSWORD=*** clientSecret: ***'],
    ['a variable of Python', 'os.environ["HF_TOKEN"] = "s3cret"', 'os.environ["HF_TOKEN"] = "***"'],
    ['a variable of a manifest', '{"name": "HF_TOKEN", "value": "s3cret"}', '{"name": "HF_TOKEN", "value": "***"}'],
    ['a kubeconfig', 'client-key-data: LS0tLS1CRUdJTg==', 'client-key-data: ***'],
    ['a file of Docker', '{"auths":{"r.example.org":{"auth":"YTpi"}}}', '{"auths":{"r.example.org":{"auth":"***"}}}'],
    ['a user of curl', 'curl -s -u ada:s3cret https://x', 'curl -s -u ada:*** https://x'],
    ['a login', 'docker login -u ada -p s3cret r.example.org', 'docker login -u ada -p *** r.example.org'],
    ['a line of .netrc', 'machine x login ada password s3cret', 'machine x login ada password ***'],
    ['another webhook', 'https://discord.com/api/webhooks/12/s3cret', 'https://discord.com/api/webhooks/***'],
    ['a private key that is cut', '-----BEGIN PRIVATE KEY-----\nMIIE', '-----BEGIN PRIVATE KEY----- ***'],
  ])('%s', (_what, text, masked) => {
    expect(redactShapes(text)).toBe(masked);
  });

  test.each([
    'max_tokens: 2048, 15 tokens/s',
    'teacher.url = https://host/v1?model=x',
    'secretKeyRef: publish-tokens',
    'token: env:HF_TOKEN',
    'hf:org/name@main',
    'the token of the hub is not there: set HF_TOKEN',
    'authorization failed',
    'eos_token = </s>, "pad_token": "<pad>", pad_token_id=128001',
    'tokenizer=org/name, tokens_per_second=123.4, first pass: 1234',
    'docker run -p 8080:80 image',
  ])('%s stays', (text) => {
    expect(redactShapes(text)).toBe(text);
  });
});

test.each(['a_', 'name=_key', 'curl -u '])('a line of a thousand times `%s` is soon read', (part) => {
  const text = part.repeat(50_000);
  expect(redactShapes(text)).toBe(text);
});

describe('what is a secret by its name', () => {
  test.each([
    'GITHUB_PAT',
    'DB_PASS',
    'HF_TOKEN',
    'dbPassword',
    'apiKey',
    'AWS_SECRET_ACCESS_KEY',
    'client-secret',
    'x.token',
  ])('%s', (name) => {
    expect(isSecretName(name)).toBe(true);
  });

  test.each(['maxTokens', 'tokenFile', 'key', 'secretName', 'tokenizer', 'keys', 'path', 'PWD'])('not %s', (name) => {
    expect(isSecretName(name)).toBe(false);
  });

  const tree = {
    env: [
      { name: 'HF_TOKEN', value: 's3cret' },
      { name: 'MODE', value: 'fast' },
      { name: 'KEY', valueFrom: { secretKeyRef: { name: 'hub-token', key: 'token' } } },
    ],
    hub: { token: 'env:HF_TOKEN', password: 'pa55word', maxTokens: 5 },
    values: [{ path: 'params.hub.token', value: 'typed' }],
  };

  test('is found in a tree, and taken out of it; references stay', () => {
    expect(secretsNamed(tree)).toEqual(['s3cret', 'pa55word', 'typed']);
    expect(redactTree(tree, (text) => text)).toEqual({
      env: [{ name: 'HF_TOKEN', value: '***' }, tree.env[1], tree.env[2]],
      hub: { token: 'env:HF_TOKEN', password: '***', maxTokens: 5 },
      values: [{ path: 'params.hub.token', value: '***' }],
    });
  });
});
