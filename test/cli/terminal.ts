import { Writable } from 'node:stream';
import type { CliContext, Output } from '../../src/cli/context.ts';

/** What a command wrote, and a context to run it in. */
export class Terminal {
  readonly stdout = new Sheet();
  readonly stderr = new Sheet();

  context(change: Partial<CliContext> = {}): CliContext {
    const missing = (): never => {
      throw new Error('this command should not have needed it');
    };
    return {
      stdout: this.stdout,
      stderr: this.stderr,
      env: {},
      cwd: '/project',
      home: '/home/ada',
      packageRoot: '/package',
      signal: new AbortController().signal,
      stdoutClosed: new AbortController().signal,
      onInterrupt: () => undefined,
      openDeps: missing,
      openPlanDeps: missing,
      openPlanTarget: missing,
      placeOfRun: missing,
      openProject: missing,
      explainValue: missing,
      namedRuns: missing,
      outlinePipeline: missing,
      validateProject: missing,
      openProjectMaker: missing,
      openPrompt: missing,
      nodeGpus: missing,
      listPipelines: missing,
      describePipeline: missing,
      chooseImages: missing,
      openImages: missing,
      openArchive: missing,
      writeFiles: missing,
      openOnDesktop: missing,
      openDownloadFolder: missing,
      verifyModel: missing,
      examine: missing,
      openDoctor: missing,
      probe: missing,
      openDestinations: missing,
      openNotifier: missing,
      openMask: missing,
      writeFile: missing,
      openKeyboard: missing,
      version: '1.2.3',
      platform: { node: 'v24.0.0', os: 'linux x64 6.1.0' },
      ...change,
    };
  }
}

/** An output that keeps what is written. */
export class Sheet implements Output {
  text = '';
  readonly isTTY = false;
  readonly columns = 80;
  readonly color = false;
  readonly unicode = true;
  readonly isDumb = false;
  readonly stream: NodeJS.WriteStream;

  constructor() {
    const write = (chunk: unknown): void => {
      this.text += String(chunk);
    };
    this.stream = new Writable({
      write(chunk, _encoding, done) {
        write(chunk);
        done();
      },
    }) as unknown as NodeJS.WriteStream;
  }

  write(text: string): void {
    this.text += text;
  }

  async drained(): Promise<void> {}
}
