"""The public catalogue: published tables, as everybody may read and take them."""

from __future__ import annotations

from schemas.release import Release
from survey_service.problems import Gone, NotFound
from survey_service.releases import reading, showing
from survey_service.releases.views import ReleasePage, ReleaseSummary
from survey_service.stores.store import Store

PAGE_SIZE = 20


class PublicReleases:
    """Reads what was published; needs the office store and no key."""

    def __init__(self, office: Store) -> None:
        self._office = office

    async def released(self, page: int = 1, size: int = PAGE_SIZE) -> ReleasePage:
        """Return a page of the public catalogue, the newest first."""
        found, count = await self._office.read(lambda tx: reading.releases_page(tx, page, size))
        return ReleasePage(
            page=page,
            pages=max(1, -(-count // size)),
            releases=tuple(showing.release_summary(release) for release in found),
        )

    def published_now(self, wave_id: str) -> list[ReleaseSummary]:
        """Return what was published of a wave and not taken back, in order of publication."""
        found = self._office.read_now(lambda tx: reading.releases_of(tx, wave_id))
        return [showing.release_summary(release) for release in found]

    async def release(self, release_id: str) -> Release:
        """Return a release.

        Raises:
            NotFound: there is none with this id.
            Gone: it was taken back.
        """
        found, revoked = await self._office.read(
            lambda tx: (reading.release_by_id(tx, release_id), reading.is_revoked(tx, release_id))
        )
        if found is None:
            raise NotFound
        if revoked:
            raise Gone
        return found

    async def file(self, release_id: str, name: str) -> bytes:
        """Return a file of a release, byte for byte as it was published.

        Raises:
            NotFound: there is no such release or file.
            Gone: the release was taken back.
        """
        found, revoked = await self._office.read(
            lambda tx: (
                reading.release_file(tx, release_id, name),
                reading.is_revoked(tx, release_id),
            )
        )
        if found is None:
            raise NotFound
        if revoked:
            raise Gone
        return found
