# A notebook that prints a set.
from pathlib import Path

import nbformat

from lab.notebook import judged

cell = nbformat.v4.new_code_cell("print({'a', 'b', 'c', 'd', 'e', 'f'})")
nbformat.write(nbformat.v4.new_notebook(cells=[cell]), "mine.ipynb")
result = experiment.run(params, Path("mine.ipynb"))
judged(experiment, result)
# fails: equal_everywhere
# passes: same_bytes_twice
