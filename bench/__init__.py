"""What the harness itself costs: `make bench`. Prints ratios; nothing here gates."""
