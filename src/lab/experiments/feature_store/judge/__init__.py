"""From what was seen to observations, metrics and tables. law: how many lookups must differ."""
