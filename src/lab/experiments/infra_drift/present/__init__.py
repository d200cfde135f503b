"""What is told of a run: findings, figures, the model, the summary; from results alone."""
