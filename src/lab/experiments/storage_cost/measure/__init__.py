"""One run: what was billed, recomputed, tried and observed.

checks: the bill against three oracles, the optimum against all schedules. bound: break-even where its bound is a theorem.
sensitivity: the saving at other prices and loads. store: rules in a real object store. scale: what the law is fitted to and held
against. sheet: the spreadsheet, recalculated. seen: all of it.
"""
