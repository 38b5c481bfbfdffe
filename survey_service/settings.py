"""Every setting of an installation, from environment and command line, checked once."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator

from schemas.vocabulary import Frozen
from survey_service.stores.stores import NAMES

DEFAULT_DATA = Path("data")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]", "::1")


class Settings(Frozen):
    """Where an installation keeps its data, and how it is reached."""

    data_dir: Path
    keys_dir: Path
    store_urls: dict[str, str] = Field(default_factory=dict)
    host: str = "127.0.0.1"
    port: int = Field(default=8000, ge=0, le=65535)
    public_url: str = "http://127.0.0.1:8000"
    demonstration: bool = False

    @field_validator("store_urls")
    @classmethod
    def _known_stores(cls, urls: dict[str, str]) -> dict[str, str]:
        unknown = [name for name in urls if name not in NAMES or name == "keys"]
        if unknown:
            raise ValueError(
                "a database address can be given for drafts, inbox, vault, answers, office and "
                "audit; keys is always a file"
            )
        return urls

    @model_validator(mode="after")
    def _https_unless_loopback(self) -> Settings:
        address = urlsplit(self.public_url)
        if address.scheme != "https" and address.hostname not in LOOPBACK:
            raise ValueError(
                "the public address must begin with https:// (plain http is for 127.0.0.1 alone)"
            )
        if address.scheme != "https" and self.host not in LOOPBACK:
            raise ValueError(
                "to listen beyond 127.0.0.1, give the public address that begins with https://"
            )
        return self

    @property
    def secure(self) -> bool:
        """Whether browsers reach us by https."""
        return self.public_url.startswith("https://")

    @classmethod
    def from_environment(
        cls, data_dir: Path, environment: Mapping[str, str] | None = None, **given: object
    ) -> Settings:
        """Return the settings: what is given wins over `EQUALITY_…` variables.

        Raises:
            pydantic.ValidationError: a setting does not hold what it must.
        """
        env = os.environ if environment is None else environment
        read: dict[str, object] = {"data_dir": data_dir, "keys_dir": data_dir / "keys"}
        for name in ("keys_dir", "host", "port", "public_url"):
            if f"EQUALITY_{name.upper()}" in env:
                read[name] = env[f"EQUALITY_{name.upper()}"]
        read["store_urls"] = {
            name: env[f"EQUALITY_{name.upper()}_URL"]
            for name in NAMES
            if f"EQUALITY_{name.upper()}_URL" in env
        }
        read |= {name: value for name, value in given.items() if value is not None}
        read.setdefault("public_url", f"http://127.0.0.1:{read.get('port', 8000)}")
        return cls.model_validate(read)
