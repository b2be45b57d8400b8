// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written so.
import { describe, expect, test } from 'vitest';
import { renderBody } from './harness.ts';

const PARTIALS = {
  'security.yaml': '# A comment.\nrunAsNonRoot: true\ncapabilities: { drop: [ALL] }\n',
  'pod.yaml': [
    'restartPolicy: Never',
    'securityContext: { $include: security.yaml }',
    'containers:',
    '  - name: main',
    '    env:',
    '      - { name: HOME, value: /tmp }',
    '      - { name: NAME, value: "${params.name}" }',
    '    args: [a, b]',
    '    volumeMounts: [{ name: tmp, mountPath: /tmp }]',
    '  - { name: side, image: side:1 }',
  ].join('\n'),
  'env.yaml': '- { name: A, value: "1" }\n- { name: B, value: "${params.name}" }\n',
  'files.yaml': '- $for: { f: "${params.files}" }\n  name: ${f}\n',
  'row.yaml': 'name: ${row.name}\n',
  'labels.yaml': '${params.?env}\n',
};

const render = (body: string, params = {}) => renderBody(body, params, PARTIALS);

describe('$include', () => {
  test('takes a partial, which may take others', () => {
    expect(render('a: { $include: security.yaml }')).toEqual({
      a: { runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
    });
  });

  test('splices a partial that is a list into the list around it', () => {
    expect(render('a:\n  - x\n  - $include: env.yaml\n  - $include: files.yaml\n  - z')).toEqual({
      a: ['x', { name: 'A', value: '1' }, { name: 'B', value: 'Ada' }, { name: 'a' }, { name: 'b' }, 'z'],
    });
  });

  test('is one item when the partial is a mapping', () => {
    expect(render('a:\n  - $include: security.yaml')).toEqual({
      a: [{ runAsNonRoot: true, capabilities: { drop: ['ALL'] } }],
    });
  });

  test('sees the variables of the place: a loop', () => {
    expect(render('a:\n  - $for: { row: "${params.rows}" }\n    $include: row.yaml\n    x: 1')).toEqual({
      a: [
        { name: 'x', x: 1 },
        { name: 'y', x: 1 },
      ],
    });
  });

  test('goes with $if', () => {
    expect(
      render(
        'a: { $if: "${params.loud}", $include: security.yaml }\nb: [{ $if: "${params.loud}", $include: env.yaml }]',
      ),
    ).toEqual({ b: [] });
  });

  test('of one whole expression is its value; none drops the key', () => {
    expect(render('a: { $include: labels.yaml }', { env: { k: 'v' } })).toEqual({ a: { k: 'v' } });
    expect(render('a: { $include: labels.yaml }')).toEqual({});
  });
});

describe('the keys beside $include', () => {
  test('go over the partial: mappings join, other values replace', () => {
    expect(render('a: { $include: security.yaml, runAsNonRoot: false, capabilities: { add: [X] } }')).toEqual({
      a: { runAsNonRoot: false, capabilities: { drop: ['ALL'], add: ['X'] } },
    });
  });

  test('delete a key with null', () => {
    expect(render('a: { $include: security.yaml, capabilities: null }')).toEqual({ a: { runAsNonRoot: true } });
  });

  test('merge named lists by name and replace the others', () => {
    const body = [
      'spec:',
      '  $include: pod.yaml',
      '  containers:',
      '    - name: main',
      '      image: ${image}',
      '      args: [c]',
      '      env:',
      '        - { name: HOME, value: /home }',
      '        - { name: NEW, value: "1" }',
      '      volumeMounts: [{ mountPath: /tmp, readOnly: true }, { mountPath: /x, name: x }]',
      '    - { name: third, image: t }',
    ].join('\n');
    expect(render(body)).toMatchInlineSnapshot(`
      {
        "spec": {
          "containers": [
            {
              "args": [
                "c",
              ],
              "env": [
                {
                  "name": "HOME",
                  "value": "/home",
                },
                {
                  "name": "NAME",
                  "value": "Ada",
                },
                {
                  "name": "NEW",
                  "value": "1",
                },
              ],
              "image": "img",
              "name": "main",
              "volumeMounts": [
                {
                  "mountPath": "/tmp",
                  "name": "tmp",
                  "readOnly": true,
                },
                {
                  "mountPath": "/x",
                  "name": "x",
                },
              ],
            },
            {
              "image": "side:1",
              "name": "side",
            },
            {
              "image": "t",
              "name": "third",
            },
          ],
          "restartPolicy": "Never",
          "securityContext": {
            "capabilities": {
              "drop": [
                "ALL",
              ],
            },
            "runAsNonRoot": true,
          },
        },
      }
    `);
  });

  test('delete an item of a named list, or begin the list anew', () => {
    const body =
      'spec:\n  $include: pod.yaml\n  containers:\n    - { name: side, $patch: delete }\n    - name: main\n      env: [{ $patch: replace }, { name: X, value: x }]';
    expect(render(body)).toMatchObject({
      spec: { containers: [{ name: 'main', env: [{ name: 'X', value: 'x' }] }] },
    });
  });

  test('take nulls and directives only from the file, never from a value', () => {
    const free = { runAsNonRoot: null, containers: [{ name: 'side', $patch: 'delete' }] };
    expect(render('a: { $include: security.yaml, runAsNonRoot: "${params.free.runAsNonRoot}" }', { free })).toEqual({
      a: { runAsNonRoot: null, capabilities: { drop: ['ALL'] } },
    });
    expect(render('a: { $include: pod.yaml, containers: "${params.free.containers}" }', { free })).toMatchObject({
      a: { containers: [{ name: 'main' }, { name: 'side', image: 'side:1', $patch: 'delete' }] },
    });
  });

  test('leave the partial alone where an optional has no value', () => {
    expect(render('a: { $include: security.yaml, runAsNonRoot: "${params.?rate}" }')).toEqual({
      a: { runAsNonRoot: true, capabilities: { drop: ['ALL'] } },
    });
  });
});
