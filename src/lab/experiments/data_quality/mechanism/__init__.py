"""What a reader takes home.

library: Great Expectations, when it is needed. suite: expectations as data. statistics, learn: from good
data to a suite. gate: a batch against a suite. docs: the report as a page. pipeline: gate, mart and quarantine.
"""
