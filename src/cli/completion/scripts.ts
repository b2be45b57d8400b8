/*
 * Each script asks the program what the word under the cursor can become and hands the answer to its shell. None of them evaluates
 * what was typed or what was answered. `program` is where this program lies, for shells whose PATH has none.
 */

export const SHELLS = ['bash', 'zsh', 'fish', 'powershell'] as const;
export type Shell = (typeof SHELLS)[number];

export function completionScript(shell: Shell, program: string): string {
  return SCRIPTS[shell](program);
}

const SCRIPTS = {
  bash: (program) => `# bash completion for ilab-backend
_ilab_backend() {
  local program=${quoted(program)} rest=\${COMP_LINE:0:COMP_POINT} words=() word trimmed i
  [[ -x $program ]] || program=ilab-backend
  # bash divides words at = : @, too: what no space divides is put together again.
  for ((i = 0; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    trimmed=\${rest#"\${rest%%[![:space:]]*}"}
    if ((i == 0)) || [[ $trimmed != "$rest" ]]; then words+=("$word"); else words[-1]+=$word; fi
    rest=\${trimmed#"$word"}
  done
  trimmed=\${rest#"\${rest%%[![:space:]]*}"}
  if [[ $trimmed != "$rest" ]]; then words+=("$trimmed"); else words[-1]+=$trimmed; fi
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    word=\${words[i]}
    case $word in
      \\"*\\") word=\${word#\\"} word=\${word%\\"} ;;
      \\'*\\') word=\${word#\\'} word=\${word%\\'} ;;
      *) word=\${word//\\\\/} ;;
    esac
    words[i]=$word
  done
  local current=\${words[-1]} quote='' name meaning kind=words names=() meanings=() width=0
  [[ $current == [\\"\\']* ]] && quote=\${current:0:1} current=\${current:1}
  words[-1]=$current
  while IFS=$'\\t' read -r name meaning; do
    case $name in
      :*) kind=\${name#:} ;;
      ?*) names+=("$name") meanings+=("$meaning") ;;
    esac
  done < <("$program" __complete -- "\${words[@]:1}" 2>/dev/null </dev/null)
  COMPREPLY=()
  case $kind in
    files) compopt -o default 2>/dev/null; return ;;
    folders) compopt -o dirnames 2>/dev/null; return ;;
    nospace) compopt -o nospace 2>/dev/null ;;
  esac
  # bash replaces what stands behind the last = or : only, and what begins with the last @, where these divide words;
  # after a quote all of it.
  local before='' part
  for part in "\${current%"\${current##*=}"}" "\${current%"\${current##*:}"}" "\${current%@*}@"; do
    [[ -z $quote && -n $part && $current == "$part"* && $COMP_WORDBREAKS == *"\${part: -1}"* ]] || continue
    part=\${part%@}
    ((\${#part} > \${#before})) && before=$part
  done
  for name in "\${names[@]}"; do
    name=\${name#"$before"}
    ((\${#name} > width)) && width=\${#name}
    COMPREPLY+=("$name")
  done
  # Two TABs only list: there is room for what they mean.
  if [[ \${COMP_TYPE:-9} == 63 ]] && ((\${#COMPREPLY[@]} > 1)); then
    for i in "\${!COMPREPLY[@]}"; do
      [[ -z \${meanings[i]} ]] || printf -v 'COMPREPLY[i]' '%-*s  (%s)' "$width" "\${COMPREPLY[i]}" "\${meanings[i]}"
    done
  fi
}
complete -F _ilab_backend ilab-backend ilab-backend.js
`,
  zsh: (program) => `#compdef ilab-backend ilab-backend.js
_ilab_backend() {
  local program=${quoted(program)} line name meaning kind=words
  local -a typed names shown space
  [[ -x $program ]] || program=ilab-backend
  typed=("\${(@Q)words[2,CURRENT-1]}")
  while IFS= read -r line; do
    if [[ $line == :* ]]; then
      kind=\${line#:}
      continue
    fi
    name=\${line%%$'\\t'*} meaning=\${line#*$'\\t'}
    names+=("$name")
    if [[ -n $meaning ]]; then shown+=("$name  -- $meaning"); else shown+=("$name"); fi
  done < <("$program" __complete -- "\${typed[@]}" "\${(Q)PREFIX}" 2>/dev/null </dev/null)
  case $kind in
    files) _files; return ;;
    folders) _files -/; return ;;
    nospace) space=(-S '') ;;
  esac
  (( \${#names} )) && compadd "\${space[@]}" -l -d shown -a names
}
if [[ \${funcstack[1]} == _ilab_backend || \${funcstack[1]} == _ilab-backend ]]; then
  _ilab_backend "$@"
elif (( $+functions[compdef] )); then
  compdef _ilab_backend ilab-backend ilab-backend.js
fi
`,
  fish: (program) => `# fish completion for ilab-backend
function __ilab_backend_complete
    set -l program ${quotedForFish(program)}
    test -x $program; or set program ilab-backend
    set -l words (commandline -opc)
    set -e words[1]
    set -l current (commandline -ct)
    set -l kind words
    for line in ($program __complete -- $words "$current" 2>/dev/null </dev/null)
        if string match -q -- ':*' $line
            set kind (string sub -s 2 -- $line)
        else
            printf '%s\\n' $line
        end
    end
    switch $kind
        case files
            __fish_complete_path "$current"
        case folders
            __fish_complete_directories "$current"
    end
end
complete -c ilab-backend -f -a '(__ilab_backend_complete)'
complete -c ilab-backend.js -f -a '(__ilab_backend_complete)'
`,
  powershell: (program) => `# PowerShell completion for ilab-backend
Register-ArgumentCompleter -Native -CommandName 'ilab-backend', 'ilab-backend.js' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $program = ${quotedForPowerShell(program)}
    if (-not (Test-Path -LiteralPath $program)) { $program = 'ilab-backend' }
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.Extent.Text })
    $lines = & $program __complete '--' @words "$wordToComplete" 2>$null
    foreach ($line in $lines) {
        $name, $meaning = $line -split "\`t", 2
        if ($name.StartsWith(':')) { continue }
        if (-not $meaning) { $meaning = $name }
        [System.Management.Automation.CompletionResult]::new($name, $name, 'ParameterValue', $meaning)
    }
}
`,
} as const satisfies Record<Shell, (program: string) => string>;

/** For bash and zsh. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

function quotedForFish(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}

function quotedForPowerShell(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
