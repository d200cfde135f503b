"""What is told about a run, from its result and from the full run that is kept.

summary: the answer in short.
findings: tables with what their intervals are.
figures, size_figures, engine_colours: what is drawn.
law, crossover: larger sizes, and the one from which a cluster answers sooner.
full_run, full_run_agreement: all 22 queries at scale factor 1, and where this run says the same.
"""
