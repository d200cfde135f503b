# It says how far it has read, then writes, and hopes for the best in between.
# It works in another process, so it stands in a module.
from pathlib import Path

from lab.notebook import judged

Path("mine.py").write_text("""
from lab.experiments.exactly_once.kit.loop import ends
def step(link, batch):
    link.consumer.commit(offsets=ends(batch), asynchronous=False)
    link.produce(batch)
    link.flush()
""")
from mine import step

result = experiment.run(params, experiment.Processor("mine", step))
judged(experiment, result)
# fails: loop_exact
