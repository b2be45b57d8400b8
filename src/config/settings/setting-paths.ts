import { leavesOf, type ParamLeaf } from '../../template/schema/param-leaves.ts';
import type { PipelineFile } from '../pipelines/pipeline-file.ts';
import { imagesSchema, overlaysSchema, stagesSchema } from '../pipelines/stage-schemas.ts';
import { FILE_KEYS, type FileKey } from './file-keys.ts';
import { NOTIFY_SCHEMA } from './notify-settings.ts';
import { POD_SCHEMA } from './pod-settings.ts';

/** Everything that a project file may say beside the parameters: its keys, then what stands below them. */
export function settingPaths(
  file: PipelineFile,
): readonly Pick<ParamLeaf, 'path' | 'title' | 'description' | 'type'>[] {
  const blocks = [
    ['pod', POD_SCHEMA],
    ['notify', NOTIFY_SCHEMA],
    ['stages', stagesSchema(file)],
    ['images', imagesSchema(file)],
    ['overlays', overlaysSchema(file)],
  ] as const;
  return [
    ...(Object.keys(FILE_KEYS) as FileKey[]).map((path) => ({ path, title: FILE_KEYS[path], type: 'object' })),
    ...blocks.flatMap(([name, schema]) => leavesOf(schema).map((leaf) => ({ ...leaf, path: `${name}.${leaf.path}` }))),
  ];
}
