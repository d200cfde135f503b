"""Identifiers made by their published arithmetic, and numbers that only look like them.

Nothing here knows a validator: what a column holds is known because it was made so. Sources: ISO 7812 (Luhn), ISO 13616
(IBAN), ISO 7064 (mod 97), and the registers' own descriptions of DNI, BSN, PESEL, CPF, NIR, codice fiscale and Aadhaar.
"""

from __future__ import annotations

import string
from collections.abc import Callable, Mapping
from random import Random

NONE = "none"
Make = Callable[[Random], str]


def digits(random: Random, count: int, first: str = string.digits) -> str:
    return random.choice(first) + "".join(random.choices(string.digits, k=count - 1))


def luhn(number: str) -> str:
    """The check digit of ISO 7812: every second digit from the right doubled, its digits added."""
    doubled = (sum(divmod(2 * int(digit), 10)) for digit in number[-1::-2])
    return str(-(sum(doubled) + sum(map(int, number[-2::-2]))) % 10)


def card(random: Random) -> str:
    number = random.choice(["4", "51", "55", "37"]) + digits(random, 15)
    body = number[: 14 if number.startswith("37") else 15]
    return body + luhn(body)


def iban(random: Random) -> str:
    """German: 18 digits, and what makes the whole, letters as numbers, 1 modulo 97."""
    account = digits(random, 18, "123456789")
    return f"DE{98 - int(f'{account}131400') % 97:02d}{account}"


def dni(random: Random) -> str:
    number = digits(random, 8)
    return number + "TRWAGMYFPDXBNJZSQVHLCKE"[int(number) % 23]


def bsn(random: Random) -> str:
    """Nine digits whose weighted sum is divisible by 11, the last one weighing -1."""
    while True:
        body = digits(random, 8, "123456789")
        check = sum(int(digit) * weight for digit, weight in zip(body, range(9, 1, -1), strict=True)) % 11
        if check < 10:
            return f"{body}{check}"


def pesel(random: Random) -> str:
    body = (
        f"{random.randrange(40, 100):02d}{random.randrange(1, 13):02d}{random.randrange(1, 29):02d}"
        + digits(random, 4)
    )
    total = sum(int(digit) * weight for digit, weight in zip(body, (1, 3, 7, 9) * 3, strict=False))
    return f"{body}{-total % 10}"


def cpf(random: Random) -> str:
    number = digits(random, 9)
    for _ in range(2):
        rest = (
            sum(int(digit) * weight for digit, weight in zip(reversed(number), range(2, 12), strict=False))
            * 10
            % 11
        )
        number += str(rest % 10)
    return f"{number[:3]}.{number[3:6]}.{number[6:9]}-{number[9:]}"


def nir(random: Random) -> str:
    """French: sex, year, month, department, place, order, and 97 less the rest of the division by 97."""
    number = (
        f"{random.choice('12')}{random.randrange(100):02d}{random.randrange(1, 13):02d}{random.randrange(1, 96):02d}"
        f"{random.randrange(1, 900):03d}{random.randrange(1, 999):03d}"
    )
    return f"{number}{97 - int(number) % 97:02d}"


_ODD = dict(
    zip(
        string.digits + string.ascii_uppercase,
        (
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21),
            *(1, 0, 5, 7, 9, 13, 15, 17, 19, 21, 2, 4, 18, 20, 11, 3, 6, 8, 12, 14, 16, 10, 22, 25, 24, 23),
        ),
        strict=True,
    )
)


def codice_fiscale(random: Random) -> str:
    letters = "".join(random.choices("BCDFGLMNPRST", k=6))
    body = (
        f"{letters}{random.randrange(40, 99)}{random.choice('ABCDEHLMPRST')}{random.randrange(1, 29):02d}H501"
    )
    even = sum(int(char) if char.isdigit() else ord(char) - 65 for char in body[1::2])
    return body + string.ascii_uppercase[(even + sum(_ODD[char] for char in body[::2])) % 26]


def aadhaar(random: Random) -> str:
    """Twelve digits, the last one by Verhoeff: a product in the dihedral group of ten elements."""
    body = digits(random, 11, "23456789")
    state = 0
    for place, digit in enumerate(reversed(body), 1):
        state = _dihedral(state, _permuted(place, int(digit)))
    return body + str(next(check for check in range(10) if _dihedral(state, _permuted(0, check)) == 0))


def _dihedral(a: int, b: int) -> int:
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
    return 5 + (a - 5 - b) % 5 if b < 5 else (a - b) % 5


def _permuted(place: int, digit: int) -> int:
    for _ in range(place % 8):
        digit = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)[digit]
    return digit


def ssn(random: Random) -> str:
    return f"{random.randrange(1, 666):03d}-{random.randrange(1, 100):02d}-{random.randrange(1, 10_000):04d}"


def ean(random: Random) -> str:
    """A product's number of 13 digits: weights 1 and 3."""
    body = digits(random, 12, "45")
    return body + str(-sum(int(digit) * (3 if place % 2 else 1) for place, digit in enumerate(body)) % 10)


def word(random: Random, letters: int = 6) -> str:
    return "".join(random.choice("bdfgklmnprst" if place % 2 == 0 else "aeiou") for place in range(letters))


def email(random: Random) -> str:
    ending, place = random.choice(["", "7", "+news"]), random.choice(["org", "com", "co.uk"])
    return f"{word(random)}.{word(random)}{ending}@{word(random)}.{place}"


def phone(random: Random) -> str:
    body = digits(random, 9, "123456789")
    spaced = f"{body[:3]} {body[3:6]} {body[6:]}"
    return f"+{random.choice(['49', '31', '1', '44'])} {random.choice([body, spaced])}"


def address(random: Random) -> str:
    return ".".join(str(random.randrange(1, 255)) for _ in range(4))


# What is about a person, by label and then by kind.
PERSONAL: Mapping[tuple[str, str], Make] = {
    ("email", "e-mail"): email,
    ("phone", "phone"): phone,
    ("ip_address", "IPv4"): address,
    ("bank_account", "IBAN"): iban,
    ("payment_card", "card"): card,
    ("national_id", "US SSN"): ssn,
    ("national_id", "DNI"): dni,
    ("national_id", "BSN"): bsn,
    ("national_id", "PESEL"): pesel,
    ("national_id", "CPF"): cpf,
    ("national_id", "NIR"): nir,
    ("national_id", "codice fiscale"): codice_fiscale,
    ("national_id", "Aadhaar"): aadhaar,
}
# What is not, though much of it looks so.
HARMLESS: Mapping[str, Make] = {
    "16 random digits": lambda random: digits(random, 16),
    "9 random digits": lambda random: digits(random, 9),
    "11 random digits": lambda random: digits(random, 11),
    "12 random digits": lambda random: digits(random, 12, "23456789"),
    "EAN-13": ean,
    "order number with a Luhn digit": lambda random: (body := "9" + digits(random, 9)) + luhn(body),
    "version": lambda random: ".".join(str(random.randrange(limit)) for limit in (12, 30, 40, 9)),
    "UUID": lambda random: f"{random.getrandbits(128):032x}",
    "price": lambda random: f"{random.uniform(1, 999):.2f}",
    "time": lambda random: (
        f"2026-{random.randrange(1, 13):02d}-{random.randrange(1, 29):02d} 10:{random.randrange(60):02d}:00"
    ),
    "part number": lambda random: f"{digits(random, 3)}-{digits(random, 4)}-{digits(random, 2)}",
    "words": lambda random: f"{word(random)} {word(random)}",
    "handle": lambda random: f"@{word(random)}",
}
# Names of columns with personal data, as public schemas have them, none of them ours: schema.org Person, LDAP's
# inetOrgPerson (RFC 2798), vCard (RFC 6350), FHIR Patient, Salesforce Contact. And names that hold nothing of the kind.
NAMED: Mapping[str, str] = {
    **dict.fromkeys(("givenName", "familyName", "additionalName", "sn", "cn", "FN", "LastName", "MiddleName"), "person_name"),
    **dict.fromkeys(("birthDate", "BDAY", "Birthdate"), "birth_date"),
    **dict.fromkeys(("streetAddress", "postalCode", "homePostalAddress", "ADR", "MailingStreet"), "address"),
    **dict.fromkeys(("telephone", "telephoneNumber", "homePhone", "TEL", "MobilePhone", "mobile"), "phone"),
    **dict.fromkeys(("email", "mail", "EMAIL"), "email"),
    **dict.fromkeys(
        ("fileName", "hostname", "product_name", "birth_rate", "email_template", "state", "count", "addressable", "telemetry",
         "phone_model", "mailing_list_size", "first_seen", "last_login", "street_light_id", "nameserver", "deviceId", "zipped"),
        NONE,
    ),
}  # fmt: skip
