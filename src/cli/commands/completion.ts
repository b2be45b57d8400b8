import { Argument } from 'commander';
import { completionScript, SHELLS, type Shell } from '../completion/scripts.ts';
import type { DefineCommand } from '../define-command.ts';

export const defineCompletion: DefineCommand = (command, context, done) => {
  command
    .addArgument(new Argument('<shell>', 'whose').choices(SHELLS))
    .addHelpText('after', HELP)
    .action((shell: Shell) => {
      context.stdout.write(completionScript(shell, `${context.packageRoot}/bin/ilab-backend.js`));
      done(0);
    });
};

const HELP = `
Commands, flags and their values, parameters, pipelines, profiles, stages and
names of runs; those of a cluster where --context or --target kubernetes is
typed before. What is not there within two seconds is not offered.

Where it goes; start a new shell afterwards:
  bash        echo 'source <(ilab-backend completion bash)' >> ~/.bashrc
  zsh         ilab-backend completion zsh > "\${fpath[1]}/_ilab-backend"
  fish        ilab-backend completion fish \\
                > ~/.config/fish/completions/ilab-backend.fish
  powershell  in $PROFILE: ilab-backend completion powershell |
                Out-String | Invoke-Expression
`;
