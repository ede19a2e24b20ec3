"""bash and zsh asked what they complete a line to, with the completion files of this tree."""

import os
import pathlib
import pty
import shlex
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / 'tools' / 'lib'))
from cluster import wait_until  # noqa: E402

FILES = ROOT / 'packaging' / 'completion'


class Bash:
    """The completion function, called as bash calls it."""

    def complete(self, line, folder='.'):
        words = line.split(' ')  # the last may be empty
        program = words[0]
        script = (f'source {shlex.quote(str(FILES / "bash" / program))}; '
                  f'[[ $(complete -p {program}) == *"-F _{program} {program}" ]] || exit 1; '
                  f'COMP_WORDS=({" ".join(map(shlex.quote, words))}); '
                  f'COMP_CWORD={len(words) - 1}; _{program}; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        result = subprocess.run(['bash', '--norc', '-uc', script], cwd=folder,
                                text=True, capture_output=True, check=False)
        if result.stderr:
            raise AssertionError(f'{line!r}: {result.stderr}')
        return set(result.stdout.split('\n')) - {''}

    def close(self):
        pass


# A widget that writes down all that is added to the completion instead of showing it.
ZSH = r'''
fpath=($1 $fpath)
autoload -Uz compinit && compinit -D -u
PROMPT= LISTMAX=100000
compadd() {
  if [[ " ${@[1,(i)(-|--)]} " == *' '-[[:alpha:]]#[OAD]' '* ]]; then
    builtin compadd "$@"
    return
  fi
  local -a __hits
  builtin compadd -A __hits "$@"
  print -rl -- $__hits >>$OUT
  builtin compadd "$@"
}
setopt extended_glob
capture() { _main_complete; print -r -- END >>$OUT; }
zle -C capture list-choices capture
bindkey '^I' capture
print -r -- END >>$OUT
'''


class Zsh:
    """An interactive zsh, which completes only there."""

    def __init__(self):
        self.folder = tempfile.TemporaryDirectory()
        self.out = pathlib.Path(self.folder.name) / 'out'
        setup = pathlib.Path(self.folder.name) / 'setup'
        setup.write_text(ZSH, encoding='ascii')
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.environ.update({'OUT': str(self.out), 'TERM': 'dumb', 'HOME': self.folder.name})
            os.execvp('zsh', ['zsh', '-f', '-i'])
        os.set_blocking(self.terminal, False)
        self.ask(f' source {shlex.quote(str(setup))} {shlex.quote(str(FILES / "zsh"))}\n')

    def ask(self, keys):
        """What was written down until the END."""
        self.out.write_text('', encoding='ascii')
        os.write(self.terminal, keys.encode())
        return wait_until(self.answer, lambda: f'zsh should answer {keys!r}')

    def answer(self):
        try:
            os.read(self.terminal, 65536)  # it must not wait for somebody to read
        except BlockingIOError:
            pass
        lines = self.out.read_text(encoding='utf-8').split('\n')
        return lines if 'END' in lines else None

    def complete(self, line, folder='.'):
        self.ask(f'\x15 cd {shlex.quote(str(folder))}; print -r -- END >>$OUT\n')
        lines = self.ask(f'\x15{line}\t')
        return set(lines) - {'', 'END'}

    def close(self):
        os.close(self.terminal)  # it hangs up
        os.waitpid(self.pid, 0)
        self.folder.cleanup()
