"""The command: `python -m lab.experiments.contract_gate CONTRACT DATA`; the kit's, with the JSON Schemas of set-up."""

import sys

from lab.experiments.contract_gate.kit.contract_gate.__main__ import main
from lab.services.datacontract import schemas

if __name__ == "__main__":
    sys.exit(main(schemas=schemas()))
