# A layout by the kind of event alone, for which the queries do not ask.
from lab.notebook import judged

mine = experiment.Layout("kind", (experiment.same("kind"),))
result = experiment.run(params, layouts={"kind": mine})
judged(experiment, result)
# passes: answers_right
