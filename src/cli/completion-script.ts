import { usage } from '../errors.ts';

const scripts = { bash, zsh, fish };
export const shells: readonly string[] = Object.keys(scripts);

/**
 * A script that asks `ocikit __complete WORD…` what may stand in place of the last word: lines of a value, a tab and a
 * description, and last `:files`, `:directories` or `:nothing`, what the shell may offer where there is no value. Throws
 * `usage` for another shell.
 */
export function completionScript(shell: string): string {
  if (!Object.hasOwn(scripts, shell)) throw usage('completion', `expected one of ${shells.join(', ')}, got '${shell}'`);
  return scripts[shell as keyof typeof scripts]();
}

/** bash cuts words at `:`, `=` and `@`: they are put together as they were typed, and what is before the last cut is not repeated. */
function bash(): string {
  return `# bash completion for ocikit
_ocikit() {
  local line="\${COMP_LINE:0:COMP_POINT}" word current prefix='' breaks at last=-1
  local -a words=()
  for (( at = 0; at <= COMP_CWORD; at++ )); do
    if (( at == 0 )) || [[ "$line" == [[:space:]]* ]]; then
      line="\${line#"\${line%%[![:space:]]*}"}"
      last=$(( last + 1 ))
      words[last]=''
    fi
    word="\${COMP_WORDS[at]}"
    (( at == COMP_CWORD )) && word="$line"
    words[last]="\${words[last]}$word"
    line="\${line#"$word"}"
  done
  current="\${words[last]}"
  breaks="\${COMP_WORDBREAKS//[^:=@]/}"
  [ -n "$breaks" ] && prefix="\${current%"\${current##*[$breaks]}"}"
  COMPREPLY=()
  while IFS= read -r line; do
    case "$line" in
      :files) ;;
      :directories) compopt -o dirnames +o default 2>/dev/null ;;
      :nothing) compopt +o default 2>/dev/null ;;
      *) word="\${line%%$'\\t'*}"; COMPREPLY+=("\${word#"$prefix"}") ;;
    esac
  done < <("\${words[0]/#\\~/$HOME}" __complete "\${words[@]:1}" 2>/dev/null)
}
complete -o default -F _ocikit ocikit
`;
}

/** Read with \`source\` it registers itself; found as a file in \`fpath\` it is the function itself, called at the first TAB. */
function zsh(): string {
  return `#compdef ocikit
_ocikit() {
  local -a values shown
  local line otherwise=':files'
  for line in "\${(@f)$("\${(Q)words[1]}" __complete "\${(@)words[2,CURRENT-1]}" "$IPREFIX$PREFIX" 2>/dev/null)}"; do
    case $line in
      :*) otherwise=$line ;;
      ?*) values+=("\${line%%$'\\t'*}"); shown+=("\${line//$'\\t'/  -- }") ;;
    esac
  done
  if (( $#values )); then
    compadd -Q -l -d shown -- "\${values[@]}"
  elif [[ $otherwise == :files ]]; then
    _files
  elif [[ $otherwise == :directories ]]; then
    _files -/
  fi
}
if [[ "$funcstack[1]" == _ocikit ]]; then _ocikit "$@"; else compdef _ocikit ocikit; fi
`;
}

function fish(): string {
  return `# fish completion for ocikit
function __ocikit_complete
  set -l words (commandline -opc) (commandline -ct)
  for line in ($words[1] __complete $words[2..-1] 2>/dev/null)
    switch $line
      case ':files'
        set -q found; or __fish_complete_path (commandline -ct)
      case ':directories'
        __fish_complete_directories (commandline -ct)
      case ':nothing'
      case '*'
        set -f found yes
        echo $line
    end
  end
end
complete -c ocikit -f -a '(__ocikit_complete)'
`;
}
