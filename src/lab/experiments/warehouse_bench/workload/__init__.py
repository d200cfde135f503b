"""What the engines are given.

queries: TPC-H's 22 texts.
tables: its tables as Parquet files.
delta_log: those files made a Delta table.
lake: those in each format.
changed_cent: the fault of the control.
"""
