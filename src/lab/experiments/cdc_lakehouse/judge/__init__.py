"""From `Seen` to a result, without any service.

result: observations, metrics and tables of the treatment, and of a control. observations: the criteria's values.
metrics: the record's figures. operations: what the source committed, kind by kind. delivery: losses and repetitions.
lag: by transaction, by batch, by commit interval. sizes: by rows of the table. frames: tables row by row.
"""
