"""What a run shows. findings: its figures by name. figures: pictures. model: at other sizes. summary: answer, decisions."""
