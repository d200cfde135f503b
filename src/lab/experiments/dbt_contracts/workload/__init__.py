"""What is thrown at the package.

source_schema: what a source promises. shop: this experiment's source. mutants: its systematic changes, those of one
column in column_changes. arms: what is compared, and which mutants are tried by default.
"""
