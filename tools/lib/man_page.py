"""A man page from what a program says of itself, and from what stands in packaging/man/*.roff."""

import re

from program_help import Item

SECTIONS = {'raftd': 8, 'raftctl': 1, 'raftsim': 1}


def escaped(text):
    text = text.replace('\\', r'\e').replace('-', r'\-').replace("'", r'\(aq')
    return r'\&' + text if text.startswith('.') else text


def verbatim(lines):
    return ['.nf', *(escaped(line) for line in lines), '.fi']


def value_of(item: Item):
    """What the reader is to put behind an option."""
    if item.choices:
        return '|'.join(item.choices)
    return item.type + (' ...' if item.several else '')


def option(item: Item):
    names = ', '.join(rf'\fB{escaped(name)}\fR' for name in item.names)
    value = rf' \fI{escaped(value_of(item))}\fR' if item.type else ''
    more = [f'Default: {escaped(item.default)}.'] if item.default else []
    if item.variable:
        more.append(rf'Or \fB{item.variable}\fR in the environment.')
    text = [escaped(line) for line in item.text]
    if text and more and not text[-1].endswith('.'):
        text[-1] += '.'
    return ['.TP', names + value, *'\n.br\n'.join(text).split('\n'), *more]


def argument(item: Item):
    return ['.TP', rf'\fI{escaped(item.name)}\fR', *(escaped(line) for line in item.text)]


def command(item: Item, told):
    lines = [f'.SS {escaped(told.usage)}', escaped(item.text[0]) + '.']
    for each in told.arguments:
        lines += argument(each)
    for each in told.options:
        if each.name not in ('--help', '--help-all'):
            lines += option(each)
    return lines + (['.PP', *verbatim(told.footer)] if told.footer else [])


def parts_of(footer):
    """(prose, examples, exit status): each the lines of a footer that belong there."""
    text = '\n'.join(footer)
    examples = re.search(r'^Examples?:\n((?:  .*\n?)+)', text, re.MULTILINE)
    status = re.search(r'^Exit codes?: (.*(?:\n\S.*)*?)(?=\nExamples?:|\Z)', text, re.MULTILINE)
    for found in (examples, status):
        text = text.replace(found.group(0), '') if found else text
    prose = [line for line in re.sub(r'\n{2,}', '\n', text).split('\n') if line]
    return (prose, examples.group(1).rstrip().split('\n') if examples else [],
            status.group(1).split('\n') if status else [])


def page(program, told, version, extra):
    """The text of the page; `extra` is roff that goes behind it."""
    prose, examples, status = parts_of(told.footer)
    about = told.about.removeprefix(program + ' ').rstrip('.')
    lines = [rf'.\" Written by tools/manual from {program} --help: do not edit.',
             f'.TH {program.upper()} {SECTIONS[program]} "" "Drydock {version}" "Drydock"',
             '.SH NAME', rf'{program} \- {escaped(about)}',
             '.SH SYNOPSIS', rf'.B {escaped(told.usage)}',
             '.SH DESCRIPTION', escaped(told.about), *(escaped(line) for line in prose),
             '.SH OPTIONS']
    for each in told.options:
        lines += option(each)
    if told.commands:
        lines.append('.SH COMMANDS')
        for each in told.commands:
            lines += command(each, told.details[each.name])
    if status:
        lines += ['.SH EXIT STATUS', *verbatim(re.split(r', (?=\d)', ' '.join(status)))]
    if examples:
        lines += ['.SH EXAMPLES', *verbatim(examples)]
    return '\n'.join(lines) + '\n' + extra
