# A gate that looks at columns and types, and at no value.
from lab.notebook import judged


def mine(contract, data, now):
    report = experiment.check(contract, data, now)
    report.violations = [one for one in report.violations if one.kind in ("presence", "type")]
    return report


result = experiment.run(params, mine)
judged(experiment, result)
# fails: rules_named, wrong_marts
# passes: good_blocked
