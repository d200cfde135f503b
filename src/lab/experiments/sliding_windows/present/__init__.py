"""What a run shows: findings, figures, the law at scale, the summary."""
