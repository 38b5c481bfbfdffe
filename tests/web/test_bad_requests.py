"""Requests that nobody should send: refused at once, and the service goes on."""

from __future__ import annotations

import re
import socket
from collections.abc import Callable

import httpx

from tests.kit.live import LiveService
from tests.kit.plain import FORM, Forms, Staff, safe, tells_too_much
from tests.kit.walks import SURVEY

ABOVE = (1 << 20) + 1
API = "/api/v1"


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
