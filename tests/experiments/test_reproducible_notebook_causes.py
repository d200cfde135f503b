"""Which calls are suspected: aliases, seeds, magics, other cells; and what is innocent."""

from __future__ import annotations

import pytest

from lab.experiments.reproducible_notebook.mechanism import suspects

CLOCK, GENERATOR, IDENTITY = "clock", "unseeded generator", "identity of a process or object"


@pytest.mark.parametrize(
    ("cells", "kinds"),
    [
        (["from datetime import datetime\nprint(datetime.now())"], [CLOCK]),
        (["import datetime as dt\ndt.date.today()"], [CLOCK]),
        (["import datetime as dt\ndt.datetime.now(dt.timezone.utc)"], [CLOCK]),
        (["from time import time\ntime()"], [CLOCK]),
        (["import pandas as pd\npd.Timestamp.now()"], [CLOCK]),
        (["import datetime as dt\ndt.datetime(2020, 1, 1)"], []),
        (["import numpy as np\nnp.random.rand(3)"], [GENERATOR]),
        (["import numpy as np\nnp.random.seed(1)\nnp.random.rand(3)"], []),
        (["import numpy as np\nnp.random.seed()\nnp.random.rand(3)"], [GENERATOR]),
        (["import numpy as np\nnp.random.seed(1)", "np.random.rand(3)"], []),
        (["import numpy as np\nnp.random.default_rng(1).normal()"], []),
        (["import numpy as np\nnp.random.default_rng().normal()"], [GENERATOR]),
        (["import numpy as np\nnp.random.default_rng(seed=None)"], [GENERATOR]),
        (["from numpy.random import default_rng\nrng = default_rng()", "rng.normal()"], [GENERATOR]),
        (["import random\nrandom.Random(3).random()"], []),
        (["from random import shuffle\nshuffle(x)"], [GENERATOR]),
        (["df.sample(5)"], [GENERATOR]),
        (["df.sample(5, random_state=1)"], []),
        (["import uuid\nuuid.uuid4()"], [IDENTITY]),
        (["import os\nos.getpid()"], [IDENTITY]),
        (["id(x)"], [IDENTITY]),
        (["%matplotlib inline\n!ls\nimport time\ntime.time()"], [CLOCK]),
        (["if True:\n    %time 1\nimport time\ntime.time()"], [CLOCK, CLOCK]),
        # What a magic runs is looked at, and what it prints is a time. Reported kinds: nbval 38, AllenSDK 2671.
        (["%%time\nimport random\nrandom.random()"], [GENERATOR, CLOCK]),
        (["%%capture out\n%%time\nimport random\nrandom.random()"], [GENERATOR, CLOCK]),
        (["import random\n%timeit -n 10 -r3 random.random()"], [GENERATOR, CLOCK]),
        (["%%time\nimport random\nx = random.random()", "print(x)"], [GENERATOR]),
        (["import random\nfiles = !ls\nhelp?\nrandom.random()"], [GENERATOR]),
        (["import random\ndir = %pwd\na, b = %cpaste\nrandom.random()"], [GENERATOR]),
        (["import random\n?random\nrandom.random??\nrandom.random()"], [GENERATOR]),
        (["import random\nprint('%s'\n    % random.random())"], [GENERATOR]),
        (['text = """\n%time is money\n!"""\nimport uuid\nuuid.uuid4()'], [IDENTITY]),
        (["%%html\n<b>random.random()</b>"], []),
        (["from sklearn.model_selection import train_test_split as t\nt(x, y)"], [GENERATOR]),
        (["from sklearn.model_selection import train_test_split as t\nt(x, y, random_state=0)"], []),
        (["%%bash\ndate"], []),
        (["this is no Python"], []),
        ([""], []),
    ],
)
def test_what_differs_from_run_to_run_is_a_clock_a_generator_or_an_identity(
    cells: list[str], kinds: list[str]
) -> None:
    assert [one.kind for one in suspects(cells, len(cells))] == kinds


def test_only_cells_that_the_output_draws_on_are_suspected() -> None:
    cells = [
        "import time\nbegin = time.time()",
        "import random\nx = random.random()",
        "y = 2 * x",
        "def shown(value):\n    return str(value)",
        "print(shown(y))",
    ]
    found = suspects(cells, 5)
    assert [(one.kind, one.cell, one.text) for one in found] == [(GENERATOR, 2, "random.random()")]


@pytest.mark.parametrize(
    ("change", "cell", "text"),
    [
        ("hash seed", "list({'a', 'b'})", "{'a', 'b'}"),
        ("hash seed", "list(set(names))", "set(names)"),
        ("hash seed", "[n for n in {x for x in y}]", "{x for x in y}"),
        ("file order", "from glob import glob\nglob('*.csv')", "glob('*.csv')"),
        ("file order", "Path('.').iterdir()", "Path('.').iterdir()"),
        ("time zone", "datetime.fromtimestamp(0)", "datetime.fromtimestamp(0)"),
        ("locale", "open('x').read()", "open('x')"),
        ("processors", "import os\nos.cpu_count()", "os.cpu_count()"),
        ("another change", "open('x')", None),
    ],
)
def test_what_a_change_brings_about_is_looked_for_by_that_change(
    change: str, cell: str, text: str | None
) -> None:
    assert [one.text for one in suspects([cell], 1, change)] == ([text] if text else [])
