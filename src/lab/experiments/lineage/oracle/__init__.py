"""The truth, found without the mechanism and without its parser: by changing data, and by writing SQL from lineage."""
