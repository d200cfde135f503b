"""What is under test; a reader takes it home as the kit."""

from __future__ import annotations

from lab.experiments.governance.kit.governance import (
    CHECKS,
    QUERIES,
    THRESHOLD,
    AuditError,
    Catalogue,
    CatalogueError,
    Finding,
    Label,
    Onboarded,
    OnboardingError,
    Section,
    audit,
    checklist,
    classify,
    coverage,
    onboard,
    parse,
    read,
    sections,
)

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
