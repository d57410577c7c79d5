// `ambassador completion`: a script for a shell that asks `ambassador __complete` for what may stand next.

import { parseArgs } from 'node:util';
import type { Command } from './command.ts';
import { EXIT, UsageError } from './command.ts';

/** Each gives the words up to the cursor, the last of them unfinished or empty, and shows the lines that come back. */
const SCRIPTS = {
  bash: `_ambassador() {
  local IFS=$'\\n' word="\${COMP_WORDS[COMP_CWORD]}" words=() line="\${COMP_LINE:0:COMP_POINT}"
  IFS=$' \\t' read -r -a words <<< "$line"
  [[ $line == *' ' ]] && words+=('')
  COMPREPLY=($("\${COMP_WORDS[0]}" __complete "\${words[@]:1}" 2>/dev/null))
  if [[ \${COMPREPLY[0]} == :file ]]; then COMPREPLY=($(compgen -f -- "$word")); compopt -o filenames; return; fi
  # Bash cuts words at a colon, and puts in only what follows the last one.
  local whole="\${words[\${#words[@]}-1]}"
  if [[ $whole == *:* && $COMP_WORDBREAKS == *:* ]]; then
    local before="\${whole%"\${whole##*:}"}" index
    for index in "\${!COMPREPLY[@]}"; do COMPREPLY[index]="\${COMPREPLY[index]#"$before"}"; done
  fi
}
complete -F _ambassador ambassador`,

  zsh: `#compdef ambassador
_ambassador() {
  local -a found
  found=("\${(@f)$("\${words[1]}" __complete "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "\${found[1]}" == :file ]]; then _files
  elif [[ -n "\${found[1]}" ]]; then compadd -- "\${found[@]}"; fi
}
if [[ "\${funcstack[1]}" == _ambassador ]]; then _ambassador "$@"; else compdef _ambassador ambassador; fi`,

  fish: `function __ambassador_complete
  set -l words (commandline -opc) (commandline -ct)
  set -l found ($words[1] __complete $words[2..-1] 2>/dev/null)
  if test "$found" = :file
    __fish_complete_path (commandline -ct)
  else
    printf '%s\\n' $found
  end
end
complete -c ambassador -f -a '(__ambassador_complete)'`,
} as const;

const SHELLS = Object.keys(SCRIPTS);

export const completion: Command = {
  usage: `ambassador completion ${SHELLS.join('|')}

  bash   source <(ambassador completion bash), in ~/.bashrc
  zsh    source <(ambassador completion zsh), in ~/.zshrc after compinit
  fish   ambassador completion fish > ~/.config/fish/completions/ambassador.fish

Commands, options and their values are completed, and services and endpoints as a running ambassador knows them.`,
  positionals: [SHELLS],

  run(args, io) {
    const { positionals } = parseArgs({ args: [...args], options: {}, allowPositionals: true });
    const [shell, ...rest] = positionals;
    const script = Object.entries(SCRIPTS).find(([name]) => name === shell)?.[1];
    if (script === undefined || rest.length > 0) {
      throw new UsageError(`completion expects one of ${SHELLS.join(', ')}`);
    }
    io.print(script);
    return Promise.resolve(EXIT.done);
  },
};
