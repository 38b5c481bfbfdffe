"""Both people at their pages: propose, confirm, retention and its certificates, health."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from litestar.testing import TestClient

from schemas.vocabulary import Role
from survey_service.audit_log import verifier
from survey_service.ceremonies import pages as ceremonies_pages
from survey_service.health import pages as health_pages
from survey_service.health.service import HealthOffice, state_of
from survey_service.retention import pages as retention_pages
from survey_service.stores.stores import Stores
from tests.kit.field import people
from tests.kit.keeping import REASON, Keeping
from tests.unit.survey_service.web.kit import People, application, browser

ROUTES = [*ceremonies_pages.ROUTES, *health_pages.ROUTES, *retention_pages.ROUTES]


class Accounts(People):
    """Everybody is called like the role."""

    async def directory(self) -> dict[str, str]:
        """Names by id."""
        return {role.value: f"the {role.value}" for role in Role}


class Site:
    """The pages over a keeping."""

    def __init__(self, keeping: Keeping) -> None:
        field = keeping.field
        self.app = application(
            ROUTES,
            accounts=Accounts(),
            audit=field.audit,
            clock=field.clock,
            surveys=field.surveys,
            ceremonies=keeping.ceremonies,
            certificates=keeping.certificates,
            health=HealthOffice(
                lambda: (state_of(field.stores, keeping.epochs), None), field.audit
            ),
        )

    def as_(self, role: Role) -> TestClient[Any]:
        return browser(self.app, role.value, **{"accept-language": "en"})


@pytest.fixture
def keeping(sqlite_stores: Stores, tmp_path: Path) -> Iterator[Keeping]:
    return Keeping(sqlite_stores, tmp_path)


def hidden(text: str) -> dict[str, str]:
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', text))


def test_an_administrator_proposes_and_the_officer_confirms_on_pages(keeping: Keeping) -> None:
    site = Site(keeping)
    admin, dpo = site.as_(Role.ADMINISTRATOR), site.as_(Role.DPO)
    place = "/office/ceremonies"
    form = hidden(admin.get(place).text)
    asked = {**form, "subject": "rotate/settle-keys", "reason": REASON}
    short = admin.post(place, data={**asked, "reason": "because"})
    assert short.status_code == 422
    assert "at least 20" in short.text
    assert admin.post(place, data=asked).status_code == 303
    assert admin.post(place, data=asked).status_code == 303
    assert admin.get(place).text.count("settle-keys)") == 2, "once in the list, once to choose"

    listed = dpo.get(place).text
    assert "Propose a ceremony" not in listed
    one = re.findall(rf'href="({place}/\w+)"', listed)
    assert len(one) == 1
    page = dpo.get(one[0]).text
    assert REASON in page
    assert "a copy of it opens nothing" in page
    for stranger in (admin, site.as_(Role.COORDINATOR)):
        assert stranger.post(one[0], data={"decision": "confirm"}).status_code == 403
    assert dpo.post(place, data=asked).status_code == 403
    assert keeping.epochs.of("settle-keys") == 1
    assert dpo.post(one[0], data={**hidden(page), "decision": "confirm"}).status_code == 303
    assert keeping.epochs.of("settle-keys") == 2
    assert ">done<" in dpo.get(place).text
    health = admin.get("/office/health").text
    assert re.search(r'settle-keys</th><td class="number">2</td>', health)
    assert not [s for s in keeping.ring.candidates("settle-keys") if s.hex() in health]
    assert dpo.get("/office/health").status_code == 403


def test_retention_shows_what_ends_when_and_hands_out_certificates(keeping: Keeping) -> None:
    field = keeping.field
    wave = field.open_wave()
    field.answer_all(wave, people(20), questions=2)
    site = Site(keeping)
    dpo = site.as_(Role.DPO)
    assert "known once it is closed" in dpo.get("/office/retention").text
    field.close_wave(wave)
    field.later(days=365 * 4)
    keeping.maintenance.run()
    page = dpo.get("/office/retention").text
    assert page.count("erased, with a certificate") == 2
    found = re.findall(r'href="(/office/retention/[^"]+)"', page)
    assert len(found) == 2
    document = dpo.get(found[0])
    assert "attachment" in document.headers["content-disposition"]
    key = verifier.Key.parse(field.audit.public_key)
    assert verifier.check_certificate(document.text, key).holds
    assert site.as_(Role.ADMINISTRATOR).get(found[0]).status_code == 403
    assert dpo.get("/office/retention/nothing").status_code == 404


def test_health_tells_of_settle_and_backups(keeping: Keeping) -> None:
    field = keeping.field
    admin = Site(keeping).as_(Role.ADMINISTRATOR)
    assert admin.get("/office/health").text.count("never</dd>") == 3
    wave = field.open_wave()
    field.answer_all(wave, people(20), questions=2)
    field.ballast.lay()
    (keeping.folder / "stores" / "vault.ballast").unlink()
    page = admin.get("/office/health").text
    assert page.count("never</dd>") == 2
    assert page.count("given free") == 1
