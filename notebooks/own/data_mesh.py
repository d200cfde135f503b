# Nobody looks at a change before it is merged.
from lab.notebook import judged


def mine(publication, expectation, context):
    return []


result = experiment.run(params, experiment.Arm("mine", mine))
judged(experiment, result)
# fails: breaks_found
# passes: compatible_blocked
