"""What works by itself outside this project; see README.md."""
