"""Who calls, by a JSON Web Token (RFC 7519) with user, tenant and role."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass

ALGORITHM = "HS256"  # what the token itself names is not believed
AUDIENCE = "tenancy"
SHORTEST_KEY = 32  # bytes, as long as the hash (RFC 7518, 3.2)
LONGEST = 200  # characters of a user
TENANT = re.compile(r"[A-Za-z0-9._-]{1,40}")  # what a name of a connection holds whole
MEMBER, AUDITOR = "member", "auditor"


class RefusedError(Exception):
    """Why a token is not taken."""


@dataclass(frozen=True)
class Claims:
    """What a token says, once it is verified."""

    user: str
    tenant: str
    role: str = MEMBER


def issue(key: str, claims: Claims, seconds: float = 3600, **more: object) -> str:
    """A token that is good for `seconds`; `more` claims win, for tests."""
    import jwt

    known = {"sub": claims.user, "tenant": claims.tenant, "role": claims.role, "aud": AUDIENCE}
    return jwt.encode(known | {"exp": time.time() + seconds} | more, key, ALGORITHM)


def verified(token: str, key: str) -> Claims:
    """The claims of a token that `key` has signed and that is still good; RefusedError else. ValueError: a short key."""
    import jwt

    if len(key.encode()) < SHORTEST_KEY:
        raise ValueError(f"the key has under {SHORTEST_KEY} bytes")
    needed = {"require": ["exp", "sub", "tenant", "aud"]}
    try:
        told = jwt.decode(token, key, algorithms=[ALGORITHM], audience=AUDIENCE, options=needed)
    except (jwt.PyJWTError, UnicodeError) as error:
        raise RefusedError(str(error)) from None
    return claimed(told)


def claimed(told: dict[str, object]) -> Claims:
    """Claims of the right types and lengths; RefusedError else."""
    user, tenant, role = told.get("sub"), told.get("tenant"), told.get("role", MEMBER)
    if not isinstance(user, str) or not 0 < len(user) <= LONGEST:
        raise RefusedError(f"sub is a text of at most {LONGEST} characters")
    if not isinstance(tenant, str) or not TENANT.fullmatch(tenant):
        raise RefusedError("tenant is a text of at most 40 letters, digits, points, hyphens")
    if role not in (MEMBER, AUDITOR):
        raise RefusedError("unknown role")
    return Claims(user, tenant, str(role))
