"""One-time codes are those of RFC 6238, within one step, and their secrets are sealed."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest

from survey_service.accounts.totp import SecondFactors, fitting_step, new_secret, otpauth
from survey_service.stores.errors import EnvelopeBroken

RFC_SECRET = base64.b32encode(b"12345678901234567890").decode()
# RFC 6238, appendix B, SHA-1: the last six of eight digits.
RFC_CODES = {
    59: "287082",
    1111111109: "081804",
    1111111111: "050471",
    1234567890: "005924",
    2000000000: "279037",
    20000000000: "353130",
}


@pytest.mark.parametrize(("second", "code"), RFC_CODES.items())
def test_codes_are_those_of_the_standard(second: int, code: str) -> None:
    moment = datetime.fromtimestamp(second, UTC)
    assert fitting_step(RFC_SECRET, code, moment) == second // 30


def test_one_step_of_drift_is_taken_and_no_more() -> None:
    moment = datetime.fromtimestamp(1111111109, UTC)
    steps = [
        fitting_step(RFC_SECRET, "081804", moment + timedelta(seconds=30 * off))
        for off in (-2, -1, 0, 1, 2)
    ]
    assert steps == [None, 37037036, 37037036, 37037036, None]


@pytest.mark.parametrize("code", ["", "0", "081805", "81804", "0818040", "０８１８０４", "abcdef"])
def test_nothing_else_fits(code: str) -> None:
    assert fitting_step(RFC_SECRET, code, datetime.fromtimestamp(1111111109, UTC)) is None


def test_a_code_may_be_typed_in_two_groups() -> None:
    moment = datetime.fromtimestamp(1111111109, UTC)
    assert fitting_step(RFC_SECRET, " 081 804 ", moment) is not None


def test_a_secret_is_bound_to_its_account() -> None:
    factors = SecondFactors(lambda: bytes(32))
    secret = new_secret()
    sealed = factors.close("anna", secret)
    assert factors.open("anna", sealed) == secret
    assert secret.encode() not in sealed
    with pytest.raises(EnvelopeBroken):
        factors.open("peter", sealed)
    with pytest.raises(EnvelopeBroken):
        SecondFactors(lambda: b"k" * 32).open("anna", sealed)


def test_secrets_have_160_bits_and_the_address_names_the_account() -> None:
    secret = new_secret()
    assert len(base64.b32decode(secret)) == 20
    address = otpauth(secret, "ilze")
    assert address.startswith("otpauth://totp/Equality%20data:ilze?")
    assert f"secret={secret}" in address
