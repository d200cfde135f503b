# A mapping that is never sure and asks about every column.
from lab.notebook import judged


def mine(source, target, examples):
    asked = (experiment.Match(None, column.name, 0.0, "never sure") for column in target.columns)
    return experiment.Mapping((), tuple(asked), ())


result = experiment.run(params, experiment.Arm("mine", mine))
judged(experiment, result)
# fails: mapped_automatically, no_data_lost
# passes: accepted_is_right
