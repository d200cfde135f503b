"""observations: an outcome for each criterion. metrics: figures and tables of the record."""
