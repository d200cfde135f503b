# A search that knows names, and those only as they are written.
from contextlib import contextmanager

from lab.notebook import judged


@contextmanager
def mine(datasets, folder):
    known = {item.name.lower(): item.id for item in datasets}
    yield lambda query, limit: [known[query.lower()]] if query.lower() in known else []


result = experiment.run(params, experiment.Arm("mine", mine))
judged(experiment, result)
# fails: common_queries_found
# passes: no_server_error
