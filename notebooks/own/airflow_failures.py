# Guards that take what has arrived for all that was to come.
import shutil
import tempfile
from pathlib import Path

from lab.notebook import judged

folder = Path(shutil.copytree(experiment.DAGS, Path(tempfile.mkdtemp()) / "dags"))
guards = (folder / "guards.py").read_text()
(folder / "guards.py").write_text(guards + "\n\ndef check_contract(*counted):\n    pass\n")
result = experiment.run(params, folder)
judged(experiment, result)
# fails: published_right
# passes: pool_kept
