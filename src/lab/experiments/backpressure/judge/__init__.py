"""windows: rates and shares of one arm. observations: for each criterion. metrics, tables."""
