"""What lineage is captured from, and who reads SQL."""
