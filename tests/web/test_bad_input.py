"""What nobody should send: it is refused at once, in the page's language, and nothing is lost."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from survey_service.surveys import reading
from survey_service.surveys.core import load
from survey_service.surveys.decisions import NOT_ASKED_FOR
from tests.kit.live import LiveService
from tests.kit.walks import (
    EVERYTHING,
    FORM,
    SURVEY,
    Form,
    Forms,
    Staff,
    tells_too_much,
    unprotected,
    words,
)

LANGUAGES = ["lv", "ru", "en"]
ABOVE = (1 << 20) + 1
API = "/api/v1"


def safe(answer: httpx.Response, *statuses: int) -> None:
    """The answer has one of these statuses, is protected, and tells nothing of the inside."""
    assert answer.status_code in statuses, (answer.status_code, str(answer.url)[:200])
    assert unprotected(answer.headers) == []
    assert tells_too_much(answer.text) == []


def refused(form: Form, question: str, fields: dict[str, Any], message: str, **values: Any) -> str:
    """The page says what is wrong beside the field and above; gives back the page."""
    answer = form.post(f"q/{question}", {**fields, "go": "next"})
    safe(answer, 422)
    language = form.here.rpartition("/")[2]
    said = words(language, message, **values)
    assert f'<html lang="{language}"' in answer.text
    assert answer.text.count(said) >= 2, f"{said!r} above and beside the field"
    target = re.search(r'class="error-summary".*?href="#([^"]+)"', answer.text, re.DOTALL)
    assert target is not None
    assert f'id="{target[1]}"' in answer.text, "the summary leads to the field"
    assert 'aria-invalid="true"' in answer.text
    return answer.text


# Answers


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_number_out_of_range_is_refused_and_kept(language: str, forms: Forms) -> None:
    form = forms(language).begin()
    between = {"least": 0, "most": 110}
    for typed in ("111", "-1", "140"):
        page = refused(
            form,
            "B3",
            {"value": typed},
            reading.OUT_OF_RANGE,
            **between,
        )
        assert f'value="{typed}"' in page
    for typed in ("forty", "4e1", "41.5", "٤١", "9" * 5000):
        page = refused(form, "B3", {"value": typed}, reading.NO_NUMBER)
        assert f'value="{typed}"' in page
    assert form.get("go-on").headers["location"].endswith("/q/A4"), "nothing of it was stored"


@pytest.mark.parametrize("language", LANGUAGES)
def test_one_wrong_number_keeps_the_right_one_beside_it(language: str, forms: Forms) -> None:
    form = forms(language).begin().answer(["B9", "B10", "B11"])
    fields = {"children_3_to_6": "2", "attending": "3"}
    page = refused(form, "C3", fields, reading.NOT_MORE)
    assert 'id="children_3_to_6" name="children_3_to_6" value="2"' in page
    assert 'id="attending" name="attending" value="3"' in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_forged_choice_is_refused_and_the_real_ones_stay_ticked(
    language: str, forms: Forms
) -> None:
    form = forms(language).begin()
    message = reading.CHOOSE_SHOWN
    for question, forged in (("B4", "9"), ("B4", "' OR 1=1 --"), ("B1", "LV9999999"), ("H6", "11")):
        refused(form, question, {"value": forged}, message)
    page = refused(form, "B5", {"value": ["rom", "martian", "ru"]}, message)
    assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["rom", "ru"]
    assert "martian" not in page
    for state in ("state:", "state:admin", "state:missing"):
        answer = form.post("q/B4", {"value": state, "go": "next"})
        safe(answer, 422)
        assert words(language, message) in answer.text


@pytest.mark.parametrize("language", LANGUAGES)
def test_contradictions_are_refused_and_kept(language: str, forms: Forms) -> None:
    form = forms(language).begin()
    page = refused(form, "B3", {"value": "41", "state": "refused"}, reading.NOT_BOTH)
    assert 'value="41"' in page
    assert re.search(r'value="refused"[^>]* checked', page)
    none = load().form.by_id["B5"].options[-1].text.text(language)
    page = refused(
        form,
        "B5",
        {"value": ["rom", "none"]},
        reading.ALONE,
        option=none,
    )
    assert re.findall(r'value="(\w+)"[^>]* checked', page) == ["rom", "none"]
    page = refused(
        form,
        "I2",
        {"value": ["edu", "work", "health", "house"]},
        reading.TOO_MANY,
        most=3,
    )
    assert len(re.findall(r" checked", page)) == 4


def test_words_are_kept_as_words(forms: Forms) -> None:
    form = forms().begin().answer(["B5"])
    typed = '<script>alert("x")</script> & "quotes" \' {{ 7*7 }} %(a)s'
    form.reply("B6", typed[:60])
    page = form.get("q/B6").text
    assert "<script>alert" not in page
    assert "&lt;script&gt;alert(&#34;x&#34;)" in page
    assert "{{ 7*7 }}" in page
    page = refused(form, "B6", {"value": "w" * 61}, reading.TOO_LONG, most=60)
    assert "w" * 61 in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_forged_decisions_are_refused_and_the_others_kept(language: str, forms: Forms) -> None:
    form = forms(language)
    answer = form.post("consent", EVERYTHING | {"contact": "no", "marketing": "yes"})
    safe(answer, 422)
    assert words(language, NOT_ASKED_FOR) in answer.text
    assert answer.text.count(" checked>") == 4
    title = load().notice.purpose("contact").title.text(language)
    answer = form.post("consent", EVERYTHING | {"contact": "perhaps"})
    safe(answer, 422)
    assert words(language, "Choose yes or no: %(purpose)s", purpose=title) in answer.text
    assert answer.text.count(" checked>") == 3
    assert "code" not in form.client.cookies, "nothing was begun"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_contact_that_cannot_be_one_is_refused_and_kept(language: str, forms: Forms) -> None:
    form = forms(language).begin(EVERYTHING | {"contact": "yes"})
    answer = form.post("contact", {"name": "Zelma", "phone": "call me", "email": "at home"})
    safe(answer, 422)
    for message in (
        "Write a telephone number, for example +371 20000000.",
        "Write an e-mail address, for example name@example.com.",
    ):
        assert words(language, message) in answer.text
    for typed in ("Zelma", "call me", "at home"):
        assert f'value="{typed}"' in answer.text


def test_questions_that_are_not_asked_cannot_be_answered(forms: Forms) -> None:
    form = forms().begin()
    for forged in ("Z9", "A3", "B3.band", "../B3", "%2e%2e", "x" * 500):
        safe(form.post(f"q/{forged}", {"value": "1"}), 404)
    safe(form.get("q/Z9"), 404)
    other = forms()
    other.here = "/survey/roma-2027/en"
    for step in ("", "consent", "q/B3", "check"):
        safe(other.get(step), 404)


def test_a_code_in_the_cookie_that_opens_nothing_tells_nothing(forms: Forms) -> None:
    form = forms()
    for planted in ("0" * 25, "A" * 25, "x", "' OR 1=1", "a=b"):
        form.client.cookies.clear()
        form.client.cookies.set("code", planted)
        for step in ("q/B3", "check", "pause", "receipt"):
            safe(form.get(step), 303, 404)
        safe(form.post("q/B3", {"value": "41", "go": "next"}), 303, 404)


# Bodies and addresses


def test_a_body_of_more_than_a_mebibyte_is_refused_before_it_is_read(
    demo_service: LiveService, forms: Forms
) -> None:
    for path, kind in (
        (f"{SURVEY}/en/consent", "application/x-www-form-urlencoded"),
        ("/my-answers/en", "application/x-www-form-urlencoded"),
        ("/office/sign-in", "application/x-www-form-urlencoded"),
        (f"{API}/requests", "application/json"),
    ):
        answer = only_announced(demo_service.port, path, kind)
        assert answer.startswith("HTTP/1.1 413"), path
        assert "content-security-policy: default-src 'none'" in answer.lower()
    client = forms().client
    pieces = (b"a" * 65536 for _ in range(ABOVE // 65536 + 1))
    safe(client.post(f"{SURVEY}/en/consent", content=pieces, headers=FORM), 413)


def only_announced(port: int, path: str, kind: str) -> str:
    """The answer to a request that says how long its body will be and then sends none of it."""
    host = f"127.0.0.1:{port}"
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}\r\n"
        f"Content-Type: {kind}\r\nContent-Length: {ABOVE}\r\nConnection: close\r\n\r\n"
    )
    return raw(port, head.encode())


def raw(port: int, sent: bytes, *, closed: bool = False) -> str:
    """Whatever the service answers to these bytes; `closed`: no more will come."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
        connection.sendall(sent)
        if closed:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while part := connection.recv(65536):
            answer += part
            if b"\r\n\r\n" in answer:
                break
    return answer.decode("latin-1")


def test_bodies_that_are_no_form_are_refused(forms: Forms) -> None:
    form = forms().begin()
    address = f"{form.here}/q/B3"
    post = form.client.post
    for content in (b"value=%ff%fe", b"value=a%00b", b"\xff\xfe", b"a" * 9 + b"\0"):
        safe(post(address, content=content, headers=FORM), 400)
    many = "&".join(f"f{n}=1" for n in range(5000))
    safe(post(address, content=many, headers=FORM), 400)
    safe(post(address, json={"value": "41"}), 415)
    safe(post(address, files={"value": b"41"}), 415)
    safe(post(address, content=b"value=41", headers={"Content-Type": "text/plain"}), 415)
    safe(post(address, content=b"value=41"), 415)


def test_every_form_refuses_to_be_opened_like_a_page(forms: Forms) -> None:
    client = forms().begin().client
    for address in (
        f"{SURVEY}/en/kept",
        f"{SURVEY}/en/leave",
        "/my-answers/en/resume",
        "/my-answers/en/leave",
        "/office/sign-out",
        "/office/language",
        "/office/audit-log/verify",
        "/office/account/tokens",
        f"{API}/requests/preview",
        f"{API}/audit-log/verify",
    ):
        safe(client.get(address), 405)
    for method in ("PUT", "DELETE", "PATCH", "TRACE"):
        safe(client.request(method, f"{SURVEY}/en/consent"), 405)
        safe(client.request(method, f"{API}/releases"), 405)


def test_strange_addresses_are_answered_calmly(demo_service: LiveService, forms: Forms) -> None:
    client = forms().client
    for address in (
        "/%00",
        "/%ff%fe",
        "/.env",
        "/" + "a" * 5000,
        "/static/..%2f..%2fapp.py",
        "/static/%2e%2e/app.py",
        "/static/style.css",
        f"{SURVEY}/xx",
        f"{SURVEY}/en/q/%2e%2e%2f",
        "/survey/%3Cscript%3E/en",
        "/my-answers/zz",
        "/releases/%00",
        "/releases/' OR 1=1 --",
        "/releases/x/table.csv",
        "/releases/x/..%2f..%2fsettings.py",
        f"{API}/nothing",
        f"{API}/releases/x",
        "/problems/nothing",
    ):
        safe(client.get(address), 404)
    for address in ("/releases?page=0", "/releases?page=abc", f"/releases?page={'9' * 30}"):
        safe(client.get(address), 400, 422)
    for address in (f"{SURVEY}/en?lang=%00&lang=xx", "/?lang=%3Cscript%3E", "/?" + "a=1&" * 2000):
        safe(client.get(address), 200)
    for sent in (b"\r\n\r\n", b"GARBAGE\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x16\x03\x01\x02\0"):
        assert tells_too_much(raw(demo_service.port, sent, closed=True)) == []
    assert client.get("/health").status_code == 200, "and the service goes on"


# Documents


BROKEN = {
    "nested": b"[" * 100_000 + b"]" * 100_000,
    "nested objects": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "unbalanced": b"[" * 100_000,
    "a key twice": b'{"survey": "roma-2026", "survey": "other"}',
    "a key twice inside": b'{"filters": [{"variable": "B4", "variable": "B1"}]}',
    "not a number": b'{"round": NaN}',
    "infinity": b'{"round": -Infinity}',
    "too large": b'{"round": 1e999}',
    "a lone surrogate": rb'{"reason": "\ud800"}',
    "not UTF-8": b'{"reason": "\xff"}',
    "half": b'{"survey": ',
    "single quotes": b"{'survey': 1}",
    "trailing": b'{"survey": 1} x',
}
WRONG = (b"{}", b"[]", b"null", b'"text"', b"1", b'{"survey": "roma-2026", "extra": 1}')


def test_documents_that_parsers_disagree_about_are_refused_at_once(
    staff: Callable[[str], Staff],
) -> None:
    researcher = staff("researcher")
    token = researcher.token("requests.write", name="bad input")
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with httpx.Client(base_url=str(researcher.client.base_url), timeout=30) as client:
        for name, body in BROKEN.items():
            answer = client.post(f"{API}/requests", content=body, headers=headers)
            safe(answer, 400)
            assert answer.headers["content-type"] == "application/problem+json", name
        for body in WRONG:
            safe(client.post(f"{API}/requests", content=body, headers=headers), 400, 422)
        plain = headers | {"Content-Type": "text/plain"}
        safe(client.post(f"{API}/requests", content=b"{}", headers=plain), 415)
        form = headers | FORM
        safe(client.post(f"{API}/requests", content=b"a=1", headers=form), 415)
        assert client.get(f"{API}/requests", headers=headers).status_code == 200


def test_a_forged_table_is_refused_by_the_field(staff: Callable[[str], Staff]) -> None:
    researcher = staff("researcher")
    page = researcher.get("/office/requests/new").text
    wave = re.search(r'name="wave".*?value="([^"]+)" selected', page, re.DOTALL)
    assert wave is not None
    purpose = "To see whether what is measured here follows what the plan says."
    good = {
        "wave": wave[1],
        "rows": "B4",
        "purpose_code": "research",
        "purpose_text": purpose,
        "key": "bad-input",
    }
    for field, forged in (
        ("rows", "B6"),
        ("rows", "secret"),
        ("columns", "B4'; drop table vote; --"),
        ("wave", "another"),
        ("purpose_code", "fun"),
        ("purpose_text", "short"),
        ("states", "hidden"),
        ("merge", "B4:x:1"),
    ):
        answer = researcher.post("/office/requests/new", good | {field: forged})
        safe(answer, 422)
        assert 'class="error-summary"' in answer.text, field
        assert field == "purpose_text" or purpose in answer.text, "what was written is kept"
    many = good | {"rows": ["B1", "B2"], "columns": ["B4", "B8"]}
    safe(researcher.post("/office/requests/new", many), 422)
    codes = good | {"filters": "B1", "codes": "B1:nowhere"}
    safe(researcher.post("/office/requests/new", codes), 422)
