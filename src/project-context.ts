import type { CliContext } from './cli/context.ts';
import type { Places } from './places.ts';
import type { SourceFiles } from './ports/source-files.ts';

type ProjectContext = Pick<
  CliContext,
  | 'openProject'
  | 'explainValue'
  | 'outlinePipeline'
  | 'validateProject'
  | 'openProjectMaker'
  | 'listPipelines'
  | 'describePipeline'
  | 'chooseImages'
>;

/** What commands ask of the files of a project and of pipelines; each use case is loaded when it is asked for. */
export function projectContext({ openPlanTarget }: Pick<Places, 'openPlanTarget'>): ProjectContext {
  return {
    openProject: async (request) => {
      const [{ openProject }, files] = await Promise.all([import('./actions/project/open-project.ts'), openFiles()]);
      return openProject(files, request);
    },
    explainValue: async (request, path) => {
      const [{ explainValue }, files] = await Promise.all([import('./actions/project/explain-value.ts'), openFiles()]);
      return explainValue(files, request, path);
    },
    outlinePipeline: async (request, name) => {
      const [{ outlinePipeline }, files] = await Promise.all([
        import('./actions/project/outline-pipeline.ts'),
        openFiles(),
      ]);
      return outlinePipeline(files, request, name);
    },
    validateProject: async (request, tell) => {
      const [{ validateProject }, files] = await Promise.all([
        import('./actions/project/validate-project.ts'),
        openFiles(),
      ]);
      const place = request.project === undefined ? {} : { project: request.project };
      return validateProject(files, request, (kind) => openPlanTarget(place, kind), tell);
    },
    openProjectMaker: async () => {
      const [{ projectMaker }, files] = await Promise.all([import('./actions/project/init-project.ts'), openFiles()]);
      return projectMaker(files);
    },
    listPipelines: async (request) => {
      const [{ listPipelineSummaries }, files] = await Promise.all([
        import('./actions/project/list-pipelines.ts'),
        openFiles(),
      ]);
      return listPipelineSummaries(files, request);
    },
    describePipeline: async (request, name) => {
      const [{ describePipeline }, files] = await Promise.all([
        import('./actions/project/describe-pipelines.ts'),
        openFiles(),
      ]);
      return describePipeline(files, request, name);
    },
    chooseImages: async (request) => {
      const [{ chooseImages }, files] = await Promise.all([import('./actions/images/choose-images.ts'), openFiles()]);
      return chooseImages(files, request);
    },
  };
}

async function openFiles(): Promise<SourceFiles> {
  return (await import('./adapters/files/disk-source-files.ts')).diskSourceFiles();
}
