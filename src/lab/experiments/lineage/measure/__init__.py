"""What one run shows, without a judgement in it."""
