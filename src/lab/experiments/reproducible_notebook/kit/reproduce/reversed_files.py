"""Put into IPython's start-up folder of a kernel whose folders are to be listed backwards."""


def _reverse():
    import os

    class Backwards:
        """What os.scandir gives: an iterator that can be closed."""

        def __init__(self, entries):
            with entries:
                self._entries = iter(list(entries)[::-1])

        def __iter__(self):
            return self._entries

        def __next__(self):
            return next(self._entries)

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.close()

        def close(self):
            self._entries = iter(())

    listdir, scandir = os.listdir, os.scandir
    vars(os).update(
        listdir=lambda *given: listdir(*given)[::-1],
        scandir=lambda *given: Backwards(scandir(*given)),
    )


_reverse()
del _reverse
