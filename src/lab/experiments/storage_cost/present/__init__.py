"""What a run shows. findings: its figures by name. figures: pictures. model: the law. summary: answer and decisions."""
