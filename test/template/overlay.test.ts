// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written so.
import { describe, expect, test } from 'vitest';
import type { JsonObject } from '../../src/domain/json.ts';
import { applyOverlays, compileOverlay, formatProblems } from '../../src/template/index.ts';
import { compileBody, must, partialsOf, problemsOf, SCOPE, VALUES } from './harness.ts';

const JOB: JsonObject = {
  apiVersion: 'batch/v1',
  kind: 'Job',
  metadata: { name: 'weekly-train-1', labels: { a: '1' } },
  spec: {
    backoffLimit: 0,
    template: {
      spec: {
        containers: [
          {
            name: 'main',
            image: 'i',
            args: ['a', 'b'],
            env: [
              { name: 'A', value: '1' },
              { name: 'B', value: '2' },
            ],
          },
          { name: 'side', image: 's' },
        ],
        volumes: [{ name: 'tmp', emptyDir: {} }],
        tolerations: [{ key: 'gpu' }],
      },
    },
  },
};
const CONFIG: JsonObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'weekly-train-1' }, data: {} };

/** The overlays of a project file: the entries below `overlays:`. */
function overlays(entries: string) {
  const file = { path: 'ilab-backend.yaml', text: `overlays:\n${entries.replace(/^/gm, '  ')}\n` };
  const count = entries.split('\n').filter((line) => line.startsWith('-')).length;
  return Array.from({ length: count }, (_, index) =>
    compileOverlay({ file, path: ['overlays', index], scope: SCOPE, partials: partialsOf({}) }),
  );
}

function apply(entries: string, objects: readonly JsonObject[] = [JOB, CONFIG]) {
  return applyOverlays(
    objects,
    overlays(entries).map((overlay) => must(overlay).render({ params: VALUES })),
  );
}

function podOf(objects: readonly JsonObject[]): unknown {
  const [job] = objects as unknown as [{ spec: { template: { spec: unknown } } }];
  return job.spec.template.spec;
}

describe('an overlay', () => {
  test('merges mappings, replaces values, deletes with null and leaves the rest as it was', () => {
    const { objects } = must(
      apply(
        '- kind: Job\n  patch:\n    metadata: { labels: { a: null, b: "2" } }\n    spec: { backoffLimit: 3, suspend: true }',
      ),
    );
    expect(objects[0]).toMatchObject({
      metadata: { name: 'weekly-train-1', labels: { b: '2' } },
      spec: { backoffLimit: 3, suspend: true, template: { spec: { tolerations: [{ key: 'gpu' }] } } },
    });
    expect(objects[0]?.['metadata']).toEqual({ name: 'weekly-train-1', labels: { b: '2' } });
    expect(objects[1]).toBe(CONFIG);
    expect(JOB['spec']).toMatchObject({ backoffLimit: 0 });
  });

  test('merges containers, env and volumes by name and replaces other lists', () => {
    const patch = [
      '- kind: Job',
      '  patch:',
      '    spec:',
      '      template:',
      '        spec:',
      '          containers:',
      '            - name: main',
      '              args: [c]',
      '              env:',
      '                - { name: B, value: "${string(params.times)}" }',
      '                - { name: A, $patch: delete }',
      '                - { name: C, value: "3" }',
      '            - { name: side, $patch: delete }',
      '          volumes: [{ name: tmp, emptyDir: { medium: Memory } }, { name: data, emptyDir: {} }]',
      '          tolerations: []',
    ].join('\n');
    expect(podOf(must(apply(patch)).objects)).toEqual({
      containers: [
        {
          name: 'main',
          image: 'i',
          args: ['c'],
          env: [
            { name: 'B', value: '2' },
            { name: 'C', value: '3' },
          ],
        },
      ],
      volumes: [
        { name: 'tmp', emptyDir: { medium: 'Memory' } },
        { name: 'data', emptyDir: {} },
      ],
      tolerations: [],
    });
  });

  test('tells where each value that it set is written; the last overlay counts', () => {
    const { origins } = must(
      apply(
        '- kind: Job\n  patch:\n    spec: { backoffLimit: 1, suspend: true }\n- patch: { metadata: { labels: { a: "9" } } }\n- kind: Job\n  patch: { spec: { backoffLimit: 2 } }',
      ),
    );
    expect(
      origins.map(({ object, path, overlay }) => `${object} ${path.join('.')} ${overlay.line}:${overlay.column}`),
    ).toEqual([
      '0 spec.suspend 4:41',
      '0 metadata.labels.a 5:39',
      '1 metadata.labels.a 5:39',
      '0 spec.backoffLimit 7:36',
    ]);
  });

  test('tells it for items of lists too, by their place in the result', () => {
    const patch =
      '- kind: Job\n  patch:\n    spec:\n      template:\n        spec:\n          containers:\n            - { name: new, image: x }\n            - { name: main, image: m }';
    const { origins } = must(apply(patch));
    expect(origins.map(({ path, overlay }) => `${path.slice(3).join('.')} ${overlay.line}`)).toEqual([
      'containers.2.name 8',
      'containers.2.image 8',
      'containers.0.name 9',
      'containers.0.image 9',
    ]);
  });

  test('forgets what a later overlay took away, and follows the items that moved', () => {
    const container = (text: string) =>
      `- kind: Job\n  patch: { spec: { template: { spec: { containers: [${text}] } } } }`;
    const { origins } = must(
      apply(
        [
          container('{ name: side, tty: true }'),
          container('{ name: main, tty: true }'),
          container('{ name: main, $patch: delete }'),
        ].join('\n'),
      ),
    );
    expect(origins.map(({ path }) => path.slice(3).join('.'))).toEqual(['containers.0.name', 'containers.0.tty']);
  });

  test.each([
    ['- patch: { x: 1 }', [true, true]],
    ['- kind: ConfigMap\n  patch: { x: 1 }', [false, true]],
    ['- name: weekly-train-1\n  patch: { x: 1 }', [true, true]],
    ['- name: "*-train-*"\n  kind: Job\n  patch: { x: 1 }', [true, false]],
  ])('names its objects by kind and name: %s', (entries, expected) => {
    expect(must(apply(entries)).objects.map((object) => object['x'] === 1)).toEqual(expected);
  });

  test('that fits no object is a problem', () => {
    expect(
      formatProblems(problemsOf(apply('- kind: Jbo\n  patch: { x: 1 }\n- name: other\n  patch: { x: 1 }'))),
    ).toMatchInlineSnapshot(`
      "ilab-backend.yaml:2:11: the stage has no Jbo for this overlay
       2 |   - kind: Jbo
         |           ^~~
         = did you mean \`Job\`?

      ilab-backend.yaml:4:5: the stage has no object \`other\` for this overlay
       4 |   - name: other
         |     ^~~~~~~~~~~
         = its objects are of kind Job, ConfigMap"
    `);
  });

  test('that cannot be merged is a problem', () => {
    const patch = '- kind: Job\n  patch:\n    spec: { template: { spec: { containers: [{ image: x }] } } }';
    expect(formatProblems(problemsOf(apply(patch)))).toMatchInlineSnapshot(`
      "ilab-backend.yaml:4:48: an item of \`containers\` needs \`name\`
       4 |       spec: { template: { spec: { containers: [{ image: x }] } } }
         |                                                ^"
    `);
  });

  test('puts a value that is a null, or looks like a directive, in place as it is', () => {
    const free = { labels: { a: null, $patch: 'delete' } };
    const [overlay] = overlays('- kind: Job\n  patch: { metadata: { labels: "${params.free.labels}" } }').map(must);
    const rendered = overlay?.render({ params: { ...VALUES, free } });
    const { objects } = must(applyOverlays([JOB], rendered === undefined ? [] : [rendered]));
    expect(objects[0]?.['metadata']).toEqual({ name: 'weekly-train-1', labels: { a: null, $patch: 'delete' } });
  });

  test('goes through the same doors as a template', () => {
    const [overlay] = overlays('- kind: Job\n  patch: { args: ["${params.name}"] }').map(must);
    const rendered = overlay?.render({ params: { ...VALUES, name: '$(HOME)' } });
    expect(must(applyOverlays([JOB], rendered === undefined ? [] : [rendered])).objects[0]?.['args']).toEqual([
      '$$(HOME)',
    ]);
  });
});

describe('at load', () => {
  test('the faults of an entry are reported together', () => {
    const found = overlays('- kind: Job\n  ptach: {}\n  patch: { a: "${params.nam}", b: { $fro: 1 } }\n- kind: Job');
    expect(found.map((overlay) => formatProblems(problemsOf(overlay))).join('\n\n')).toMatchInlineSnapshot(`
      "ilab-backend.yaml:3:5: an overlay has no \`ptach\`
       3 |     ptach: {}
         |     ^~~~~
         = did you mean \`patch\`?

      ilab-backend.yaml:4:27: \`params\` has no field \`nam\`
       4 |     patch: { a: "\${params.nam}", b: { $fro: 1 } }
         |                           ^~~
         = did you mean \`name\`?

      ilab-backend.yaml:4:39: there is no \`$fro\`
       4 |     patch: { a: "\${params.nam}", b: { $fro: 1 } }
         |                                       ^~~~
         = did you mean \`$for\`?

      ilab-backend.yaml:5:5: an overlay is a mapping with a \`patch\`
       5 |   - kind: Job
         |     ^
         = for example \`{ kind: Job, patch: { spec: { backoffLimit: 1 } } }\`"
    `);
  });

  const template = must(
    compileBody(
      'metadata: { name: "${params.name}-x" }\nspec: { containers: [{ name: main, args: ["${params.name}"] }] }',
    ),
  );
  const checked = (entries: string) =>
    formatProblems(overlays(entries).flatMap((overlay) => must(overlay).check(template)));

  test('an overlay that fits the template has no faults', () => {
    expect(checked('- kind: Test\n  name: Ada-x\n  patch: { spec: { containers: [{ name: main, image: x }] } }')).toBe(
      '',
    );
  });

  test('an overlay for a kind that the stage does not have is reported', () => {
    expect(checked('- kind: Job\n  patch: { x: 1 }')).toMatchInlineSnapshot(`
      "ilab-backend.yaml:2:11: the stage has no Job for this overlay
       2 |   - kind: Job
         |           ^~~
         = its objects are of kind Test"
    `);
  });

  test('an overlay that makes a shell of what gets values is reported', () => {
    expect(
      checked('- kind: Test\n  patch: { spec: { containers: [{ name: main, command: [sh, -c] }] } }'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:4:46: a value must not become the text of a shell or another interpreter: it could run anything
       4 | spec: { containers: [{ name: main, args: ["\${params.name}"] }] }
         |                                              ^~~~~~~~~~~
         = put it in \`env\` and write "$NAME" in the script, or call the program without a shell"
    `);
  });
});
