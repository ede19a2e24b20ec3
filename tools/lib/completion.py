"""Completion for bash and zsh from what a program says of itself."""

KINDS = {'JSON-FILE': '*.json', 'FILE': '*', 'DIR': '/'}  # what a value of this type is


def names(options):
    return [name for option in options for name in option.names]


def by_command(told):
    """(command, options, arguments), the first for what stands before a command, named ''."""
    yield '', told.options, told.arguments
    for command in told.commands:
        yield command.name, told.options_of(command.name), told.details[command.name].arguments


def with_values(told):
    """(command, option) for each option that takes a value; the command is * for any."""
    anywhere = told.options_anywhere()
    return [('*', option) for option in anywhere if option.type] + [
        (command, option) for command, options, _ in by_command(told)
        for option in options if option.type and option not in anywhere]


# --- bash ---------------------------------------------------------------------------------------

# In two parts, so that nobody takes this file for a script of bash.
DIRECTIVE = '# shellcheck ' + 'shell=bash'
BASH = r'''# bash completion of PROGRAM. Written by tools/manual from PROGRAM --help: do not edit.
DIRECTIVE

# Files that match a pattern, and the folders on the way to them; / for folders only.
_PROGRAM_files() { # PATTERN WORD
  compopt -o filenames 2>/dev/null
  mapfile -t COMPREPLY < <({
    compgen -d -- "$2"
    [[ $1 == / ]] || compgen -f -X "!$1" -- "$2"
  } | sort -u)
}

_PROGRAM_words() { mapfile -t COMPREPLY < <(compgen -W "$1" -- "$2"); } # WORDS WORD

# What may follow an option.
_PROGRAM_value() { # COMMAND:OPTION WORD
  case $1 in
VALUES
    *) return 1 ;;
  esac
}

_PROGRAM_options() { # COMMAND WORD
  case $1 in
OPTIONS
  esac
}

_PROGRAM_arguments() { # COMMAND:POSITION WORD
  case $1 in
ARGUMENTS
  esac
}

_PROGRAM() {
  local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
  local command='' position=0 i
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; ++i)); do
    if _PROGRAM_value "$command:${COMP_WORDS[i]}" ''; then
      ((++i))
    elif [[ ${COMP_WORDS[i]} != -* ]]; then
      if [[ -z $command ]]; then command=${COMP_WORDS[i]}; else ((++position)); fi
    fi
  done
  COMPREPLY=()
  _PROGRAM_value "$command:$before" "$word" && return
  if [[ $word == -* ]]; then
    _PROGRAM_options "$command" "$word"
  else
    _PROGRAM_arguments "$command:$position" "$word"
  fi
}

complete -F _PROGRAM PROGRAM
'''


def bash_action(item):
    """Completes "$2" to what the value of an option or argument may be."""
    if item.choices:
        return f'_PROGRAM_words \'{" ".join(item.choices)}\' "$2"'
    return f'_PROGRAM_files \'{KINDS[item.type]}\' "$2"' if item.type in KINDS else ':'


def bash_cases(pairs):
    """Lines of a case; patterns with the same action share one, in order."""
    patterns = {}
    for pattern, action in pairs:
        patterns.setdefault(action, []).append(pattern)
    return '\n'.join(f'    {" | ".join(each)}) {action} ;;' for action, each in patterns.items())


def bash_arguments(told):
    words = [command.name for command in told.commands]
    if words:
        yield ':0', f'_PROGRAM_words \'{" ".join(words)}\' "$2"'
    for command, _, arguments in by_command(told):
        for position, argument in enumerate(arguments):
            if argument.choices or argument.type in KINDS:
                yield f'{command}:{"*" if argument.several else position}', bash_action(argument)


def bash(program, told):
    values = [(f'{command}:{name}', bash_action(option))
              for command, option in with_values(told) for name in option.names]
    options = [(command or "''", f'_PROGRAM_words \'{" ".join(names(each))}\' "$2"')
               for command, each, _ in by_command(told)]
    return (BASH.replace('VALUES', bash_cases(values)).replace('OPTIONS', bash_cases(options))
            .replace('ARGUMENTS', bash_cases(bash_arguments(told)) or '    *) ;;')
            .replace('DIRECTIVE', DIRECTIVE).replace('PROGRAM', program))


# --- zsh ----------------------------------------------------------------------------------------

def zsh_quoted(text):
    return "'" + text.replace("'", "'\\''") + "'"


def zsh_escaped(text):
    for character in '\\[]:':
        text = text.replace(character, '\\' + character)
    return text


def zsh_value(item):
    """:message:action of _arguments."""
    action = ''
    if item.choices:
        action = f'({" ".join(item.choices)})'
    elif item.type in KINDS:
        action = {'/': '_files -/', '*': '_files'}.get(KINDS[item.type],
                                                       f'_files -g "{KINDS[item.type]}"')
    return f':{zsh_escaped(item.type)}:{action}'


def zsh_options(options):
    for option in options:
        text = f'[{zsh_escaped(" ".join(option.text))}]'
        alone = f'({" ".join(option.names)})' if len(option.names) > 1 else ''
        for name in option.names:
            value = zsh_value(option) if option.type else ''
            yield zsh_quoted(f'{alone}{name}{"=" if value else ""}{text}{value}')


def zsh_arguments(arguments):
    for position, argument in enumerate(arguments, 1):
        yield zsh_quoted(('*' if argument.several else str(position)) + zsh_value(argument))


def zsh_call(lines, indent):
    return f' \\\n{indent}  '.join([f'{indent}_arguments -s -S', *lines])


def zsh_commands(told):
    listed = '\n'.join('    ' + zsh_quoted(f'{each.name}:{" ".join(each.text)}')
                       for each in told.commands)
    cases = '\n'.join(
        f'        {command})\n' + zsh_call([*zsh_options(options), *zsh_arguments(arguments)],
                                           ' ' * 10) + '\n          ;;'
        for command, options, arguments in by_command(told) if command)
    first = zsh_call([*zsh_options(told.options), "'1:command:->command'", "'*::argument:->rest'"],
                     '  ').replace('_arguments', '_arguments -C')
    return f'''  local curcontext=$curcontext state line
  local -a commands
  commands=(
{listed}
  )
{first}
  case $state in
    command) _describe command commands ;;
    rest)
      case $words[1] in
{cases}
      esac
      ;;
  esac'''


def zsh(program, told):
    body = (zsh_commands(told) if told.commands else
            zsh_call([*zsh_options(told.options), *zsh_arguments(told.arguments)], '  '))
    return f'''#compdef {program}
# zsh completion of {program}. Written by tools/manual from {program} --help: do not edit.

_{program}() {{
{body}
}}

_{program} "$@"
'''
