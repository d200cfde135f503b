"""Provider `aws`: buckets and bucket policies of an S3 store, a part of what hashicorp/aws has.

Reads AWS_ENDPOINT_URL_S3, AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION, as the published one does.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from tf import runner
from tf.schema import Attribute
from tf.types import NormalizedJson, String
from thing import OneProvider, State, Thing

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from driftwatch.s3 import Store, StoreError, canonical

GONE = 404


class PolicyJson(NormalizedJson):
    """A policy: stores give back "x" for ["x"], and statements in another order. That is no drift."""

    def semantically_equal(self, a_decoded: Any, b_decoded: Any) -> bool:
        return canonical(a_decoded) == canonical(b_decoded)


class Bucket(Thing):
    kind, key = "s3_bucket", "bucket"
    attributes = (Attribute("bucket", String(), required=True, requires_replace=True),)

    def look(self, current: State) -> State | None:
        return {"bucket": current["bucket"]} if _found("HEAD", current["bucket"]) is not None else None

    def make(self, planned: State) -> None:
        Store.of_environment().request("PUT", planned["bucket"])

    def change(self, current: State, planned: State) -> None:
        """A bucket is its name; there is nothing to change."""

    def remove(self, current: State) -> None:
        first = {"list-type": "2", "max-keys": "1"}
        if b"<Key>" in (_found("GET", current["bucket"], first) or b""):  # not every store refuses that
            raise StoreError(409, f"{current['bucket']} has objects in it")
        Store.of_environment().request("DELETE", current["bucket"])


class BucketPolicy(Thing):
    kind, key = "s3_bucket_policy", "bucket"
    attributes = (
        Attribute("bucket", String(), required=True, requires_replace=True),
        Attribute("policy", PolicyJson(), required=True),
    )

    def look(self, current: State) -> State | None:
        body = _found("GET", current["bucket"], {"policy": ""})
        return {"bucket": current["bucket"], "policy": json.loads(body)} if body else None

    def make(self, planned: State) -> None:
        body = json.dumps(planned["policy"]).encode()
        Store.of_environment().request("PUT", planned["bucket"], query={"policy": ""}, body=body)

    def change(self, current: State, planned: State) -> None:
        self.make(planned)

    def remove(self, current: State) -> None:
        Store.of_environment().request("DELETE", current["bucket"], query={"policy": ""})


def _found(method: str, bucket: str, query: dict[str, str] | None = None) -> bytes | None:
    """The answer; None if the store says that there is no such thing, and an error for any other refusal."""
    try:
        return Store.of_environment().request(method, bucket, query=query)
    except StoreError as error:
        if error.status == GONE:
            return None
        raise


class Aws(OneProvider):
    type = "aws"
    resources = (Bucket, BucketPolicy)


if __name__ == "__main__":
    runner.run_provider(Aws(), sys.argv)
