"""Clients that read and overwrite a few keys, for `raftsim linearize` to judge."""

import json
import random
import subprocess
import time

import grpc

import harness
from asking_threads import AskingThreads
from harness import v1

RAFTSIM = harness.BIN / 'raftsim'


class History(AskingThreads):
    """They note what they asked and were told, and when."""

    KEYS = 3

    def __init__(self, cluster, count=3):
        super().__init__(cluster)
        self._lines = ['{"history": "drydock"}']
        self._next_client = 0
        self._begin((random.Random(i),) for i in range(count))

    def _new_client(self):
        with self._lock:
            self._next_client += 1
            return self._next_client

    def _run(self, dice):
        stubs = {name: harness.Stub(node.address) for name, node in self.cluster.nodes.items()}
        client, target, number = self._new_client(), 'n0', 0
        while not self._stop.is_set():
            number += 1
            key, value = f'key{dice.randrange(self.KEYS)}', None
            if dice.random() < 0.5:
                value = f'{client}-{number}'
            client, target = self._ask(stubs, client, target, key, value)
            time.sleep(0.002)
        for stub in stubs.values():
            stub.channel.close()

    def _ask(self, stubs, client, target, key, value):
        """One call; gives the client and the node of the next one."""
        operation = (harness.get_operation(key.encode()) if value is None else
                     harness.put_operation(key.encode(), value.encode()))
        line = {'client': client, 'op': 'get' if value is None else 'put', 'key': key}
        if value is not None:
            line['value'] = value
        line['call'] = time.monotonic_ns()
        outcome, answer = v1.OUTCOME_UNKNOWN, None
        try:
            answer = stubs[target].execute(v1.ExecuteRequest(operation=operation), timeout=5).answer
            outcome = answer.outcome
        except grpc.RpcError:
            pass
        back = time.monotonic_ns()
        if outcome in (v1.OUTCOME_OK, v1.OUTCOME_NOT_FOUND):
            line.update(outcome='ok', **{'return': back})
            if value is None:
                line['result'] = answer.value.decode() if answer.found else None
            self._note(line)
            return client, target
        if outcome == v1.OUTCOME_UNKNOWN and value is not None:
            # Nobody knows when it ends: its client does nothing more.
            self._note({**line, 'outcome': 'unknown'})
            client = self._new_client()
        led = answer is not None and answer.HasField('leader')
        return client, f'n{answer.leader}' if led else random.choice(list(stubs))

    def _note(self, line):
        with self._lock:
            self._lines.append(json.dumps(line))

    def check(self, test):
        path = self.cluster.folder / 'history.jsonl'
        path.write_text('\n'.join(self._lines) + '\n', encoding='utf-8')
        judged = subprocess.run([RAFTSIM, 'linearize', path], text=True, capture_output=True,
                                check=False, timeout=300)
        test.assertEqual(judged.returncode, 0, judged.stdout + judged.stderr)
        return len(self._lines) - 1
