import type { Answer } from '../../actions/answer-approval.ts';
import { withPlace } from '../../domain/typed-place.ts';
import type { DefineCommand } from '../define-command.ts';
import { addPlaceOptions, openRunPlace, type PlaceFlags, RUN_ARGUMENT } from '../place.ts';

const WORD = { approve: 'approved', decline: 'declined' } as const;

export const defineApprove: DefineCommand = define(
  'approve',
  'The stage starts when a driver lives, or with `resume`.',
);
export const defineDecline: DefineCommand = define('decline', 'The run ends with exit code 4; `resume` asks again.');

function define(verdict: Answer['verdict'], effect: string): DefineCommand {
  return (command, context, done) => {
    addPlaceOptions(command)
      .argument('<run>', RUN_ARGUMENT)
      .argument('[stage]', 'absent = the one that asks')
      .option('-m, --reason <text>', 'why; kept in the record')
      .addHelpText('after', `\n${effect}\nWho said so, and when, is kept.\n`)
      .action(async (run: string, stage: string | undefined, flags: PlaceFlags & { readonly reason?: string }) => {
        const { answerApproval } = await import('../../actions/answer-approval.ts');
        const { deps, name } = await openRunPlace(context, flags, run);
        const named = stage === undefined ? {} : { stage };
        const reason = flags.reason === undefined ? {} : { reason: flags.reason };
        const answered = await answerApproval(deps, { run: name, verdict, ...named, ...reason });
        const already = answered.already ? ' already' : '';
        context.stdout.write(`run/${name} ${answered.stage}${already} ${WORD[verdict]}\n`);
        if (verdict === 'approve' && !answered.over) {
          const next = withPlace(`ilab-backend ${answered.driven ? 'watch' : 'resume'} ${name}`, context.stderr.place);
          context.stderr.write(`${answered.driven ? '' : `nobody drives ${name}; `}next: ${next}\n`);
        }
        done(0);
      });
  };
}
