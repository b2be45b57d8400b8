// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates are written so.
import { describe, expect, test } from 'vitest';
import { faultsOf } from './harness.ts';

describe('names', () => {
  test('a misspelt field, with the nearest right name', () => {
    expect(faultsOf('a: ${params.trian.epochs}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:13: \`params\` has no field \`trian\`
       3 | a: \${params.trian.epochs}
         |             ^~~~~
         = did you mean \`train\`?"
    `);
  });

  test('a misspelt variable', () => {
    expect(faultsOf('a: "${parms.name}"')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:7: there is no variable \`parms\`
       3 | a: "\${parms.name}"
         |       ^~~~~
         = did you mean \`params\`?"
    `);
  });

  test('a variable that is near nothing: the list', () => {
    expect(faultsOf('a: ${workspace}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: there is no variable \`workspace\`
       3 | a: \${workspace}
         |      ^~~~~~~~~
         = one of \`params\`, \`image\`"
    `);
  });

  test('every name of one expression, and of one file', () => {
    expect(faultsOf('a: ${params.nam + params.fils[0]}\nb: "${imge}"')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:13: \`params\` has no field \`nam\`
       3 | a: \${params.nam + params.fils[0]}
         |             ^~~
         = did you mean \`name\`?

      greet/job.yaml:3:26: \`params\` has no field \`fils\`
       3 | a: \${params.nam + params.fils[0]}
         |                          ^~~~
         = did you mean \`files\`?

      greet/job.yaml:4:7: there is no variable \`imge\`
       4 | b: "\${imge}"
         |       ^~~~
         = did you mean \`image\`?"
    `);
  });

  test('behind .?, where CEL itself would not look', () => {
    expect(faultsOf('a: ${params.?teacher.ulr}\nb: ${params.?trian}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:22: \`params.?teacher\` has no field \`ulr\`
       3 | a: \${params.?teacher.ulr}
         |                      ^~~
         = did you mean \`url\`?

      greet/job.yaml:4:14: \`params\` has no field \`trian\`
       4 | b: \${params.?trian}
         |              ^~~~~
         = did you mean \`train\`?"
    `);
  });

  test('in has(), where CEL itself would not look', () => {
    expect(faultsOf('a: ${has(params.trian)}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:17: \`params\` has no field \`trian\`
       3 | a: \${has(params.trian)}
         |                 ^~~~~
         = did you mean \`train\`?"
    `);
  });

  test('by index', () => {
    expect(faultsOf('a: ${params["nmae"]}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:13: \`params\` has no field \`nmae\`
       3 | a: \${params["nmae"]}
         |             ^~~~~~
         = did you mean \`name\`?"
    `);
  });

  test('of an element in a comprehension', () => {
    expect(faultsOf('a: ${params.rows.map(r, r.nmae)}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:27: \`r\` has no field \`nmae\`
       3 | a: \${params.rows.map(r, r.nmae)}
         |                           ^~~~
         = did you mean \`name\`?"
    `);
  });

  test('of an element of a loop', () => {
    expect(faultsOf('a:\n  - $for: { row: "${params.rows}" }\n    b: ${row.nmae}')).toMatchInlineSnapshot(`
      "greet/job.yaml:5:14: \`row\` has no field \`nmae\`
       5 |     b: \${row.nmae}
         |              ^~~~
         = did you mean \`name\`?"
    `);
  });

  test('of a value that cel.bind names', () => {
    expect(faultsOf('a: ${cel.bind(t, params.train, t.epoch)}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:34: \`t\` has no field \`epoch\`
       3 | a: \${cel.bind(t, params.train, t.epoch)}
         |                                  ^~~~~
         = did you mean \`epochs\`?"
    `);
  });

  test('of a scalar', () => {
    expect(faultsOf('a: ${params.name.first}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:18: a string has no field \`first\`
       3 | a: \${params.name.first}
         |                  ^~~~~"
    `);
  });

  test('an optional field that is read as if it were there', () => {
    expect(faultsOf('a: ${params.teacher.url}\nb: ${params.rate}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:13: \`teacher\` may be absent: it is not required and has no default
       3 | a: \${params.teacher.url}
         |             ^~~~~~~
         = write \`params.?teacher\` to leave the key out then, or \`params.?teacher.orValue(...)\` to choose a value

      greet/job.yaml:4:13: \`rate\` may be absent: it is not required and has no default
       4 | b: \${params.rate}
         |             ^~~~
         = write \`params.?rate\` to leave the key out then, or \`params.?rate.orValue(...)\` to choose a value"
    `);
  });

  test('a computed name of an object', () => {
    expect(faultsOf('a: ${params[params.name]}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:13: an object takes a name in quotes, not one that is computed
       3 | a: \${params[params.name]}
         |             ^~~~~~~~~~~
         = a map (\`additionalProperties\` with a schema) takes any key"
    `);
  });

  test('a function that the language does not have', () => {
    expect(
      faultsOf('a: ${timestamp("2026-01-01T00:00:00Z")}\nb: ${strng(1)}\nc: ${contains("a", "b")}'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: there is no function \`timestamp\`
       3 | a: \${timestamp("2026-01-01T00:00:00Z")}
         |      ^~~~~~~~~
         = the functions are \`size\`, \`string\`, \`int\`, \`double\`, \`dyn\`, \`has\`

      greet/job.yaml:4:6: there is no function \`strng\`
       4 | b: \${strng(1)}
         |      ^~~~~
         = did you mean \`string\`?

      greet/job.yaml:5:6: there is no function \`contains\`
       5 | c: \${contains("a", "b")}
         |      ^~~~~~~~
         = did you mean the method \`x.contains(...)\`?"
    `);
  });

  test('a method by its name elsewhere', () => {
    expect(
      faultsOf('a: ${params.name.length()}\nb: ${params.name.toUpperCase()}\nc: ${params.train.epochs()}'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:18: there is no method \`length\`
       3 | a: \${params.name.length()}
         |                  ^~~~~~
         = did you mean \`size\`?

      greet/job.yaml:4:18: there is no method \`toUpperCase\`
       4 | b: \${params.name.toUpperCase()}
         |                  ^~~~~~~~~~~
         = did you mean \`upperAscii\`?

      greet/job.yaml:5:19: there is no method \`epochs\`
       5 | c: \${params.train.epochs()}
         |                   ^~~~~~
         = \`epochs\` is a field: leave out the parentheses"
    `);
  });

  test('a function of a namespace', () => {
    expect(faultsOf('a: ${optional.some(1)}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: there is no function \`optional.some\`
       3 | a: \${optional.some(1)}
         |      ^~~~~~~~~~~~~~~~
         = one of \`of\`, \`none\`"
    `);
  });

  test('a type, which is no value', () => {
    expect(faultsOf('a: ${string}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: there is no variable \`string\`
       3 | a: \${string}
         |      ^~~~~~
         = one of \`params\`, \`image\`"
    `);
  });

  test('in a condition and in the list of a loop', () => {
    expect(
      faultsOf('a: { $if: "${params.lout}", x: 1 }\nb: [{ $for: { f: "${params.fils}" }, x: "${f.y} ${params.nam}" }]'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:21: \`params\` has no field \`lout\`
       3 | a: { $if: "\${params.lout}", x: 1 }
         |                     ^~~~
         = did you mean \`loud\`?

      greet/job.yaml:4:28: \`params\` has no field \`fils\`
       4 | b: [{ $for: { f: "\${params.fils}" }, x: "\${f.y} \${params.nam}" }]
         |                            ^~~~
         = did you mean \`files\`?

      greet/job.yaml:4:58: \`params\` has no field \`nam\`
       4 | b: [{ $for: { f: "\${params.fils}" }, x: "\${f.y} \${params.nam}" }]
         |                                                          ^~~
         = did you mean \`name\`?"
    `);
  });
});

describe('types', () => {
  test('of an operator', () => {
    expect(
      faultsOf(
        'a: ${params.name + 1}\nb: "${params.times == \'x\'}"\nc: ${-params.name}\nd: ${params.train == params.train}',
      ),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: \`+\` does not take a string and an integer
       3 | a: \${params.name + 1}
         |      ^~~~~~~~~~~~~~~
         = convert to text with \`string(...)\`

      greet/job.yaml:4:7: \`==\` does not take an integer and a string
       4 | b: "\${params.times == 'x'}"
         |       ^~~~~~~~~~~~~~~~~~~

      greet/job.yaml:5:6: \`-\` does not take a string
       5 | c: \${-params.name}
         |      ^~~~~~~~~~~~

      greet/job.yaml:6:6: \`==\` does not take the object \`params.train\` and the object \`params.train\`
       6 | d: \${params.train == params.train}
         |      ^~~~~~~~~~~~~~~~~~~~~~~~~~~~"
    `);
  });

  test('of an optional in an operator', () => {
    expect(faultsOf('a: ${params.?rate + 1.0}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: \`+\` does not take a number that may be absent and a number
       3 | a: \${params.?rate + 1.0}
         |      ^~~~~~~~~~~~~~~~~~
         = choose a value for when it is absent: \`.orValue(...)\`"
    `);
  });

  test('of arguments', () => {
    expect(
      faultsOf(
        'a: ${params.name.startsWith(1)}\nb: ${string(params.train)}\nc: ${params.files.join(params.times, "x")}\nd: ${size(params.?files)}',
      ),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: \`startsWith\` of a string does not take an integer
       3 | a: \${params.name.startsWith(1)}
         |      ^~~~~~~~~~~~~~~~~~~~~~~~~

      greet/job.yaml:4:6: \`string\` does not take the object \`params.train\`
       4 | b: \${string(params.train)}
         |      ^~~~~~~~~~~~~~~~~~~~

      greet/job.yaml:5:6: \`join\` of a list does not take an integer and a string
       5 | c: \${params.files.join(params.times, "x")}
         |      ^~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~

      greet/job.yaml:6:6: \`size\` does not take a list of strings that may be absent
       6 | d: \${size(params.?files)}
         |      ^~~~~~~~~~~~~~~~~~~
         = choose a value for when it is absent: \`.orValue(...)\`"
    `);
  });

  test('of the two results of a choice', () => {
    expect(faultsOf('a: "${params.loud ? 1 : \'b\'}"')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:7: both results of \`? :\` must be of one type; here they are an integer and a string
       3 | a: "\${params.loud ? 1 : 'b'}"
         |       ^~~~~~~~~~~~~~~~~~~~~
         = convert one of them: \`string(x)\`, \`double(x)\`, \`.orValue(x)\`"
    `);
  });

  test('of what stands in for an optional', () => {
    expect(faultsOf('a: ${params.?rate.orValue("x")}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:27: what stands in must be of the same type; here they are a number and a string
       3 | a: \${params.?rate.orValue("x")}
         |                           ^~~
         = convert one of them: \`string(x)\`, \`double(x)\`, \`.orValue(x)\`"
    `);
  });

  test('of elements', () => {
    expect(
      faultsOf('a: ${[1, "a"]}\nb: "${ {\'a\': 1, \'b\': true} }"\nc: ${params.files["x"]}'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:10: the elements of a list must be of one type; here are an integer and a string
       3 | a: \${[1, "a"]}
         |          ^~~
         = convert one of them: \`string(x)\`, \`double(x)\`, \`.orValue(x)\`

      greet/job.yaml:4:22: the values of a map must be of one type; here are an integer and a boolean
       4 | b: "\${ {'a': 1, 'b': true} }"
         |                      ^~~~
         = convert one of them: \`string(x)\`, \`double(x)\`, \`.orValue(x)\`

      greet/job.yaml:5:6: a list is indexed by an integer; here is a string
       5 | c: \${params.files["x"]}
         |      ^~~~~~~~~~~~~~~~~"
    `);
  });

  test('of booleans', () => {
    expect(
      faultsOf('a: ${params.times && true}\nb: ${!params.times}\nc: ${params.files.filter(f, f)}'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: \`&&\` and \`||\` take booleans; here is an integer
       3 | a: \${params.times && true}
         |      ^~~~~~~~~~~~~~~~~~~~

      greet/job.yaml:4:6: \`!\` does not take an integer
       4 | b: \${!params.times}
         |      ^~~~~~~~~~~~~

      greet/job.yaml:5:29: a condition is true or false; here is a string
       5 | c: \${params.files.filter(f, f)}
         |                             ^"
    `);
  });

  test('of text', () => {
    expect(
      faultsOf('a: x${params.files}\nb: x${params.train}\nc: x${params.?rate}\nd: x${null}'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:7: a list of strings cannot be part of a text
       3 | a: x\${params.files}
         |       ^~~~~~~~~~~~
         = join it: \`.join(",")\`

      greet/job.yaml:4:7: the object \`params.train\` cannot be part of a text
       4 | b: x\${params.train}
         |       ^~~~~~~~~~~~

      greet/job.yaml:5:7: a number that may be absent cannot be part of a text
       5 | c: x\${params.?rate}
         |       ^~~~~~~~~~~~
         = choose a value for when it is absent: \`.orValue(...)\`

      greet/job.yaml:6:7: null cannot be part of a text
       6 | d: x\${null}
         |       ^~~~"
    `);
  });

  test('of a condition', () => {
    expect(faultsOf('a: { $if: "${params.times}", x: 1 }\nb: { $if: "${params.?loud}", x: 1 }')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:14: a condition is true or false; this is an integer
       3 | a: { $if: "\${params.times}", x: 1 }
         |              ^~~~~~~~~~~~

      greet/job.yaml:4:14: a condition is true or false; this is a boolean that may be absent
       4 | b: { $if: "\${params.?loud}", x: 1 }
         |              ^~~~~~~~~~~~
         = choose a value for when it is absent: \`.orValue(...)\`"
    `);
  });

  test('of a loop', () => {
    expect(faultsOf('a: [{ $for: { x: "${params.name}" }, y: 1 }]')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:21: a loop runs over a list or a map; this is a string
       3 | a: [{ $for: { x: "\${params.name}" }, y: 1 }]
         |                     ^~~~~~~~~~~"
    `);
  });

  test('optionals inside a list', () => {
    expect(faultsOf('a: ${[params.?rate]}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: the result holds values that may be absent
       3 | a: \${[params.?rate]}
         |      ^~~~~~~~~~~~~~
         = give each a value: \`.orValue(...)\`"
    `);
  });

  test('kinds of numbers and bytes that manifests do not have', () => {
    expect(faultsOf('a: ${1u}\nb: ${b"x"}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: unsigned integers have no place in a template
       3 | a: \${1u}
         |      ^~

      greet/job.yaml:4:6: bytes have no place in a template
       4 | b: \${b"x"}
         |      ^~~~"
    `);
  });

  test('keys of a map literal', () => {
    expect(faultsOf('a: "${ {params.name: 1} }"\nb: "${ {\'__proto__\': 1} }"')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:9: the keys of a map are texts in quotes, never computed
       3 | a: "\${ {params.name: 1} }"
         |         ^~~~~~~~~~~

      greet/job.yaml:4:9: \`__proto__\` cannot be a key
       4 | b: "\${ {'__proto__': 1} }"
         |         ^~~~~~~~~~~"
    `);
  });
});

describe('syntax of an expression', () => {
  test('at its column in a plain scalar', () => {
    expect(faultsOf('a: ${params.times +}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:20: the end of the expression is not expected here
       3 | a: \${params.times +}
         |                    ^"
    `);
  });

  test('in a quoted scalar with escapes', () => {
    expect(faultsOf('a: "\\u00e9\\t\\"${params.nam}\\""\nb: \'it\'\'s ${params.nam}\'')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:24: \`params\` has no field \`nam\`
       3 | a: "\\u00e9\\t\\"\${params.nam}\\""
         |                        ^~~
         = did you mean \`name\`?

      greet/job.yaml:4:20: \`params\` has no field \`nam\`
       4 | b: 'it''s \${params.nam}'
         |                    ^~~
         = did you mean \`name\`?"
    `);
  });

  test('in a folded block', () => {
    expect(
      faultsOf('a: >-\n  hello\n  folded ${params.name} and\n  then ${params.nam}\n\n  and ${params.tims}'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:6:17: \`params\` has no field \`nam\`
       6 |   then \${params.nam}
         |                 ^~~
         = did you mean \`name\`?

      greet/job.yaml:8:16: \`params\` has no field \`tims\`
       8 |   and \${params.tims}
         |                ^~~~
         = did you mean \`times\`?"
    `);
  });

  test('in a literal block with deeper lines', () => {
    expect(
      faultsOf('a: |\n  line\n    deep ${params.name}\n\n    deeper ${params.nam}\n  last ${params.tims}'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:7:21: \`params\` has no field \`nam\`
       7 |     deeper \${params.nam}
         |                     ^~~
         = did you mean \`name\`?

      greet/job.yaml:8:17: \`params\` has no field \`tims\`
       8 |   last \${params.tims}
         |                 ^~~~
         = did you mean \`times\`?"
    `);
  });

  test('in a plain scalar over two lines', () => {
    expect(faultsOf('a: first\n  second ${params.nam}')).toMatchInlineSnapshot(`
      "greet/job.yaml:4:19: \`params\` has no field \`nam\`
       4 |   second \${params.nam}
         |                   ^~~
         = did you mean \`name\`?"
    `);
  });

  test('in an expression over two lines', () => {
    expect(faultsOf('a: >-\n  ${params.name +\n  params.nam}')).toMatchInlineSnapshot(`
      "greet/job.yaml:5:10: \`params\` has no field \`nam\`
       5 |   params.nam}
         |          ^~~
         = did you mean \`name\`?"
    `);
  });

  test('after characters that take two units', () => {
    expect(faultsOf('a: "😀 ${params.nam}"')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:17: \`params\` has no field \`nam\`
       3 | a: "😀 \${params.nam}"
         |                 ^~~
         = did you mean \`name\`?"
    `);
  });

  test('that ends too early', () => {
    expect(faultsOf('a: ${(1}\nb: ${params.name.}\nc: ${[1, 2}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:8: expected \`)\`, found the end of the expression
       3 | a: \${(1}
         |        ^

      greet/job.yaml:4:18: expected a name, found the end of the expression
       4 | b: \${params.name.}
         |                  ^

      greet/job.yaml:5:11: expected \`]\`, found the end of the expression
       5 | c: \${[1, 2}
         |           ^"
    `);
  });

  test('that is empty', () => {
    expect(faultsOf('a: ${}\nb: "x${ }"')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: the expression is empty
       3 | a: \${}
         |      ^

      greet/job.yaml:4:8: the expression is empty
       4 | b: "x\${ }"
         |        ^"
    `);
  });

  test('with operators of other languages', () => {
    expect(
      faultsOf('a: ${params.times = 1}\nb: ${params.loud & true}\nc: ${params.loud | true}\nd: "${ \'${x}\' + $y }"'),
    ).toMatchInlineSnapshot(`
      "greet/job.yaml:3:19: \`=\` is not expected here
       3 | a: \${params.times = 1}
         |                   ^
         = equality is \`==\`

      greet/job.yaml:4:18: \`&\` is not expected here
       4 | b: \${params.loud & true}
         |                  ^
         = and is \`&&\`

      greet/job.yaml:5:18: \`|\` is not expected here
       5 | c: \${params.loud | true}
         |                  ^
         = or is \`||\`

      greet/job.yaml:6:17: \`$\` is not expected here
       6 | d: "\${ '\${x}' + $y }"
         |                 ^
         = \`\${ }\` does not go inside an expression"
    `);
  });

  test('with a reserved word', () => {
    expect(faultsOf('a: ${if}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: \`if\` is a word of the expression language
       3 | a: \${if}
         |      ^~"
    `);
  });

  test('that is never closed', () => {
    expect(faultsOf('a: ${params.name\nb: ${"abc}')).toMatchInlineSnapshot(`
      "greet/job.yaml:3:4: \`\${\` has no closing \`}\`
       3 | a: \${params.name
         |    ^~
         = a literal \`\${\` is written \`$\${\`

      greet/job.yaml:4:4: a text inside \`\${ }\` has no closing quote
       4 | b: \${"abc}
         |    ^~
         = a literal \`\${\` is written \`$\${\`"
    `);
  });

  test('that is far too long', () => {
    expect(faultsOf(`a: \${${'1+'.repeat(10_000)}1}`)).toMatchInlineSnapshot(`
      "greet/job.yaml:3:6: the expression is too long or nested too deeply
       3 | a: \${1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1+1...
         |      ^"
    `);
  });
});
