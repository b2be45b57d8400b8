import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { redactShapes } from '../../../src/domain/redaction/redact.ts';
import { hasToken, maskTokens } from '../../../src/domain/redaction/token-shapes.ts';

/** No secret of anybody; where `§` stands in a form, it does, and its mask must. */
const SECRET = 'CANARYx7Qz9pLmN4vRt2';
const HEX = '0123456789abcdef'.repeat(4);
const STAMP = '2026-01-05T10:00:00.123456789Z [main] ';

const masked = (form: string): string => form.replaceAll('§', '***');
const filled = (form: string, secret = SECRET): string => form.replaceAll('§', secret);

describe('prefixes of vendors, in every stored line', () => {
  test.each([
    'hf_§',
    'ghp_§',
    'gho_§',
    'ghs_§',
    'github_pat_§',
    'glpat-§',
    'gldt-§',
    'xoxb-§',
    'xoxe-§',
    'ya29.§',
    'AIza§',
    'GOCSPX-§',
    'gsk_§',
    'nvapi-§',
    'sk-§',
    'dckr_pat_§',
    'dckr_oat_§',
    'hvs.§',
    'r8_§',
    'dop_v1_§',
    'wandb_v1_§',
    'xai-§',
    'pplx-§',
    'sk_live_§',
    'sha256~§',
    'npm_§',
    'api_org_§',
    'git clone https://ada:§@host/x',
    'postgres://u:§@db/x',
    'Authorization: Bearer §',
    '{"authorization": "Basic §"}',
    'whsec_§',
    'https://x/?key=AIza§&y=1',
  ])('%s', (form) => {
    const text = `sent ${filled(form, SECRET + SECRET)}, then 1`;
    expect(hasToken(text)).toBe(true);
    expect(maskTokens(text)).toBe(`sent ${masked(form)}, then 1`);
    expect(hasToken(maskTokens(text))).toBe(false);
    expect(redactShapes(text)).not.toContain(SECRET);
  });

  test.each([
    ['AKIAIOSFODNN7EXAMPLE', 'AKIA***'],
    ['ASIAIOSFODNN7EXAMPLE', 'ASIA***'],
    [`dapi${HEX.slice(32)}`, 'dapi***'],
    [`SG.${SECRET}.${SECRET}`, 'SG.***'],
    [`pypi-AgE${SECRET}`, 'pypi-***'],
    [`sk-ant-api03-${SECRET}`, 'sk-***'],
    [`sk-proj-${SECRET}_${SECRET}`, 'sk-***'],
    [`AGE-SECRET-KEY-1${SECRET.toUpperCase()}`, 'AGE-SECRET-KEY-1***'],
    [`eyJhbGciOiJIUzI1NiJ9.eyJ${SECRET}.${SECRET}`, 'eyJ***'],
  ])('%s', (token, shown) => {
    expect(maskTokens(`got ${token}.`)).toBe(`got ${shown}.`);
  });
});

describe('forms of secrets, in a diagnosis', () => {
  test.each([
    // Sentences.
    'token is §',
    'the password is §.',
    'The API key is "§"',
    "password was changed to '§'",
    'Using token §',
    'WANDB_API_KEY §',
    'login with password §',
    // Names with values.
    'HF_TOKEN=§',
    'export HF_TOKEN="§"',
    "export X_TOKEN='§'",
    'declare -x DB_PASS="§"',
    'HF_TOKEN: §',
    'pwd=§',
    'user=ada;pwd=§;db=x',
    'MYSQL_PWD=§',
    'hf_token = "§"',
    'apiKey: §',
    'aws_secret_access_key = §',
    'CREDENTIALS=§',
    'MY_SERVICE_KEY=§',
    'login(token=§)',
    "login(token='§', write=True)",
    'Hub(password=Secret("§"))',
    "{'api_key': '§'}",
    "{'token': b'§', 'x': 1}",
    "environ({'HF_TOKEN': '§', 'X': 1})",
    '{"token":"§","tokens":5}',
    String.raw`{\"token\":\"§\"}`,
    'os.environ["HF_TOKEN"] = "§"',
    'token := "§"',
    "'token' => '§'",
    '//registry.example.org/:_authToken=§',
    // Commands.
    'mysql -u root -p§ db',
    "mysqldump -uroot -p'§' db",
    'sshpass -p § ssh h',
    'docker login -u me -p § r.example.org',
    'oc login -u me -p §',
    'redis-cli -h x -a § ping',
    'curl -s -u ada:§ https://x',
    'curl --user ada:§ https://x',
    'curl --header "Authorization: §"',
    "curl -H 'PRIVATE-TOKEN: §'",
    'curl -H "X-Vault-Token: §"',
    'hf auth login --token §',
    "hf auth login --token '§'",
    'x --api-key=§ -v',
    'kubectl create secret generic x --from-literal=hub=§',
    'openssl rsa -passin pass:§',
    // Headers and addresses.
    'https://h/x?token=§&b=1',
    'https://h/x#access_token=§',
    'https://h/x?sv=1&sig=§',
    'postgres://§@db/x',
    'amqp://§@h',
    // Files.
    'machine h login ada password §',
    `machine h\n  login ada\n  password §`,
    `${STAMP}machine h\n${STAMP}  login ada\n${STAMP}  password §`,
    'client-key-data: §',
    'identitytoken: §',
    '{"auths":{"r.example.org":{"auth":"§"}}}',
    '.dockerconfigjson: §',
    'token: |\n  §',
    'a:\n  password: >-\n    §\nb: 1',
    `${STAMP}token: |\n${STAMP}  §\n${STAMP}other: 1`,
    '- name: HF_TOKEN\n  value: §',
    `${STAMP}- name: HF_TOKEN\n${STAMP}  value: §`,
    '-----BEGIN PRIVATE KEY----- §',
  ])('%s', (form) => {
    // Of a key the mask stands behind its first line.
    const text = filled(form).replace('KEY----- ', 'KEY-----\\n');
    expect(redactShapes(text)).toBe(masked(form));
    expect(redactShapes(redactShapes(text))).toBe(masked(form));
  });

  test.each([
    ['a sentence with quotes', `the password is "correct-horse ${SECRET}"`, 'the password is "***"'],
    ['an account of Azure', `AccountKey=${SECRET}==;x`, 'AccountKey=***;x'],
    ['words in quotes', `password="${SECRET} with words"`, 'password="***"'],
    ['commas in an environment', `PGPASSWORD=${SECRET},more;and`, 'PGPASSWORD=***'],
    ['an escaped quote', String.raw`{"password":"a\"x\"b","n":1}`, '{"password":"***","n":1}'],
    ['JSON within JSON', String.raw`{\"password\":\"a\\\"xyz\",\"n\":1}`, String.raw`{\"password\":\"***\",\"n\":1}`],
    ['a header of git', `http.extraheader="AUTHORIZATION: basic ${SECRET}"`, 'http.extraheader="AUTHORIZATION: ***"'],
    ['a header', `Authorization: Basic ${SECRET}==`, 'Authorization: ***'],
    [
      'a header in JSON within JSON',
      String.raw`{\"authorization\": \"Bearer x1234567\"}`,
      String.raw`{\"authorization\": \"***\"}`,
    ],
    ['a header as Python shows it', `{'Authorization': 'Bearer ${SECRET}'}`, `{'Authorization': '***'}`],
    ['a bot', `https://api.telegram.org/bot${SECRET}/send`, 'https://api.telegram.org/bot***'],
    ['a URL within a URL', `x?to=https%3A%2F%2Fuser%3A${SECRET}%40host`, 'x?to=https%3A%2F%2F***%40host'],
    ['a key of Google', `{"private_key": "-----BEGIN PRIVATE KEY-----\\n${SECRET}\\n"}`, '{"private_key": "***"}'],
    ['a password with slashes', 'https://u:a/CANARY@h/x', 'https://***@h/x'],
    ['a block of several lines', `key: |\n  ${SECRET}\n\n  ${SECRET}\nnext: 1`, 'key: |\n  ***\nnext: 1'],
    ['a secret of AWS behind its id', `AKIAIOSFODNN7EXAMPLE,${SECRET}${SECRET}`, 'AKIA***,***'],
    ['a key of wandb', `wandb login ${HEX.slice(24)}`, 'wandb login ***'],
    ['a key of wandb by its name', `"key": "${HEX.slice(24)}"`, '"key": "***"'],
    ['a login of Docker as Python shows it', `{'auth': 'YWRhOnMzY3JldA=='}`, `{'auth': '***'}`],
    [
      'a private key in a log',
      `${STAMP}-----BEGIN RSA PRIVATE KEY-----\n${STAMP}${SECRET}\n${STAMP}-----END RSA PRIVATE KEY-----\n${STAMP}next line`,
      `${STAMP}-----BEGIN RSA PRIVATE KEY----- ***\n${STAMP}next line`,
    ],
    [
      'a private key without its end',
      `${STAMP}-----BEGIN PRIVATE KEY-----\n${STAMP}${SECRET}\n${STAMP}the next line`,
      `${STAMP}-----BEGIN PRIVATE KEY----- ***\n${STAMP}the next line`,
    ],
    [
      'a private key without its beginning',
      `${STAMP}loss 1.2\n${STAMP}${HEX}\n${STAMP}${SECRET}\n${STAMP}-----END PRIVATE KEY-----`,
      `${STAMP}loss 1.2\n***\n${STAMP}-----END PRIVATE KEY-----`,
    ],
  ])('%s', (_what, text, shown) => {
    expect(redactShapes(text)).toBe(shown);
  });
});

describe('innocent texts stay', () => {
  test.each([
    // What trainers and models say.
    'tokens: 4096',
    'max_tokens=2048',
    'token_id is 5',
    'pad_token=<pad>',
    'eos_token: "<|im_end|>", pad_token: "[PAD]"',
    'bos_token_id: 151643',
    "tokenizer: 'LlamaTokenizerFast2'",
    'next token: world7',
    'ms_per_token: 12.5ms',
    'time per token: 0.0123',
    'Step 3 | loss:1.23 tokens_per_second:4e3',
    "{'loss': '2.31', 'grad_norm': '0.88', 'num_tokens': '4096'}",
    'first pass: 1234, pass=1234',
    'token is 4096',
    'the token is invalid',
    "SyntaxError: Unexpected token 'export2'",
    'special_tokens: 128256',
    'key: value',
    'attention key: torch.Size([4, 128])',
    'query/key: 0.98',
    // Words.
    'the password is wrong',
    'password for ada is required',
    'a password is asked for',
    'authorization failed',
    'authorization: none',
    'secret "hub-token-2" not found',
    'the secret is hub-v2',
    "couldn't find key token in Secret ilab/hub-7f2",
    'credentials: refused',
    // Names, digests, places.
    `commit ${HEX.slice(24)}`,
    `cache key: ${HEX.slice(24)}`,
    `reuse key: ${HEX}`,
    `image r.example.org/x@sha256:${HEX}`,
    `docker://ubuntu:22.04@sha256:${HEX}`,
    'run/weekly-47 is 0f8fad5b-d9cd-469f-a165-70867728950e',
    'hf:org/name@main',
    'pip install hf_transfer hf_quantizer',
    'sk-learn-pipeline-with-a-long-name',
    'ASIA-PACIFIC-EAST',
    'ssh://git@github.com/o/r',
    'https://github.com/o/r@v1.2',
    'http://h:8080/a@b',
    'PWD=/content/work OLDPWD=/root',
    'token: env:HF_TOKEN',
    'HF_TOKEN=None',
    'HF_TOKEN=${HF_TOKEN}',
    'api_key=$OPENAI_API_KEY',
    'token: <your token>',
    'password=/run/secrets/db',
    'tokenFile: /var/run/secrets/token',
    'token = os.environ["HF_TOKEN"]',
    'def login(token: str, password: Optional[str] = None)',
    'secretKeyRef: { name: hub, key: token }',
    'volumes:\n- secret:\n    secretName: hub',
    'authorization:\n  mode: RBAC',
    'note: |\n  token\nnext: 1',
    'docker run -p 8080:80 image',
    'mkdir -p dir && mysql_config',
    'kubectl get secret hub -o yaml',
    'PUBLIC_KEY=ssh-ed25519-AAAA12',
    'SORT_KEY=created_at_2026',
    '-----BEGIN CERTIFICATE-----\nMIIE12\n-----END CERTIFICATE-----',
    'Loading checkpoint shards:  35%|███▌      | 7/20 [00:03<00:06,  2.00it/s]',
  ])('%s', (text) => {
    expect(redactShapes(text)).toBe(text);
    expect(hasToken(text)).toBe(false);
    expect(maskTokens(text)).toBe(text);
  });

  const corpus = join(import.meta.dirname, '../training/corpus');
  test('logs of trainers', () => {
    for (const file of readdirSync(corpus).filter((name) => name.endsWith('.log'))) {
      const text = readFileSync(join(corpus, file), 'utf8');
      expect(redactShapes(text), file).toBe(text);
    }
  });
});

test('a line of 64 KiB is soon read, whatever it repeats', () => {
  const parts = [
    'a_',
    'a-',
    'a.',
    'token ',
    'token="',
    String.raw`token=\"`,
    'password is ',
    'sk-',
    'eyJ-',
    '://',
    '://a:b@sha256:',
    '%3A%2F%2F',
    '_KEY=',
    '&key=',
    'authorization: ',
    '-----BEGIN PRIVATE KEY-----\n',
    '-----END PRIVATE KEY-----\n',
    'token: |\n',
    'token: |\n  a\n',
    'mysql -p',
    '--a-',
    'x_auth=',
    `${'A'.repeat(60)}\n`,
    'token=f(',
    'SG.aaaaaaaaaaaaaaaa',
    'login a password',
  ];
  // Each takes some milliseconds; one that grows with the square of its length takes seconds, and the limit of the test ends it.
  for (const part of parts) expect(redactShapes(part.repeat(65_536 / part.length))).not.toBe('');
});
