"""What people see: pages, files and documents, by role."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.unit.survey_service.releases.conftest import WORDS, Office
from tests.unit.survey_service.releases.site import Site

COMPOSED = "/office/requests/new?wave={}&rows=B1&columns=E1"
PURPOSE = {"purpose_code": "policy", "purpose_text": WORDS}


@pytest.fixture
def site(office: Office) -> Site:
    return Site(office)


def test_the_whole_way_of_a_table_in_a_browser(site: Site) -> None:
    ada, public = site.visitor("ada"), site.visitor()
    page = COMPOSED.format(site.office.wave)
    assert "likely" in ada.get(page).text

    sent = ada.send(page, "/office/requests/new", PURPOSE)
    assert sent.status_code == 303
    request = sent.headers["location"]
    assert "Under review" in ada.get(request).text
    for checker in ("cleo", "dan"):
        visitor = site.visitor(checker)
        check = f"/office/checks/{request.rpartition('/')[2]}"
        assert check in visitor.get("/office/checks").text
        assert visitor.send(check, check, {"choice": "release", "reason": ""}).status_code == 303

    found = re.search(r'href="(/releases/[a-z2-7]+)"', ada.get(request).text)
    assert found is not None
    shown = public.get(found[1])
    assert shown.status_code == 200
    assert "Planning region by General health" in shown.text
    assert '<td class="number">' in shown.text
    for name in ("table.csv", "table.json", "chart.svg", "certificate.json"):
        assert public.get(f"{found[1]}/{name}").status_code == 200
    assert found[1] in public.get("/releases").text


def test_a_table_is_composed_of_the_wave_frozen_last_unless_another_is_named(site: Site) -> None:
    ada = site.visitor("ada")

    named = ada.get(COMPOSED.format(site.office.wave)).text
    assert "likely" in ada.get("/office/requests/new?rows=B1&columns=E1").text
    assert f'value="{site.office.wave}"' in named


@pytest.mark.parametrize("language", ["lv", "ru", "en"])
def test_a_release_is_shown_in_every_language(site: Site, language: str) -> None:
    release = site.office.release(site.office.asked("B1", by=("E1",)))

    shown = site.visitor(language=language).get(f"/releases/{release}")
    assert shown.status_code == 200
    assert f"chart.svg?lang={language}" in shown.text
    csv = site.visitor().get(f"/releases/{release}/table.csv?lang={language}")
    assert csv.headers["content-disposition"].startswith("attachment")


def test_what_is_forged_is_answered_by_the_field_and_everything_else_is_kept(site: Site) -> None:
    ada = site.visitor("ada")
    page = COMPOSED.format(site.office.wave)

    for forged, value, said in (
        ("rows", "B6", "is not a variable of this wave"),
        ("columns", "'; drop table vote; --", "This is not something that can be asked for"),
        ("purpose_code", "fun", "Please say what the table is for"),
        ("purpose_text", "short", "at least 40 characters"),
        ("wave", "another", "There is no such wave"),
    ):
        refused = ada.send(page, "/office/requests/new", PURPOSE | {forged: value})
        assert refused.status_code == 422, forged
        assert said in refused.text
        assert 'role="alert"' in refused.text
        assert forged == "purpose_text" or WORDS in refused.text
    assert ada.get("/office/requests").text.count("/office/requests/") == 1


def test_a_refusal_shows_no_cell_no_rule_and_no_number(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two refusals for different reasons read the same but for the table's own name."""
    from survey_service.releases import deciding
    from survey_service.releases.coarser import Answer

    monkeypatch.setattr(deciding, "answer", lambda *_: Answer(None))
    ada = site.visitor("ada")
    texts = []
    for rows in ("B1", "B4"):
        made = site.office.ask(site.office.asked(rows))
        text = ada.get(f"/office/requests/{made.id}").text
        title = re.search(r"<h1>([^<]+)</h1>", text)
        assert title is not None
        document = ada.call("GET", f"/api/v1/requests/{made.id}").json()
        assert document["verdict"] == {
            "state": "not_released",
            "nearest": None,
            "release_id": None,
        }
        texts.append(text.replace(title[1], "T").replace(made.id, "I").replace(f">{rows}<", ">R<"))
    assert texts[0] == texts[1]


def test_roles_open_only_their_own_pages(site: Site) -> None:
    made = site.office.ask(site.office.asked("B1"))
    for path, who in (
        ("/office/catalogue", "ada"),
        ("/office/requests", "ada"),
        ("/office/requests/new", "ada"),
        (f"/office/requests/{made.id}", "ada"),
        ("/office/checks", "cleo"),
        (f"/office/checks/{made.id}", "cleo"),
    ):
        assert site.visitor(who).get(path).status_code == 200, path
        other = "cleo" if who == "ada" else "ada"
        assert site.visitor(other).get(path).status_code == 403, path
        assert site.visitor().get(path).status_code == 303, path
    assert site.visitor("ben").get(f"/office/requests/{made.id}").status_code == 404


def test_a_vote_without_choice_keeps_the_reason(site: Site) -> None:
    made = site.office.ask(site.office.asked("B1"))
    check = f"/office/checks/{made.id}"

    refused = site.visitor("cleo").send(check, check, {"reason": "Somebody interrupted me here."})

    assert refused.status_code == 422
    assert "Somebody interrupted me here." in refused.text


def test_protected_and_unprotected_stand_side_by_side(site: Site) -> None:
    made = site.office.ask(site.office.asked("B1", by=("E1",), where={"B4": ("1",)}))

    text = site.visitor("cleo").get(f"/office/checks/{made.id}").text

    assert text.count("<table>") == 2
    assert '<abbr class="withheld"' in text
    assert "too few people" in text


def test_the_programming_interface_covers_the_whole_way(site: Site) -> None:
    ada = site.visitor("ada")
    [wave] = ada.call("GET", "/api/v1/waves").json()
    book = ada.call("GET", f"/api/v1/catalogue?wave={wave['id']}").json()
    assert {v["name"] for v in book["variables"]} >= {"B1", "E1", "F3.water"}
    assert set(book["variables"][0]["question"]) >= {"lv", "ru", "en"}
    asked = {"survey": wave["survey"], "wave": wave["id"], "rows": ["E1"], **PURPOSE}
    ahead = ada.call("POST", "/api/v1/requests/preview", asked).json()
    assert ahead["feasibility"]["cells"]
    made = ada.call("POST", "/api/v1/requests", asked)
    assert made.status_code == 201
    request = made.json()["id"]
    assert made.json()["verdict"]["state"] == "under_review"

    vote = {"round": 1, "choice": "release"}
    for name in ("cleo", "dan"):
        checker = site.visitor(name)
        [waiting] = checker.call("GET", "/api/v1/checks").json()
        assert waiting["id"] == request
        shown = checker.call("GET", f"/api/v1/checks/{request}").json()
        assert len(shown["unprotected"]) == len(shown["protected"]["values"])
        cast = checker.call("POST", f"/api/v1/checks/{request}/votes", vote)
        assert cast.status_code == 201
        assert cast.json() == {"request": request, **vote}

    [release] = site.visitor().call("GET", "/api/v1/releases").json()["releases"]
    whole = site.visitor().call("GET", f"/api/v1/releases/{release['id']}").json()
    assert set(whole["table"]["marks"]) <= {"published", "flagged", "withheld"}
    stat = site.visitor().call("GET", f"/api/v1/releases/{release['id']}/table.json")
    assert json.loads(stat.content)["version"] == "2.0"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"rows": ["B6"]}, "rows"),
        ({"rows": ["B1; --"]}, "rows"),
        ({"filters": [{"variable": "B4", "codes": ["9"]}]}, "filters"),
        ({"purpose_text": "short"}, "purpose_text"),
        ({"purpose_code": "fun"}, "purpose_code"),
        ({"state": "released"}, "state"),
    ],
)
def test_the_programming_interface_refuses_what_is_forged_by_field(
    site: Site, change: dict[str, Any], field: str
) -> None:
    asked = {"survey": "roma-2026", "wave": site.office.wave, "rows": ["E1"], **PURPOSE}

    refused = site.visitor("ada").call("POST", "/api/v1/requests", asked | change)

    assert refused.status_code == 422
    assert refused.headers["content-type"] == "application/problem+json"
    assert any(error["field"].startswith(field) for error in refused.json()["errors"])


def test_the_idempotency_key_of_the_interface_makes_one_request(site: Site) -> None:
    ada = site.visitor("ada")
    asked = {"survey": "roma-2026", "wave": site.office.wave, "rows": ["E1"], **PURPOSE}
    headers = {"authorization": "Bearer ada", "idempotency-key": "once"}
    made = [
        ada.client.post("/api/v1/requests", json=asked, headers=headers).json()["id"]
        for _ in range(2)
    ]

    assert made[0] == made[1]


@pytest.mark.parametrize("path", ["/releases/nobody", "/releases/nobody/table.csv"])
def test_an_unknown_release_is_not_found(site: Site, path: str) -> None:
    assert site.visitor().get(path).status_code == 404
    assert site.visitor().call("GET", f"/api/v1{path}").status_code == 404


def test_only_the_files_of_a_release_are_served(site: Site) -> None:
    release = site.office.release(site.office.asked("B1"))

    for name in ("table.xlsx", "table.lv.csv", "..%2f..%2fetc%2fpasswd"):
        assert site.visitor().get(f"/releases/{release}/{name}").status_code == 404
