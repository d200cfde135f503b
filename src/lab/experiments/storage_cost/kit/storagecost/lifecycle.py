"""Lifecycle rules for a bucket, and a script that moves objects by age where the store can't do it itself."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from urllib.parse import quote, unquote_plus
from xml.sax.saxutils import escape

from .prices import Prices
from .store import Store

KEPT = (
    "content-type",
    "content-encoding",
    "content-language",
    "content-disposition",
    "cache-control",
    "expires",
)
NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"


class RuleError(ValueError):
    """A rule that S3 would refuse, or that would not do what it says."""


@dataclass(frozen=True)
class Rule:
    """transitions: (days since creation, class), ascending. expire: days since creation, or a date, until deletion."""

    prefix: str
    transitions: tuple[tuple[int, str], ...] = ()
    expire: int | date | None = None

    def checked(self, prices: Prices) -> Rule:
        """Itself; RuleError if S3 would refuse it."""
        days = [after for after, _ in self.transitions]
        ranks = [prices.rank(name) for _, name in self.transitions]
        if not self.transitions and self.expire is None:
            raise RuleError(f"the rule for {self.prefix!r} does nothing")
        if days != sorted(set(days)) or ranks != sorted(set(ranks)) or 0 in ranks:
            raise RuleError(
                f"transitions must go to ever colder classes at ever higher ages: {self.transitions}"
            )
        for after, name in self.transitions:
            if after < (least := prices.of(name).rule_from_days):
                raise RuleError(f"S3 moves no object to {name} before day {least}; the rule says {after}")
        if isinstance(self.expire, int) and self.expire <= max(days, default=0):
            raise RuleError(f"deletion after {self.expire} days comes before the last transition")
        return self


def as_json(rules: Sequence[Rule], prices: Prices) -> dict[str, object]:
    """For `aws s3api put-bucket-lifecycle-configuration --lifecycle-configuration file://...`."""
    return {"Rules": [_json(rule.checked(prices), number) for number, rule in enumerate(rules, 1)]}


def _json(rule: Rule, number: int) -> dict[str, object]:
    found: dict[str, object] = {
        "ID": f"rule-{number}",
        "Status": "Enabled",
        "Filter": {"Prefix": rule.prefix},
    }
    if rule.transitions:
        found["Transitions"] = [{"Days": days, "StorageClass": name} for days, name in rule.transitions]
    if isinstance(rule.expire, int):
        found["Expiration"] = {"Days": rule.expire}
    elif rule.expire:
        found["Expiration"] = {"Date": f"{rule.expire:%Y-%m-%d}T00:00:00Z"}
    return found


def as_xml(rules: Sequence[Rule], prices: Prices) -> bytes:
    """As the S3 API takes it."""
    body = "".join(_xml(rule.checked(prices), number) for number, rule in enumerate(rules, 1))
    return f'<LifecycleConfiguration xmlns="{NAMESPACE}">{body}</LifecycleConfiguration>'.encode()


def _xml(rule: Rule, number: int) -> str:
    moves = "".join(
        f"<Transition><Days>{days}</Days><StorageClass>{name}</StorageClass></Transition>"
        for days, name in rule.transitions
    )
    ends = ""
    if isinstance(rule.expire, int):
        ends = f"<Expiration><Days>{rule.expire}</Days></Expiration>"
    elif rule.expire:
        ends = f"<Expiration><Date>{rule.expire:%Y-%m-%d}T00:00:00Z</Date></Expiration>"
    where = f"<Filter><Prefix>{escape(rule.prefix)}</Prefix></Filter>"
    return f"<Rule><ID>rule-{number}</ID>{where}<Status>Enabled</Status>{moves}{ends}</Rule>"


def install(store: Store, bucket: str, rules: Sequence[Rule], prices: Prices) -> None:
    """Put the rules on the bucket, in place of those that it has. StoreError if the store does not know one of them."""
    store.request("PUT", bucket, query={"lifecycle": ""}, body=as_xml(rules, prices))


@dataclass(frozen=True)
class Listed:
    """An object as the store lists it."""

    key: str
    size: int
    modified: datetime
    storage_class: str


def objects(store: Store, bucket: str, prefix: str = "") -> Iterator[Listed]:
    """Every object below a prefix, page by page."""
    # Keys as in an URL: XML has no words for some characters that a key may hold.
    asked = {"list-type": "2", "prefix": prefix, "encoding-type": "url"}
    while True:
        page = ET.fromstring(store.request("GET", bucket, query=asked)[0])
        plain = unquote_plus if page.findtext("{*}EncodingType") == "url" else str
        for item in page.findall("{*}Contents"):
            text = {child.tag.rpartition("}")[2]: child.text or "" for child in item}
            when = datetime.fromisoformat(text["LastModified"].replace("Z", "+00:00"))
            yield Listed(plain(text["Key"]), int(text["Size"]), when, text.get("StorageClass") or "STANDARD")
        following = page.findtext("{*}NextContinuationToken")
        if not following:
            return
        asked["continuation-token"] = following


def due(item: Listed, rule: Rule, today: datetime, smallest: int = 131072) -> str | None:
    """The class that the rule wants an object in by now, if it is not there; small objects stay, as in S3."""
    age = (today.astimezone(UTC).date() - item.modified.astimezone(UTC).date()).days
    wanted = [name for days, name in rule.transitions if age >= days]
    return wanted[-1] if wanted and item.size >= smallest and item.storage_class != wanted[-1] else None


def move(store: Store, bucket: str, key: str, storage_class: str) -> None:
    """Copy an object onto itself into another class, with its metadata: a transition where the store has none.

    RuleError for more than 5 GB, which S3 copies in parts only.
    """
    told = store.request("HEAD", bucket, key)[1]
    if int(told["Content-Length"]) > 5 * 1024**3:
        raise RuleError(f"{key!r} is larger than 5 GB: copy it with a tool that copies in parts")
    # Some stores refuse a copy onto itself that keeps the metadata, so it is told anew.
    kept = {
        name: value
        for name, value in told.items()
        if name.lower() in KEPT or name.lower().startswith("x-amz-meta-")
    }
    copy = {
        "x-amz-copy-source": quote(f"/{bucket}/{key}", safe="/-_.~"),
        "x-amz-storage-class": storage_class,
        "x-amz-metadata-directive": "REPLACE",
    }
    store.request("PUT", bucket, key, headers=kept | copy)


def transition(
    store: Store, bucket: str, rule: Rule, prices: Prices, today: datetime, smallest: int = 131072
) -> dict[str, str]:
    """Move what is due below the rule's prefix; the moved keys with their new class. Deletes nothing.

    A copy makes the object young again (a new LastModified), so use one store's own lifecycle or this script, never both.
    """
    rule.checked(prices)
    moved = {}
    for item in list(objects(store, bucket, rule.prefix)):
        if wanted := due(item, rule, today, smallest):
            move(store, bucket, item.key, wanted)
            moved[item.key] = wanted
    return moved
