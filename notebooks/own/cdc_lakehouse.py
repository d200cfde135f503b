# A sink to which a deleted row is no news. It works in another process, so it stands in a module.
from pathlib import Path

from lab.notebook import judged

Path("mine.py").write_text("""
from lab.experiments.cdc_lakehouse import net
def keeps(changes):
    return net([change for change in changes if change.op != "d"])
""")
from mine import keeps

result = experiment.run(params, experiment.Design("mine", reduce=keeps))
judged(experiment, result)
# fails: rows_equal_source, checksum_equal
