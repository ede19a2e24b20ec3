"""Threads that ask a cluster until they are stopped."""

import threading


class AskingThreads:
    """What they have in common. Whoever derives from it begins them last, with `_begin`."""

    def __init__(self, cluster):
        self.cluster = cluster
        self._lock = threading.Lock()  # for what they note
        self._stop = threading.Event()
        self._threads = []

    def _begin(self, arguments):
        """A thread for each, which does self._run(*arguments) until self._stop is set."""
        self._threads = [threading.Thread(target=self._run, args=each, daemon=True)
                         for each in arguments]
        for thread in self._threads:
            thread.start()

    def stop(self):
        self._stop.set()
        for thread in self._threads:
            thread.join()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
