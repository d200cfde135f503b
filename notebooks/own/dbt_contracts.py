# A build that leaves out every test, as one does in a hurry: the contracts remain.
from lab.notebook import judged

mine = ("build", "--exclude", "resource_type:test", "resource_type:unit_test")
result = experiment.run(params, experiment.Arm("mine", mine))
judged(experiment, result)
# fails: violations_named
# passes: benign_blocked
