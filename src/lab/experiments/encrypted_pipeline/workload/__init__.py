"""arms: what is encrypted. orders: rows with a text to search for. tampering: what is done to a file."""
