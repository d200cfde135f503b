"""rates: shares with intervals. observations: one for each criterion. metrics: and tables."""
