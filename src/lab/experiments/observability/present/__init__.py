"""What the page shows, from results alone."""
