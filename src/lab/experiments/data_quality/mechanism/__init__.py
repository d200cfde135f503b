"""What a reader takes home.

suite: expectations as data, and Great Expectations, when it is needed. statistics, learn: from good data to a suite.
gate: a batch against a suite. docs: the report as a page. pipeline: gate, mart and quarantine.
"""
