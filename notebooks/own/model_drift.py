# A rule that alarms when any test of any feature says one in twenty.
from lab.notebook import judged


def mine(ks, chi2, looks):
    return (ks < 0.05) | (chi2 < 0.05)


result = experiment.run(params, experiment.Arm("mine", mine))
judged(experiment, result)
# fails: family_wise_at_most_nominal
