"""Signed documents: the standard's own example, and every way of tampering with one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from survey_service.consent.signing import Signer, Verdict, check, key_name, read_keys

# W3C, Data Integrity EdDSA Cryptosuites v1.0, appendix B.2 (representation: eddsa-jcs-2022).
PUBLIC = "did:key:z6MkrJVnaZkeFzdQyMZu1cgjg7k1pZZ6pvBQ7XJPt4swbTQ2"
CONTEXT = [
    "https://www.w3.org/ns/credentials/v2",
    "https://www.w3.org/ns/credentials/examples/v2",
]
ALUMNI: dict[str, Any] = {
    "@context": CONTEXT,
    "id": "urn:uuid:58172aac-d8ba-11ed-83dd-0b3aef56cc33",
    "type": ["VerifiableCredential", "AlumniCredential"],
    "name": "Alumni Credential",
    "description": "A minimum viable example of an Alumni Credential.",
    "issuer": "https://vc.example/issuers/5678",
    "validFrom": "2023-01-01T00:00:00Z",
    "credentialSubject": {"id": "did:example:abcdefgh", "alumniOf": "The School of Examples"},
    "proof": {
        "type": "DataIntegrityProof",
        "cryptosuite": "eddsa-jcs-2022",
        "created": "2023-02-24T23:36:38Z",
        "verificationMethod": f"{PUBLIC}#{PUBLIC.removeprefix('did:key:')}",
        "proofPurpose": "assertionMethod",
        "@context": CONTEXT,
        "proofValue": "z2HnFSSPPBzR36zdDgK8PbEHeXbR56YF24jwMpt3R1eHXQzJDMWS93FCzpvJpwTWd3GAVFuUfjo"
        "JdcnTMuVor51aX",
    },
}


def of_multibase(name: str) -> Ed25519PublicKey:
    """The key of a did:key, read by other code than ours."""
    alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
    number = sum(
        alphabet.index(symbol) * 58**power
        for power, symbol in enumerate(reversed(name.removeprefix("did:key:z")))
    )
    return Ed25519PublicKey.from_public_bytes(number.to_bytes(34)[2:])


@pytest.fixture
def signer() -> Signer:
    return Signer(bytes(range(32)))


@pytest.fixture
def signed(signer: Signer) -> dict[str, Any]:
    return signer.signed({"@context": [{"a": "b"}], "said": "jā", "number": 3, "list": [1, None]})


def verdict(document: Any, signer: Signer) -> Verdict:
    return check(json.dumps(document).encode(), read_keys(signer.public_pem.encode()))


def test_the_example_of_the_standard_is_valid() -> None:
    key = of_multibase(PUBLIC)
    assert key_name(key) == PUBLIC
    assert check(json.dumps(ALUMNI).encode(), [key]) is Verdict.VALID
    changed = {**ALUMNI, "name": "Alumni credential"}
    assert check(json.dumps(changed).encode(), [key]) is Verdict.INVALID


def test_what_was_signed_is_valid_however_it_is_laid_out(
    signed: dict[str, Any], signer: Signer
) -> None:
    keys = read_keys(signer.public_pem.encode())
    for text in (
        json.dumps(signed),
        json.dumps(signed, indent=7, ensure_ascii=False),
        json.dumps(dict(reversed(signed.items()))),
    ):
        assert check(text.encode(), keys) is Verdict.VALID


def test_any_change_makes_it_invalid(signed: dict[str, Any], signer: Signer) -> None:
    proof = signed["proof"]
    for change in (
        {"said": "ja"},
        {"number": 4},
        {"number": True},
        {"list": [None, 1]},
        {"more": 1},
        {"@context": []},
        {"proof": {**proof, "proofValue": proof["proofValue"][:-1]}},
        {"proof": {**proof, "proofValue": ""}},
        {"proof": {**proof, "proofValue": "z" + "1" * 99}},
        {"proof": {**proof, "proofPurpose": "authentication"}},
        {"proof": {**proof, "cryptosuite": "eddsa-rdfc-2022"}},
        {"proof": {**proof, "created": "2026-01-01T00:00:00Z"}},
        {"proof": {**proof, "more": 1}},
        {"proof": {name: value for name, value in proof.items() if name != "@context"}},
    ):
        assert verdict({**signed, **change}, signer) is Verdict.INVALID, change
    gone = {name: value for name, value in signed.items() if name != "number"}
    assert verdict(gone, signer) is Verdict.INVALID


def test_what_another_key_signed_or_nobody_is_not_ours(
    signed: dict[str, Any], signer: Signer
) -> None:
    other = Signer(bytes(32))
    assert verdict(signed, other) is Verdict.NOT_OURS
    both = read_keys((other.public_pem + signer.public_pem).encode())
    assert check(json.dumps(signed).encode(), both) is Verdict.VALID, "keys may have been changed"
    keys = read_keys(signer.public_pem.encode())
    for text in (
        b"",
        b"\xff",
        b"[]",
        b"{}",
        b'{"proof": 1}',
        b"[" * 100_000,
        b" " * (1 << 21),
        json.dumps({**signed, "number": 1.5}).encode(),
        json.dumps(signed).replace('"number"', '"said": "no", "number"').encode(),
    ):
        assert check(text, keys) is Verdict.NOT_OURS


def test_a_file_without_a_key_of_ours_is_refused() -> None:
    for pem in (b"", b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n"):
        with pytest.raises(ValueError, match=r".*"):
            read_keys(pem)
