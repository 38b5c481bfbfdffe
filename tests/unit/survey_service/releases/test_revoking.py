"""A release taken back: gone from every page, and in the ledger all the same."""

from __future__ import annotations

import pytest

from schemas.audit import Act
from survey_service.problems import Gone, InvalidInput, NotFound
from survey_service.releases import ledger
from tests.unit.survey_service.releases.conftest import Office
from tests.unit.survey_service.releases.site import Site

REASON = "A mistake in the code list was found after publication."


def test_a_revoked_release_is_shown_nowhere_and_stays_known(office: Office) -> None:
    release = office.release(office.asked("B1"))
    acts = []
    append = office.audit.append

    async def watched(entry: object) -> int:
        acts.append(entry.act)  # type: ignore[attr-defined]
        return await append(entry)  # type: ignore[arg-type]

    office.audit.append = watched  # type: ignore[method-assign, assignment]
    office.run(office.releases.revoke(office.dee, release, REASON))
    office.run(office.releases.revoke(office.dee, release, REASON))

    assert acts == [Act.RELEASE_REVOKED]
    assert office.run(office.releases.released()).releases == ()
    with pytest.raises(Gone):
        office.run(office.releases.release(release))
    with pytest.raises(Gone):
        office.run(office.releases.file(release, "table.en.csv"))
    known = office.stores.office.read_now(lambda tx: ledger.published(tx, office.wave))
    assert [entry.release for entry in known.ledger.releases] == [release]
    assert office.run(office.releases.verify_ledger()) == 2


def test_a_reason_is_needed_and_a_release(office: Office) -> None:
    release = office.release(office.asked("B1"))

    with pytest.raises(InvalidInput):
        office.run(office.releases.revoke(office.dee, release, "oops"))
    with pytest.raises(NotFound):
        office.run(office.releases.revoke(office.dee, "nobody", REASON))


def test_the_data_protection_officer_takes_a_table_back_on_a_page(office: Office) -> None:
    site = Site(office)
    release = office.release(office.asked("B1"))
    path = f"/office/releases/{release}"
    dee = site.visitor("dee")

    assert path in dee.get("/office/releases").text
    assert dee.send(path, path, {"reason": "short"}).status_code == 422
    assert dee.send(path, path, {"reason": REASON}).status_code == 303
    assert path not in dee.get("/office/releases").text
    assert site.visitor().get(f"/releases/{release}").status_code == 410
    assert site.visitor().get(f"/releases/{release}/table.csv").status_code == 410
    assert site.visitor("ada").get("/office/releases").status_code == 403
    assert "Release plan" in site.visitor("cleo").get("/office/plan").text
