"""One device, two parts: the office lends it and learns nothing, the front asks nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select, text

from schemas.audit import Act
from survey_service.accounts.sessions import SESSION
from survey_service.assisted.loans import GivenBack, Loan, LoanSeals
from survey_service.assisted.models import AssistedWindow
from survey_service.audit_log.service import EntryFilter
from survey_service.stores.parts import Part
from survey_service.stores.stores import Stores
from survey_service.web.permissions import Access
from tests.attacks.separation.test_parts import open_wave
from tests.kit.assisted import OWN, WITH_HELP
from tests.kit.field import SLUG
from tests.kit.lent import ApartDevice, ApartInterviews
from tests.kit.routes import all_routes

WINDOW = AssistedWindow.__table__  # type: ignore[attr-defined]
OFFICE = [r for r in all_routes() if r.path.startswith("/office") and r.needs is not Access.PUBLIC]


@pytest.fixture
def parts(sqlite_stores: Stores, tmp_path: Path) -> ApartInterviews:
    made = ApartInterviews(sqlite_stores, tmp_path)
    open_wave(made)
    return made


@pytest.fixture
def device(parts: ApartInterviews) -> ApartDevice:
    """Handed over: the respondent has the device and says nothing of giving back."""
    device = parts.device()
    assert device.begin().headers["location"] == f"/survey/{SLUG}/en"
    device.consent()
    device.answer(WITH_HELP)
    assert device.get("q/B5").headers["location"] == "/hand-over?lang=en"
    assert device.hand_over().headers["location"] == "/hand-over/code?lang=en"
    return device


def ended(device: ApartDevice) -> None:
    """The respondent goes on alone, sends and keeps the code; the device forgets him."""
    device.give_back(go="self")
    device.answer(OWN)
    assert device.post("check", {}).headers["location"].endswith("/receipt")
    assert device.post("kept", {}).headers["location"] == "/hand-back/done?lang=en"


def test_from_the_script_to_the_next_person(parts: ApartInterviews, device: ApartDevice) -> None:
    assert not device.opens()
    ended(device)
    assert device.opens(), "the front's word opens the session again"
    assert device.begin().headers["location"] == f"/survey/{SLUG}/en"
    assert device.get(f"/survey/{SLUG}/en").status_code == 200
    rows = parts.stores.inbox.read_now(lambda tx: tx.all(text("SELECT count(*) FROM waiting")))
    assert rows[0][0] == 1


def test_no_page_of_staff_opens_from_the_beginning_to_the_end(parts: ApartInterviews) -> None:
    device = parts.device()
    device.begin()
    for route in OFFICE:
        answer = device.client.request(route.method, route.filled(), data={"_csrf": "x"})
        assert answer.status_code == 303, route
        assert answer.headers["location"] == "/hand-back", route
    assert len(OFFICE) > 30
    assert device.get("/hand-back").headers["location"] == f"/survey/{SLUG}/en/go-on"


def test_the_office_sees_no_code_and_the_front_no_session(device: ApartDevice) -> None:
    window, session = device.client.cookies["assisted"], device.client.cookies["session"]
    device.get("/office/assist")
    ended(device)
    device.get("/office/assist")
    assert session not in device.client.seen[Part.FRONT]
    assert window not in device.client.seen[Part.OFFICE]
    assert session in device.client.seen[Part.OFFICE]
    assert window in device.client.seen[Part.FRONT]


def test_what_passes_between_them_names_nobody(parts: ApartInterviews, device: ApartDevice) -> None:
    """The cookie of the loan, out and back, and every row that either keeps of it."""
    seals = LoanSeals(parts.ring.secret("device-loans"))
    loan = seals.read(Loan, device.client.cookies["loan"])
    assert loan is not None
    assert set(loan.said) == {"read_by", "interpreter", "helped"}
    windows = parts.stores.drafts.read_now(lambda tx: tx.dicts(select(WINDOW)))
    names = {parts.account, "mara", device.client.cookies["session"]}
    for row in windows:
        assert not [v for v in row.values() if isinstance(v, str) and any(n in v for n in names)]
    assert not any(name in loan.model_dump_json() for name in names)
    ended(device)
    back = seals.read(GivenBack, device.client.cookies["loan"])
    assert back is not None
    assert back.model_dump() == {"loan": loan.loan, "slug": SLUG, "handed": True}
    left = "SELECT (SELECT count(*) FROM assisted_window) + (SELECT count(*) FROM draft)"
    assert parts.stores.drafts.read_now(lambda tx: tx.all(text(left)))[0][0] == 0
    assert device.opens()
    held = parts.stores.office.read_now(lambda tx: tx.dicts(select(SESSION)))
    assert loan.loan not in str(held), "nothing of the loan stays with the mediator's session"


def test_a_loan_begins_one_window_and_only_at_once(parts: ApartInterviews) -> None:
    device = parts.device()
    device.begin()
    loan = device.client.cookies["loan"]
    del device.client.cookies["assisted"]
    assert device.get("/lent").headers["location"].startswith("/hand-back"), "used already"
    assert device.get("/hand-back").headers["location"] == "/office/assist"
    assert device.opens()
    device.client.cookies["loan"] = loan
    assert device.get("/lent").headers["location"].startswith("/hand-back"), "given back"
    late = parts.device()
    page = f"/office/assist/{SLUG}"
    said = {"read_by": "mediator", "interpreter": "no", "language": "en", "script": "read"}
    assert late.send(page, page, said).headers["location"] == "/lent"
    parts.ahead += timedelta(minutes=3)
    assert late.get("/lent").headers["location"].startswith("/hand-back")
    assert "assisted" not in late.client.cookies
    assert late.get("/hand-back").headers["location"] == "/office/assist"
    assert late.opens()


def test_neither_word_can_be_forged_or_said_in_place_of_the_other(
    parts: ApartInterviews, device: ApartDevice
) -> None:
    loan = device.client.cookies["loan"]
    body, _, mark = loan.partition(".")
    forger = LoanSeals(b"x" * 32)
    own = LoanSeals(parts.ring.secret("device-loans"))
    read = own.read(Loan, loan)
    assert read is not None
    forged = forger.sign(GivenBack(loan=read.loan, slug=SLUG, handed=False))
    for word in (forged, f"{body}.{mark[:-1]}0", f"{body}.", ".", body, "é.é", "x" * 3000):
        device.client.cookies["loan"] = word
        assert not device.opens(), word
        assert own.read(Loan, word) is None or word == loan
        assert own.read(GivenBack, word) is None
    assert own.read(GivenBack, loan) is None
    device.client.cookies["loan"] = own.sign(GivenBack(loan="a" * 26, slug=SLUG, handed=False))
    assert not device.opens(), "another interview's end is not this one's"


def test_a_word_counts_for_its_own_kind_alone_whatever_it_says() -> None:
    """The kind is under the signature: no likeness of what two words say makes one the other."""

    class Prolonged(GivenBack):
        """A word of a later version that says the same of something else."""

    seals = LoanSeals(b"k" * 32)
    said = GivenBack(loan="a" * 26, slug=SLUG, handed=True)
    assert seals.read(GivenBack, seals.sign(said)) == said
    assert seals.read(Prolonged, seals.sign(said)) is None
    assert seals.read(GivenBack, seals.sign(Prolonged(**said.model_dump()))) is None


def test_throwing_cookies_away_opens_no_session(device: ApartDevice) -> None:
    kept = dict(device.client.cookies)
    del device.client.cookies["assisted"]
    assert not device.opens()
    gone = device.get("/hand-back")
    assert gone.status_code == 200
    assert "not here any more" in gone.text
    assert not device.opens()
    device.client.cookies.pop("loan")
    assert not device.opens()
    assert device.get("/hand-back").headers["location"] == "/"
    device.client.cookies.update(kept)
    assert device.get("/hand-back?lang=en").status_code == 200
    ended(device)
    assert device.opens()


def test_a_new_sign_in_on_a_lent_device_opens_nothing(
    parts: ApartInterviews, device: ApartDevice
) -> None:
    device.client.cookies["session"] = parts.session()
    assert not device.opens()
    ended(device)
    assert device.opens()


def test_an_hour_of_interview_does_not_sign_the_mediator_out(
    parts: ApartInterviews, device: ApartDevice
) -> None:
    parts.ahead += timedelta(hours=1)
    ended(device)
    assert device.opens()
    parts.ahead += timedelta(minutes=16)
    assert not device.opens(), "a session that is not lent ends after a quarter of an hour, as ever"
    assert device.get("/office/assist").headers["location"].startswith("/office/sign-in")


def test_a_device_for_somebodys_own_code(parts: ApartInterviews) -> None:
    device = parts.device()
    assert device.send("/office/assist", "/office/assist-lend", {}).headers["location"] == "/lent"
    assert not device.opens()
    assert device.get("/lent").headers["location"] == "/my-answers/en"
    assert device.get("/my-answers/en").status_code == 200
    assert "Give the device back" in device.get("/hand-back?lang=en").text
    assert device.post("/hand-back/end?lang=en", {"do": "keep"}).status_code == 303
    assert device.opens()


def test_days_are_counted_and_no_interview(parts: ApartInterviews) -> None:
    for _ in range(11):
        device = parts.device()
        device.begin()
        device.consent()
        device.answer(WITH_HELP)
        device.get("q/B5")
        device.hand_over()
        device.post("/hand-back/end?lang=en", {"do": "delete"})
        assert device.opens()
    parts.ahead += timedelta(days=1)
    parts.office.assisted.upkeep()
    logged = asyncio.run(parts.office.audit.entries(EntryFilter(act=Act.INTERVIEWS_ASSISTED)))
    (entry,) = logged.entries
    assert entry.counts == {"begun_floored_to_ten": 10, "handed_over_floored_to_ten": 10}
    parts.settle.purge_loans()


def test_old_loans_are_forgotten(parts: ApartInterviews, device: ApartDevice) -> None:
    count = "SELECT (SELECT count(*) FROM assisted_loan), (SELECT count(*) FROM assisted_window)"
    read = lambda: parts.stores.drafts.read_now(lambda tx: tx.all(text(count)))[0]  # noqa: E731
    device.get("q/B5")
    assert read() == (1, 1)
    parts.ahead += timedelta(days=2)
    parts.settle.purge_loans()
    assert read() == (1, 0), "the window is over, and its loan begins no other"
    parts.ahead += timedelta(days=2)
    parts.settle.purge_loans()
    assert read() == (0, 0)
