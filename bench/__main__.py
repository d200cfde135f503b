"""Run all benchmarks, or those named: python -m bench [generator] [harness] [book]."""

from __future__ import annotations

import sys

from bench import book, generator, harness

ALL = {"generator": generator.main, "harness": harness.main, "book": book.main}

for name in sys.argv[1:] or ALL:
    ALL[name]()
