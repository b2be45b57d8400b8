import { Option } from 'commander';
import { UserError } from '../../domain/errors.ts';
import type { Subject } from '../../domain/rights/rbac.ts';
import type { Persona } from '../../domain/rights/rights.ts';
import type { DefineCommand } from '../define-command.ts';
import { addProjectOptions, openProjectWithExamples, type ProjectFlags } from '../project.ts';

interface RbacFlags extends ProjectFlags {
  readonly persona: Exclude<Persona, 'driver'>;
  readonly detach?: boolean;
  readonly cluster?: boolean;
  readonly namespace: string;
  readonly for?: string;
}

/** Prints the least rights; touches nothing. */
export const defineRbac: DefineCommand = (command, context, done) => {
  addProjectOptions(command.argument('[pipeline]', 'its name; absent = the default of the project'))
    .addOption(
      new Option('--persona <persona>', 'developer: reads runs; owner: drives runs; administrator: installs')
        .choices(['developer', 'owner', 'administrator'])
        .default('owner'),
    )
    .option('--detach', 'the ServiceAccount and the rights of the driver inside the cluster, for `run --detach`')
    .addOption(
      new Option(
        '--cluster',
        'only what no namespace can give, and nothing needs: to list nodes and storage classes, for totals of GPUs',
      ).conflicts('persona'),
    )
    .option('-n, --namespace <name>', 'where the rights hold', 'default')
    .option('--for <subject>', 'who gets them: user:NAME, group:NAME or serviceaccount:NAME; absent = the role alone')
    .addHelpText('after', RBAC_HELP)
    .action(async (pipeline: string | undefined, flags: RbacFlags) => {
      const { renderClusterRights, renderRights } = await import('../../actions/plan/render-rights.ts');
      const persona: Persona = flags.detach === true ? 'driver' : flags.persona;
      const subject = flags.for === undefined ? {} : { subject: parseSubject(flags.for) };
      const request = { persona, namespace: flags.namespace, ...subject };
      const isOfCluster = flags.cluster === true;
      context.stdout.write(
        isOfCluster
          ? renderClusterRights(request)
          : renderRights(await openProjectWithExamples(context, pipeline, flags), request),
      );
      done(0);
    });
};

const RBAC_HELP = `
Examples:
  ilab-backend rbac -n team --for group:backend | kubectl apply -f -
  ilab-backend rbac --detach -n team | kubectl apply -f -    for run --detach
  ilab-backend rbac --cluster --for group:backend | kubectl apply -f -
  ilab-backend rbac --cluster --detach -n team | kubectl apply -f -
`;

const KINDS = { user: 'User', group: 'Group', serviceaccount: 'ServiceAccount' } as const;

function parseSubject(text: string): Subject {
  const [, kind, name] = /^(user|group|serviceaccount):(.+)$/.exec(text) ?? [];
  if (kind !== undefined && name !== undefined) return { kind: KINDS[kind as keyof typeof KINDS], name };
  throw new UserError('bad-usage', `--for ${text} names nobody`, {
    hint: 'write user:NAME, group:NAME or serviceaccount:NAME',
  });
}
