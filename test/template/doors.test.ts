// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written so.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { faultsOf, renderBody } from './harness.ts';
import { expand } from './kubelet.ts';

const HOSTILE = [
  '$(HOME)',
  '$$(HOME)',
  '$$$(HOME)',
  '$',
  '$$',
  '$(',
  '$x',
  'a$',
  '(HOME)',
  ')',
  '`id`',
  ';',
  '\n',
  '\0',
];
const hostile = fc
  .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string()), { maxLength: 6 })
  .map((parts) => parts.join(''));
const KNOWN = { HOME: '/root', '': 'empty' };

describe('what the kubelet makes of a value', () => {
  const BODY = [
    'command: [run, "${params.name}"]',
    'args: ["--x=${params.name}", "${params.name}${params.files[0]}", "${params.name}(HOME)"]',
    'env: [{ name: A, value: "${params.name}" }, { name: B, value: "<${params.name}$${HOME}>" }]',
    'volumeMounts: [{ name: v, mountPath: /v, subPathExpr: "${params.name}" }]',
    'livenessProbe: { exec: { command: ["${params.name}"] } }',
  ].join('\n');

  test('is the value, wherever it stands and whatever stands beside it', () => {
    fc.assert(
      fc.property(hostile, hostile, (name, other) => {
        const object = expandAll(renderBody(BODY, { name, files: [other] }));
        expect(object).toEqual({
          command: ['run', name],
          args: [`--x=${name}`, name + other, `${name}(HOME)`],
          env: [
            { name: 'A', value: name },
            { name: 'B', value: `<${name}\${HOME}>` },
          ],
          volumeMounts: [{ name: 'v', mountPath: '/v', subPathExpr: name }],
          livenessProbe: { exec: { command: [name] } },
        });
      }),
    );
  });

  test('is the value too when a whole list or a loop gives it', () => {
    const body = [
      'args: ${params.files}',
      'env: ${params.free.env}',
      'initContainers: ${params.free.containers}',
      'containers: [{ $for: { f: "${params.files}" }, name: c, args: ["${f}"] }]',
    ].join('\n');
    fc.assert(
      fc.property(hostile, (text) => {
        const free = { env: [{ name: 'A', value: text }], containers: [{ name: 'i', command: [text] }] };
        expect(expandAll(renderBody(body, { files: [text], free }))).toEqual({
          args: [text],
          env: [{ name: 'A', value: text }],
          initContainers: [{ name: 'i', command: [text] }],
          containers: [{ name: 'c', args: [text] }],
        });
      }),
    );
  });

  test('is a reference only where the author wrote one', () => {
    const object = renderBody('args: ["$(HOME)/${params.name}", "$$(HOME)", "${params.name}$(HOME)"]', {
      name: 'a$(HOME)$',
    });
    expect(object).toEqual({ args: ['$(HOME)/a$$(HOME)$', '$$(HOME)', 'a$$(HOME)$$$(HOME)'] });
    expect(expandAll(object)).toEqual({ args: ['/root/a$(HOME)$', '$(HOME)', 'a$(HOME)$/root'] });
  });
});

test('a value stays as it is where nothing is expanded', () => {
  const body = [
    'metadata: { name: "${params.name}", annotations: { args: "${params.name}" } }',
    'data: { command: "${params.name}", value: "x${params.name}" }',
    'lifecycle: { preStop: { exec: { command: ["${params.name}"] } } }',
    'workingDir: ${params.name}',
    'env: [{ name: "${params.name}", valueFrom: { fieldRef: { fieldPath: "${params.name}" } } }]',
  ].join('\n');
  const name = '$(HOME)';
  expect(renderBody(body, { name })).toEqual({
    metadata: { name, annotations: { args: name } },
    data: { command: name, value: `x${name}` },
    lifecycle: { preStop: { exec: { command: [name] } } },
    workingDir: name,
    env: [{ name, valueFrom: { fieldRef: { fieldPath: name } } }],
  });
});

test('a value cannot choose which variable the author refers to', () => {
  expect(faultsOf('args: ["$(${params.name})", "$$(${params.name})", "$(A) ${params.name}"]')).toMatchInlineSnapshot(`
    "greet/job.yaml:3:13: an expression inside \`$( )\` would let a value choose the variable
     3 | args: ["$(\${params.name})", "$$(\${params.name})", "$(A) \${params.name}"]
       |             ^~~~~~~~~~~
       = name the variable yourself, or give the value as it is: \`\${...}\`"
  `);
});

describe('the text of a shell', () => {
  const REFUSED = [
    'command: [sh, -c, "echo ${params.name}"]',
    'command: [/bin/bash, -ec, "echo ${params.times}"]',
    'command: [sh, -c]\nargs: ["${params.name}"]',
    'command: [sh]\nargs: [-c, "echo $1", sh, "${params.name}"]',
    'command: [tini, --, bash, -x, -c, "${params.name}"]',
    'command: [env, "A=${params.name}", sh, -c, "echo $A"]',
    'command: ["${params.name}", -c, x]',
    'command: [busybox, sh, -c, "${params.name}"]',
    'command: [powershell, -Command, "${params.name}"]',
    'command: [python3, -c, "print(${params.times})"]',
    'command: [node, -e, "${params.name}"]',
    'command: [sh, -c, "${params.files[0]}"]',
    'command: [sh, -c, { $if: "${params.loud}", $value: "${params.name}" }]',
    'command: [sh, -c, { $for: { f: "${params.files}" }, $value: "${f}" }]',
    'command: [sh, -c, { $include: list.yaml }]',
    'spec: { containers: [{ name: main, lifecycle: { preStop: { exec: { command: [sh, -c, "${params.name}"] } } } }] }',
    'trainer: { command: [bash, -lc], args: ["x ${params.name}"] }',
    '$include: container.yaml\nargs: ["${params.name}"]',
    'spec: { $include: pod.yaml, containers: [{ name: main, args: ["${params.name}"] }] }',
  ];
  const PARTIALS = {
    'list.yaml': '["${params.name}"]',
    'container.yaml': 'command: [sh, -c]',
    'pod.yaml': 'containers: [{ name: main, command: [sh, -c] }]',
  };

  test.each(REFUSED)('is never a value: %s', (body) => {
    expect(faultsOf(body, PARTIALS)).toContain('a value must not become the text of a shell or another interpreter');
  });

  test('says what to do instead', () => {
    expect(faultsOf('command: [sh, -c, "echo ${params.name}"]')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:27: a value must not become the text of a shell or another interpreter: it could run anything
       3 | command: [sh, -c, "echo \${params.name}"]
         |                           ^~~~~~~~~~~
         = put it in \`env\` and write "$NAME" in the script, or call the program without a shell"
    `);
  });

  const FINE = [
    'command: [sh, -c, "echo $NAME"]\nenv: [{ name: NAME, value: "${params.name}" }]',
    'command: [count, "${params.name}"]',
    'command: [sh, script.sh, "${params.name}"]',
    'command: [serve, -c, "${params.name}"]',
    'command: [python3, -m, tool, "${params.name}"]',
    'command: [python3, -c, "import sys; print(sys.argv[1])", "${params.name}"]',
    'args: [-c, "${params.name}"]',
  ];

  test.each(FINE)('is not this: %s', (body) => {
    expect(faultsOf(body)).toBe('');
  });
});

/** The object with every text expanded, as the container sees it. */
function expandAll(value: unknown): unknown {
  if (typeof value === 'string') return expand(value, KNOWN);
  if (Array.isArray(value)) return value.map(expandAll);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, expandAll(inner)]));
}
