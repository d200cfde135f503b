"""Governance of the datasets in a PostgreSQL database: catalogue, audit, onboarding, classification."""

from .audit import CHECKS, QUERIES, AuditError, Finding, audit
from .catalogue import Catalogue, CatalogueError, parse, read
from .classify import THRESHOLD, Label, classify
from .documents import Section, checklist, coverage, sections
from .onboard import Onboarded, OnboardingError, onboard

__all__ = [
    "CHECKS",
    "QUERIES",
    "THRESHOLD",
    "AuditError",
    "Catalogue",
    "CatalogueError",
    "Finding",
    "Label",
    "Onboarded",
    "OnboardingError",
    "Section",
    "audit",
    "checklist",
    "classify",
    "coverage",
    "onboard",
    "parse",
    "read",
    "sections",
]
