"""What a column's name says about its content, and whether its content can be that."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any


def plain(name: str) -> str:
    """A column's name in small words with _ between: firstName, FIRST NAME and first-name are first_name."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", unicodedata.normalize("NFKC", name))
    return re.sub(r"[\W_]+", "_", spaced.lower()).strip("_")


def _words(*patterns: str) -> re.Pattern[str]:
    return re.compile(rf"(?:^|_)(?:{'|'.join(patterns)})(?:_|$)")


# English, and the most frequent words of German, French, Spanish and Italian.
HINTS: Mapping[str, re.Pattern[str]] = {
    "email": _words("e?_?mail", "e?_?mail_?(?:address|addr)", "correo"),
    "phone": _words(
        "(?:tele)?phone(?:_?(?:number|no|nr))?", "mobile(?:_?(?:number|no|nr))?", "telefono?", "tel", "handy"
    ),
    "national_id": _words(
        "ssn", "social_?security.*", "passport.*", "national_?id", "tax_?id", "nino", "personnummer"
    ),
    "bank_account": _words("iban", "account_?(?:number|no|nr)", "kontonummer"),
    "person_name": _words(
        "(?:first|given|last|family|middle|maiden|birth|full|nick|sur|fore)_?names?",
        *("vorname", "nachname", "nombre", "apellidos?", "prenom", "cognome"),
    ),
    "birth_date": _words(
        "birth_?(?:date|day)", "date_?of_?birth", "dob", "bday", "geburts(?:datum|tag)", "naissance"
    ),
    "address": _words(
        "street(?:_?(?:address|name|number))?$",
        "(?:post|zip|postal)_?codes?",
        "zip",
        "address_?(?:line)?_?\\d*",
        *(
            "(?:home|postal|mailing|shipping|billing)_?(?:address|street)",
            "strasse",
            "direccion",
            "indirizzo",
            "plz",
        ),
    ),
    "ip_address": _words("ip_?addr(?:ess)?", "client_?ip", "remote_?addr"),
    "special_category": _words("religion", "ethnicity", "diagnos[ei]s", "blood_?type", "sexual_?orientation"),
}


def may_be(hint: str, values: Sequence[Any], texts: Sequence[str]) -> bool:
    """Whether what is in the column can be what its name says: `email_count` holds numbers, `phone_verified` truth values."""
    if not values:
        return True
    if all(isinstance(value, bool) for value in values):
        return False
    if hint == "birth_date":
        return all(
            isinstance(value, date) or re.search(r"\d{2,4}\D\d{1,2}|\d{4}", str(value)) for value in values
        )
    fits = FORMS.get(hint)
    return fits is None or sum(bool(fits.search(text)) for text in texts) >= 0.5 * max(1, len(texts))


FORMS = {
    "email": re.compile(r"@"),
    "phone": re.compile(r"^\+?[\d\s()./-]{6,20}(?:x\d+)?$"),
    "national_id": re.compile(r"\d{4}|\d\D?\d\D?\d"),
    "bank_account": re.compile(r"\d{5}"),
    "person_name": re.compile(r"^[^\d@/\\=]{2,60}$"),
    "ip_address": re.compile(r"[.:]"),
    "special_category": re.compile(r"[^\W\d]"),
}
