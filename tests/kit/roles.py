"""A database per store on PostgreSQL, and the parts that come to it by their own roles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit, urlunsplit

import psycopg

from survey_service.stores.grants import role_of, statements
from survey_service.stores.migrate import upgrade
from survey_service.stores.parts import OWNER_OF, STORES_OF, Part
from survey_service.stores.stores import FrontStores, OfficeStores, Stores
from tests.kit.stores import PostgresTemplate


class Apart(NamedTuple):
    """The stores as settle opens them, and as the front and the office do."""

    settle: Stores
    front: FrontStores
    office: OfficeStores


@dataclass
class Databases:
    """A database per store, and the address by which each part comes to it."""

    owner: dict[str, str]

    def url(self, store: str, part: Part) -> str:
        """Return the address a part has; the owner comes as the superuser that made the tables."""
        if OWNER_OF[store] is part:
            return self.owner[store]
        return self.as_role(store, role_of(store, part))

    def urls(self, part: Part) -> dict[str, str]:
        """Return the addresses of all stores of a part."""
        return {name: self.url(name, part) for name in STORES_OF[part] if name != "keys"}

    def as_role(self, store: str, role: str) -> str:
        """Return a store's address for any role."""
        address = urlsplit(self.owner[store])
        host = address.netloc.partition("@")[2]
        return urlunsplit(address._replace(netloc=f"{role}@{host}"))

    def refused(self, store: str, role: str, statement: str) -> bool:
        """Return whether the database refuses a statement for want of a right."""
        try:
            with psycopg.connect(self.as_role(store, role), autocommit=True) as connection:
                connection.execute(statement)
        except psycopg.errors.InsufficientPrivilege:
            return True
        except psycopg.OperationalError as error:
            # `answers` has a cluster of its own, where roles of the other stores are unknown.
            words = ("permission denied for database", f'role "{role}" does not exist')
            return any(text in str(error) for text in words)
        return False

    @contextmanager
    def opened(self, folder: Path) -> Iterator[Apart]:
        """Give the stores as each part opens them, `keys` in a folder."""
        with ExitStack() as opened:
            settle = Stores.at(folder, self.urls(Part.SETTLE))
            opened.enter_context(closing(settle))
            upgrade(settle.keys)
            front = FrontStores.at(folder, self.urls(Part.FRONT))
            opened.enter_context(closing(front))
            office = OfficeStores.at(folder, self.urls(Part.OFFICE))
            opened.enter_context(closing(office))
            yield Apart(settle, front, office)


@contextmanager
def with_least_rights(template: PostgresTemplate) -> Iterator[Databases]:
    """Give empty databases that nobody but the parts' roles comes to, and drop them afterwards."""
    with template.databases() as urls:
        for store, url in urls.items():
            name = urlsplit(url).path.lstrip("/")
            with psycopg.connect(url, autocommit=True) as connection:
                connection.execute(f'REVOKE ALL ON DATABASE "{name}" FROM PUBLIC')
                connection.execute("REVOKE ALL ON SCHEMA public FROM PUBLIC")
                for statement in [*statements(store, name), *statements(store, name)]:
                    connection.execute(statement)
        yield Databases(urls)
