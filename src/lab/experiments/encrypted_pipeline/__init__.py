"""A pipeline encrypted between services, in their files, and at rest in the lake (experiment encrypted_pipeline)."""

from lab.experiments.encrypted_pipeline.criteria import CONTROLS, CRITERIA
from lab.experiments.encrypted_pipeline.experiment import run, run_with_controls
from lab.experiments.encrypted_pipeline.kit import FOLDER as KIT
from lab.experiments.encrypted_pipeline.mechanism import (
    encrypt_table,
    field_cipher,
    key_service,
    read_table,
    rotate,
)
from lab.experiments.encrypted_pipeline.params import Params
from lab.experiments.encrypted_pipeline.present.figures import figures
from lab.experiments.encrypted_pipeline.present.model import model
from lab.experiments.encrypted_pipeline.present.summary import summary
from lab.experiments.encrypted_pipeline.workload import Arm

TITLE = "Encrypted end to end: what TLS leaves readable"
QUESTION = "Is anything readable between the services, and what does encryption cost?"
NEEDS = ("crypt", "postgres", "kafka", "seaweedfs")

__all__ = [
    "CONTROLS",
    "CRITERIA",
    "KIT",
    "NEEDS",
    "QUESTION",
    "TITLE",
    "Arm",
    "Params",
    "encrypt_table",
    "field_cipher",
    "figures",
    "key_service",
    "model",
    "read_table",
    "rotate",
    "run",
    "run_with_controls",
    "summary",
]
