# A policy that forgets the live traffic and trusts the sink with twice what it takes safely.
# It works in another process, so it stands in a module.
from pathlib import Path

from lab.notebook import judged

Path("mine.py").write_text("def policy():\n    return lambda state: 2 * state.capacity\n")
from mine import policy

result = experiment.run(params, experiment.Arm("mine", policy))
judged(experiment, result)
# fails: peak_within_capacity
# passes: nothing_overwritten, none_lost_or_repeated
