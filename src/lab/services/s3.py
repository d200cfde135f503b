"""Where an object store is and with which keys it is entered, for the services that read and write it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class S3:
    """An S3 endpoint that is addressed by path (http://HOST/BUCKET/KEY). authority: PEM file of whom to believe, by https."""

    endpoint: str
    access_key: str
    secret_key: str = field(repr=False)
    region: str = "us-east-1"
    authority: str = ""

    def iceberg(self) -> dict[str, str]:
        """Properties by which Iceberg's own library, in whatever engine, reaches the store."""
        return {
            "io-impl": "org.apache.iceberg.aws.s3.S3FileIO",
            "s3.endpoint": self.endpoint,
            "s3.path-style-access": "true",
            "s3.access-key-id": self.access_key,
            "s3.secret-access-key": self.secret_key,
            "client.region": self.region,
        }
