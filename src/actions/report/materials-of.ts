import type { RunSources } from '../../config/run-sources.ts';
import { originAt, showOrigin } from '../../config/values/origin.ts';
import type { InputReport, OutputReport, RunReport } from '../../domain/report/report.ts';
import type { RunRecord } from '../../domain/run/run-record.ts';
import { resultOf } from '../plan/past-results.ts';
import { planValues } from '../plan/plan-values.ts';
import { pinnedVersion, type RunDocument } from '../plan/run-document.ts';

/** The parts of a plan's values that are told elsewhere in a report. */
const TOLD_ELSEWHERE = /^(?:files|overlays|images|data)\./;

/** What a run was made from and what it made, by digest: its values with their origins, inputs, outputs, images, files. */
export function materialsOf(
  record: RunRecord,
  document: RunDocument,
): Pick<RunReport, 'values' | 'inputs' | 'outputs' | 'images' | 'files'> {
  const { origins } = JSON.parse(document.sources) as RunSources;
  const all = [...planValues(document)];
  return {
    values: all
      .filter(([path]) => !TOLD_ELSEWHERE.test(path))
      .map(([path, value]) => {
        const origin = originAt(origins, path);
        return { path, value, origin: origin === undefined ? 'default' : showOrigin(origin) };
      }),
    inputs: inputsOf(record, document),
    outputs: outputsOf(record),
    images: Object.entries(document.images).map(([image, { reference, identity }]) => ({ image, reference, identity })),
    files: all
      .filter(([path]) => /^(?:files|overlays)\./.test(path))
      .map(([path, digest]) => ({ path: path.replace(/^files\./, ''), digest: String(digest) })),
  };
}

/** Data from outside, then what the last attempt of each stage was bound to. */
function inputsOf(record: RunRecord, document: RunDocument): readonly InputReport[] {
  const outside = document.pins.map(({ stage, input, request, source }) => ({
    ...{ stage, input, from: request.location, version: pinnedVersion(source) },
  }));
  const isOutside = (stage: string, input: string): boolean =>
    outside.some((one) => one.stage === stage && one.input === input);
  const bound = record.stages.flatMap(({ name, attempts }) =>
    Object.entries(attempts.at(-1)?.bindings.inputs ?? {})
      .filter(([input]) => !isOutside(name, input))
      .map(([input, { uri, digest }]) => ({ stage: name as string, input, from: uri, version: digest })),
  );
  return [...outside, ...bound];
}

function outputsOf(record: RunRecord): readonly OutputReport[] {
  return record.stages.flatMap((stage) => {
    const past = resultOf(record.name, stage);
    return (past?.result.artifacts ?? []).map(({ name, digest, size }) => ({
      ...{ stage: stage.name as string, name, digest, size, run: past?.origin.run ?? record.name },
    }));
  });
}
