// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written so.
import { describe, expect, test } from 'vitest';
import { formatProblems } from '../../src/template/schema/format-problems.ts';
import { compileTemplate } from '../../src/template/template.ts';
import { faultsOf, problemsOf, SCOPE } from './harness.ts';

describe('structure', () => {
  test('an unknown structural key', () => {
    expect(faultsOf('$fro: x\na: { $iff: "${true}", b: 1 }\nc: { $schema: x }')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:1: there is no \`$fro\`
       3 | $fro: x
         | ^~~~
         = did you mean \`$for\`?

      greet/job.yaml:4:6: there is no \`$iff\`
       4 | a: { $iff: "\${true}", b: 1 }
         |      ^~~~
         = did you mean \`$if\`?

      greet/job.yaml:5:6: there is no \`$schema\`
       5 | c: { $schema: x }
         |      ^~~~~~~
         = a key of yours that begins with \`$\` is written \`$$schema\`"
    `);
  });

  test('a computed key', () => {
    expect(faultsOf('${params.name}: 1\n"x-${params.name}": 2')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:1: keys are never computed
       3 | \${params.name}: 1
         | ^~~~~~~~~~~~~~
         = give the whole mapping: \`labels: \${params.labels}\`

      greet/job.yaml:4:1: keys are never computed
       4 | "x-\${params.name}": 2
         | ^~~~~~~~~~~~~~~~~~
         = give the whole mapping: \`labels: \${params.labels}\`"
    `);
  });

  test('a merge key of YAML 1.1', () => {
    expect(faultsOf('<<: { a: 1 }')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:1: \`<<\` does not merge
       3 | <<: { a: 1 }
         | ^~
         = use \`$include\` with a partial"
    `);
  });

  test('a key that is no text', () => {
    expect(faultsOf('? [a, b]\n: 1')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:3: a key is a text
       3 | ? [a, b]
         |   ^~~~~~
         = put it in quotes"
    `);
  });

  test('$if without an expression', () => {
    expect(faultsOf('a: { $if: true, b: 1 }\nc: { $if: "x${params.loud}", d: 1 }')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:11: \`$if\` takes a condition: one whole expression
       3 | a: { $if: true, b: 1 }
         |           ^~~~
         = for example \`$if: \${params.x}\`

      greet/job.yaml:4:11: \`$if\` takes a condition: one whole expression
       4 | c: { $if: "x\${params.loud}", d: 1 }
         |           ^~~~~~~~~~~~~~~~~
         = for example \`$if: \${params.x}\`"
    `);
  });

  test('$for without a list', () => {
    expect(faultsOf('a:\n  - $for: x\n    b: 1\n  - $for: { x: 1 }\n    b: 1')).toMatchInlineSnapshot(`
      "greet/job.yaml:4:11: \`$for\` takes a mapping of a variable to a list
       4 |   - $for: x
         |           ^
         = for example \`$for: { x: "\${params.files}" }\`

      greet/job.yaml:6:16: \`x\` takes a list: one whole expression
       6 |   - $for: { x: 1 }
         |                ^
         = for example \`x: \${params.x}\`"
    `);
  });

  test('$for on a mapping that is no item', () => {
    expect(faultsOf('a: { $for: { x: "${params.files}" }, b: 1 }')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: \`$for\` repeats items of a list; this mapping is not one
       3 | a: { $for: { x: "\${params.files}" }, b: 1 }
         |      ^~~~
         = write it on an item of a list: \`- $for: { x: "\${list}" }\`"
    `);
  });

  test('a loop variable that hides another, or is no name', () => {
    expect(
      faultsOf(
        'a:\n  - $for: { params: "${params.files}" }\n    b: 1\n  - $for: { in: "${params.files}" }\n    b: 1\n  - $for: { my-x: "${params.files}" }\n    b: 1',
      ),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:4:13: there is already a variable \`params\` here
       4 |   - $for: { params: "\${params.files}" }
         |             ^~~~~~

      greet/job.yaml:6:13: \`in\` is a word of the expression language
       6 |   - $for: { in: "\${params.files}" }
         |             ^~

      greet/job.yaml:8:13: a variable is letters, digits and \`_\`, a letter first
       8 |   - $for: { my-x: "\${params.files}" }
         |             ^~~~"
    `);
  });

  test('$value beside other keys', () => {
    expect(faultsOf('a: { $value: 1, b: 2 }')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:17: \`$value\` is the whole of what stands here
       3 | a: { $value: 1, b: 2 }
         |                 ^
         = beside it go only \`$if\` and \`$for\`"
    `);
  });

  test('$patch where nothing is patched', () => {
    expect(faultsOf('a: [{ $patch: delete }]')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:7: there is no \`$patch\`
       3 | a: [{ $patch: delete }]
         |       ^~~~~~
         = it belongs to the items of a list beside \`$include\`"
    `);
  });

  test('an unknown word of $patch', () => {
    expect(
      faultsOf('$include: pod.yaml\ncontainers: [{ name: main, $patch: rm }]', { 'pod.yaml': 'containers: []' }),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:4:36: \`$patch\` is \`delete\` or \`replace\`
       4 | containers: [{ name: main, $patch: rm }]
         |                                    ^~"
    `);
  });

  test('an item without a name in a named list', () => {
    expect(
      faultsOf('$include: pod.yaml\ncontainers:\n  - name: main\n  - image: x', { 'pod.yaml': 'containers: []' }),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:6:5: an item of \`containers\` needs \`name\`
       6 |   - image: x
         |     ^"
    `);
  });

  test('an item to delete that is not there', () => {
    expect(
      faultsOf('$include: pod.yaml\ncontainers: [{ name: main, $patch: delete }]', { 'pod.yaml': 'containers: []' }),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:4:14: there is no item with name "main" to delete
       4 | containers: [{ name: main, $patch: delete }]
         |              ^"
    `);
  });

  test('a directive in a list without names', () => {
    expect(
      faultsOf('$include: pod.yaml\nargs: [{ $patch: replace }]', { 'pod.yaml': 'args: [a]' }),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:4:8: the items of \`args\` have no names: the list is replaced whole
       4 | args: [{ $patch: replace }]
         |        ^"
    `);
  });
});

describe('partials', () => {
  test('a partial that is not there', () => {
    expect(faultsOf('$include: nope.yaml')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:11: there is no partial \`nope.yaml\`
       3 | $include: nope.yaml
         |           ^~~~~~~~~
         = a partial is a file of this pipeline, or of \`_shared/\`"
    `);
  });

  test('a name that is computed', () => {
    expect(faultsOf('$include: "${params.name}.yaml"')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:11: \`$include\` takes the name of a partial, not computed
       3 | $include: "\${params.name}.yaml"
         |           ^~~~~~~~~~~~~~~~~~~~~"
    `);
  });

  test('a circle', () => {
    expect(
      faultsOf('$include: a.yaml', { 'a.yaml': 'x: 1\n$include: b.yaml\n', 'b.yaml': 'y: { $include: a.yaml }\n' }),
    ).toMatchInlineSnapshot(`
      "b.yaml:1:16: the partials include each other in a circle: a.yaml -> b.yaml -> a.yaml
       1 | y: { $include: a.yaml }
         |                ^~~~~~"
    `);
  });

  test('a circle of one', () => {
    expect(faultsOf('$include: a.yaml', { 'a.yaml': 'x: { $include: a.yaml }\n' })).toMatchInlineSnapshot(`
      "a.yaml:1:16: the partials include each other in a circle: a.yaml -> a.yaml
       1 | x: { $include: a.yaml }
         |                ^~~~~~"
    `);
  });

  test('a fault inside a partial: once, at its place there', () => {
    expect(
      faultsOf('a: { $include: bad.yaml }\nb: { $include: bad.yaml }\nc: ${params.nam}', {
        'bad.yaml': 'x: ${params.nmae}\n',
      }),
    ).toMatchInlineSnapshot(`
      "bad.yaml:1:13: \`params\` has no field \`nmae\`
       1 | x: \${params.nmae}
         |             ^~~~
         = did you mean \`name\`?

      greet/job.yaml:5:13: \`params\` has no field \`nam\`
       5 | c: \${params.nam}
         |             ^~~
         = did you mean \`name\`?"
    `);
  });

  test('an empty partial and one with two documents', () => {
    expect(
      faultsOf('a: { $include: empty.yaml }\nb: { $include: two.yaml }', {
        'empty.yaml': '# nothing\n',
        'two.yaml': 'a: 1\n---\nb: 1\n',
      }),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:16: the partial \`empty.yaml\` is empty
       3 | a: { $include: empty.yaml }
         |                ^~~~~~~~~~
         = a partial is one mapping or one list

      greet/job.yaml:4:16: the partial \`two.yaml\` has more than one document
       4 | b: { $include: two.yaml }
         |                ^~~~~~~~
         = a partial is one mapping or one list"
    `);
  });

  test('broken YAML in a partial', () => {
    expect(faultsOf('$include: bad.yaml\nb: ${params.nam}', { 'bad.yaml': 'a: [1\n' })).toMatchInlineSnapshot(`
      "bad.yaml:2:1: not valid YAML: flow sequence in block collection must be sufficiently indented and end with a ]
       2 |
         | ^

      greet/job.yaml:4:13: \`params\` has no field \`nam\`
       4 | b: \${params.nam}
         |             ^~~
         = did you mean \`name\`?"
    `);
  });
});

describe('YAML', () => {
  test('a duplicate key, with everything else that is wrong', () => {
    expect(faultsOf('a: 1\nb: ${params.nam}\na: 2')).toMatchInlineSnapshot(`
      "greet/job.yaml:4:13: \`params\` has no field \`nam\`
       4 | b: \${params.nam}
         |             ^~~
         = did you mean \`name\`?

      greet/job.yaml:5:1: the key \`a\` is written twice in one mapping
       5 | a: 2
         | ^
         = keep one of the two"
    `);
  });

  test('an unknown tag, and those that JSON does not have', () => {
    expect(faultsOf('a: !foo 3\nb: !!set {x}\nc: !!timestamp 2026-01-01')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:4: the tag \`!foo\` is not known
       3 | a: !foo 3
         |    ^~~~
         = leave the tag out

      greet/job.yaml:4:4: the tag \`!!set\` is not allowed
       4 | b: !!set {x}
         |    ^~~~~
         = leave the tag out

      greet/job.yaml:5:4: the tag \`!!timestamp\` is not allowed
       5 | c: !!timestamp 2026-01-01
         |    ^~~~~~~~~~~
         = leave the tag out"
    `);
  });

  test('an unquoted expression where YAML needs quotes', () => {
    expect(faultsOf('a: [${params.name}]')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: not valid YAML: missing , or : between flow sequence items
       3 | a: [\${params.name}]
         |      ^
         = put the expression in quotes: "\${...}""
    `);
  });

  test('an unquoted expression with a colon', () => {
    expect(faultsOf('a: ${params.loud ? "a" : "b"}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:4: not valid YAML: nested mappings are not allowed in compact mappings
       3 | a: \${params.loud ? "a" : "b"}
         |    ^
         = put the expression in quotes: "\${...}""
    `);
  });

  test('an alias without an anchor, and one that holds itself', () => {
    expect(faultsOf('a: *nope\nb: &x [*x]')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:4: there is no anchor \`&nope\`
       3 | a: *nope
         |    ^~~~~

      greet/job.yaml:4:8: \`*x\` contains itself
       4 | b: &x [*x]
         |        ^~"
    `);
  });

  test('words and numbers that kubectl reads differently', () => {
    expect(faultsOf('a: 0777\nb: no\nc: Yes\nd: 1_000\ne: 0o777\nf: "no"')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:4: \`0777\` is octal to kubectl and decimal here
       3 | a: 0777
         |    ^~~~
         = write 511, or "0777" for the text

      greet/job.yaml:4:4: \`no\` is a boolean to kubectl and a text here
       4 | b: no
         |    ^~
         = write \`false\`, or \`"no"\` for the text

      greet/job.yaml:5:4: \`Yes\` is a boolean to kubectl and a text here
       5 | c: Yes
         |    ^~~
         = write \`true\`, or \`"Yes"\` for the text

      greet/job.yaml:6:4: \`1_000\` is a number to kubectl and a text here
       6 | d: 1_000
         |    ^~~~~
         = write \`1000\`"
    `);
  });

  test('numbers that JSON does not have', () => {
    expect(faultsOf('a: 12345678901234567890\nb: .inf\nc: .nan')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:4: \`12345678901234567890\` is beyond 2^53 and would lose digits
       3 | a: 12345678901234567890
         |    ^~~~~~~~~~~~~~~~~~~~
         = write it in quotes

      greet/job.yaml:4:4: \`.inf\` is a number that JSON does not have
       4 | b: .inf
         |    ^~~~

      greet/job.yaml:5:4: \`.nan\` is a number that JSON does not have
       5 | c: .nan
         |    ^~~~"
    `);
  });

  test('a tab as indentation', () => {
    expect(faultsOf('a:\n\tb: 1')).toMatchInlineSnapshot(`
      "greet/job.yaml:4:1: not valid YAML: tabs are not allowed as indentation
       4 | 	b: 1
         | ^"
    `);
  });

  test('a missing quote', () => {
    expect(faultsOf('a: "x')).toMatchInlineSnapshot(`
      "greet/job.yaml:4:1: not valid YAML: missing closing " quote
       4 |
         | ^"
    `);
  });

  test('an object that does not say what it is', () => {
    const faults = ['a: 1\n', '- a\n', 'apiVersion: v1\n---\nkind: x\n', '# nothing\n', '%YAML 1.1\n---\na: 1\n'].map(
      (text) => {
        const file = { path: 't.yaml', text };
        return formatProblems(problemsOf(compileTemplate({ file, scope: SCOPE, partials: () => undefined })));
      },
    );
    expect(faults.join('\n')).toMatchInlineSnapshot(`
      "t.yaml:1:1: the object has no \`apiVersion\` and no \`kind\`
       1 | a: 1
         | ^
      t.yaml:1:1: a document is a mapping: one object
       1 | - a
         | ^
      t.yaml:1:1: the object has no \`kind\`
       1 | apiVersion: v1
         | ^

      t.yaml:3:1: the object has no \`apiVersion\`
       3 | kind: x
         | ^
      t.yaml:1:1: the template has no object
       1 | # nothing
         | ^
      t.yaml:1:1: templates are YAML 1.2
       1 | %YAML 1.1
         | ^~~~~~~~~
         = leave the directive out

      t.yaml:3:1: the object has no \`apiVersion\` and no \`kind\`
       3 | a: 1
         | ^"
    `);
  });
});
