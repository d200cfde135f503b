"""Run all benchmarks, or those named, and hold every budget against what is known: python -m bench [generator] [harness] [book].

What earlier runs have left is read in any case; see `limits` for the budgets.
"""

from __future__ import annotations

import sys

from bench import book, budget, figures, generator, harness, limits, pages, runs, spans

MEASURED = {"generator": generator.main, "harness": harness.main, "book": book.main}
READ = (runs.default, runs.small, spans.spans, pages.pages, figures.figures)


def main() -> None:
    asked = sys.argv[1:] or list(MEASURED)
    if strangers := set(asked) - MEASURED.keys():
        sys.exit(f"no benchmark {', '.join(sorted(strangers))}; there are: {', '.join(MEASURED)}")
    found = dict.fromkeys(limits.ALL, budget.Found(None, "its benchmark was not asked for"))
    for read in READ:
        found |= read()
    for name in asked:
        found |= MEASURED[name]()  # takes the place of what was read of the same
    print("\n" + budget.table(limits.ALL, found))


if __name__ == "__main__":
    main()
