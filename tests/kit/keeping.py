"""Ceremonies, backups and restores over a field, as an installation wires them."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import Any, TypeVar

from schemas.vocabulary import Role
from survey_service.accounts.people import Person
from survey_service.backups.making import Backups
from survey_service.backups.manifest import Manifest
from survey_service.backups.moments import BetweenSettles
from survey_service.backups.restoring import Restored, Restoring
from survey_service.ceremonies.carrying_out import CarryingOut
from survey_service.ceremonies.destroying import AuditReferences, RowKeysOfSurveys
from survey_service.ceremonies.kinds import Kind
from survey_service.ceremonies.service import Ceremonies, Ceremony
from survey_service.collection.maintenance import Maintenance
from survey_service.retention.certificates import Certificates
from survey_service.stores.epochs import Epochs
from survey_service.stores.ids import new_id
from survey_service.stores.keyring import Keyring
from survey_service.stores.stores import Stores
from tests.kit.field import Field

T = TypeVar("T")
REASON = "Somebody who could have copied the keys has left."


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run one use case to its end."""
    return asyncio.run(work)


def person(name: str, role: Role) -> Person:
    """Somebody signed in on a page."""
    return Person(id=f"id-of-{name}", username=name, role=role, session_id="s")


ADA, DEE = person("ada", Role.ADMINISTRATOR), person("dee", Role.DPO)


class Keeping:
    """A field whose keys lie in files, with those who keep them."""

    def __init__(self, stores: Stores, folder: Path) -> None:
        self.folder = folder
        self.keys = folder / "keys"
        self.ring = Keyring.create(self.keys)
        self.field = field = Field(stores, folder, self.ring)
        self.epochs = Epochs(stores.keys, self.ring)
        held = CarryingOut(
            stores,
            self.ring,
            self.epochs,
            field.audit,
            field.clock,
            (
                RowKeysOfSurveys(field.surveys, field.freezes, stores.keys),
                AuditReferences(
                    self.ring, lambda: bool(field.answers.tags() or field.consents.tags())
                ),
            ),
        )
        self.ceremonies = Ceremonies(stores.office, held, field.audit, field.clock)
        self.certificates = Certificates(stores.office, field.audit, field.tombstones, field.clock)
        self.maintenance = Maintenance(
            field.surveys,
            field.settle,
            field.hand_over,
            field.drafts,
            field.consents,
            field.answers,
            field.freezes,
            field.tombstones,
            field.ballast,
            field.audit,
            field.clock,
            self.certificates,
            field.invitations,
        )
        self.backups = Backups(
            stores,
            field.tombstones,
            field.audit,
            field.clock,
            BetweenSettles(
                field.surveys, field.settle, field.hand_over, field.inbox, self.maintenance
            ),
        )

    def propose(self, subject: str, kind: Kind = Kind.ROTATE) -> Ceremony:
        """Propose as the administrator."""
        return run(self.ceremonies.propose(ADA, kind, subject, REASON, new_id()))

    def hold(self, subject: str, kind: Kind = Kind.ROTATE) -> Ceremony:
        """Propose and confirm, which carries it out."""
        return run(self.ceremonies.confirm(DEE, self.propose(subject, kind).id))

    def backup(self, name: str = "backup", stores: Sequence[str] = ()) -> Manifest:
        """Make a backup in a folder of that name."""
        return self.backups.make_now(self.folder / name, stores)

    def restore(
        self,
        name: str = "backup",
        stores: Sequence[str] = (),
        tombstones: Path | None = None,
    ) -> Restored:
        """Put a backup back, as the command does."""
        done = Restoring(self.folder, self.field.stores, self.ring, self.field.clock).run(
            self.folder / name, stores, tombstones
        )
        self.field.tombstones.refresh()
        self.maintenance.replay_tombstones()
        return done
