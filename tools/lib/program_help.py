"""What a program says of itself with --help, taken apart: its commands, options and arguments.

The help of all programs is laid out by the same library (CLI11): names from column 2 on, their
descriptions from column 30 on.
"""

import dataclasses
import re
import subprocess

COLUMN = 30
PROGRAMS = ('raftd', 'raftctl', 'raftsim')

# What stands behind the names of an option: its type and what goes with it.
FORM = (r'(?: (?P<type>[A-Z][A-Z:/-]*?)(?P<check>:\{[^}]*\}|:\w+ in \[[^\]]*\]|:POSITIVE)?'
        r'(?:=(?P<default>\S+))?)?(?P<several> \.\.\.)?(?P<required> REQUIRED)?'
        r'(?: \(Env:(?P<variable>\w+)\))?(?: (?:Excludes|Needs):(?: --[\w-]+)+)*')
OPTION = re.compile(r'  (?P<names>-[\w,-]+)(?:\{\w+\})?' + FORM + r'(?:  *(?P<text>\S.*))?')
ARGUMENT = re.compile(r'  (?P<names>\S+)' + FORM + r'(?:  *(?P<text>\S.*))?')
COMMAND = re.compile(r'  (?P<names>\S+)(?:  +(?P<text>\S.*))')
SECTIONS = {'Options:': OPTION, 'Positionals:': ARGUMENT, 'Subcommands:': COMMAND}


class HelpError(Exception):
    """The help is not laid out as this file believes."""


@dataclasses.dataclass
class Item:
    """An option, an argument or a command."""
    names: list
    text: list  # lines
    type: str = ''  # '' for one that takes no value
    choices: list = dataclasses.field(default_factory=list)
    default: str = ''
    several: bool = False
    required: bool = False
    variable: str = ''  # of the environment

    @property
    def name(self):
        return self.names[-1]


@dataclasses.dataclass
class Help:
    about: str
    usage: str
    options: list
    arguments: list
    commands: list  # Item; `details` has the Help of each
    footer: list  # lines
    details: dict = dataclasses.field(default_factory=dict)

    def options_anywhere(self):
        """Those that may also stand behind a command."""
        said = any('before or behind the command' in line for line in self.footer)
        return [option for option in self.options if option.name not in ('--help', '--help-all')
                ] if said else []

    def options_of(self, command):
        """All that may stand behind a command."""
        return self.details[command].options + self.options_anywhere()


def item_of(line, pattern):
    found = pattern.fullmatch(line)
    if not found or (found['text'] and found.start('text') != COLUMN):
        raise HelpError(f'cannot read this line of the help: {line!r}')
    parts = {'type': '', 'default': '', 'several': '', 'required': '', 'variable': '', 'check': '',
             **{name: value or '' for name, value in found.groupdict().items()}}
    choices = re.findall(r'[^{},:]+', parts['check']) if '{' in parts['check'] else []
    return Item(parts['names'].split(','), [parts['text']] if parts['text'] else [], parts['type'],
                choices, parts['default'], bool(parts['several']), bool(parts['required']),
                parts['variable'])


def parse(text):
    """The Help that a text of --help tells."""
    lines = text.rstrip('\n').split('\n')
    found = {section: [] for section in SECTIONS}
    footer, section = [], None
    for line in lines[2:]:
        if line in SECTIONS and not footer:
            section = line
        elif section and not footer and line.startswith(' ' * COLUMN) and found[section]:
            found[section][-1].text.append(line.strip())
        elif section and not footer and re.match(r'  \S', line):
            found[section].append(item_of(line, SECTIONS[section]))
        elif line:
            section = None
            footer.append(line)
        else:
            section = None
            footer += [''] if footer else []
    return Help(lines[0], lines[1].removeprefix('Usage: '), found['Options:'],
                found['Positionals:'], found['Subcommands:'], footer)


def ask(folder, program, *arguments):
    # By its bare name: some programs tell what they were called as.
    result = subprocess.run([program, *arguments, '--help'], executable=folder / program, text=True,
                            capture_output=True, check=False)
    if result.returncode:
        raise HelpError(f'{program} --help exits with {result.returncode}: {result.stderr}')
    return parse(result.stdout)


def of_program(folder, program):
    """The Help of a program in a folder, with that of its commands."""
    told = ask(folder, program)
    told.details = {command.name: ask(folder, program, command.name) for command in told.commands}
    return told
