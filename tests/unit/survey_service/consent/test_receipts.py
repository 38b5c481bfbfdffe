"""A receipt in words and as a signed file: what it says, what it hides, who can check it."""

from __future__ import annotations

import asyncio
import json
import re
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from schemas.consent import Circumstances
from survey_service.cli import main
from survey_service.collection.code import Code
from survey_service.consent.service import committed, receipt_commitment
from survey_service.consent.signing import Verdict, check, read_keys
from survey_service.problems import NotFound
from survey_service.rights.receipt_words import MOST_WORDS, worded
from survey_service.rights.receipts import Held
from survey_service.stores.keyring import Keyring
from survey_service.stores.stores import Stores
from survey_service.web.translation import LANGUAGES
from tests.kit.field import Field, people

WORD = re.compile(r"[^\W_]+(?:[-’'.,][^\W_]+)*")
SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[^\W\d_a-zа-яāčēģīķļņšūž])")


@pytest.fixture
def field(sqlite_stores: Stores, tmp_path: Path) -> Field:
    return Field(sqlite_stores, tmp_path)


@pytest.fixture
def code(field: Field) -> Code:
    """The code of somebody who agreed to everything, and sent."""
    wave = field.open_wave()
    person = next(p for p in people(40) if all(p.decisions.values()))
    return asyncio.run(field.answer(wave, person, questions=3))


def held(field: Field, code: Code) -> Held:
    return asyncio.run(field.receipts.of_code(code))


def document(field: Field, code: Code) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(asyncio.run(field.receipts.signed(code)))
    return found


def test_no_sentence_is_longer_than_twelve_words_in_any_language(field: Field, code: Code) -> None:
    one = held(field, code)
    for language in LANGUAGES:
        for said in Circumstances.all():
            receipt = one.receipt.model_copy(update={"circumstances": said})
            words = worded(Held(receipt, one.notice, one.title), language)
            texts = [*words.how, *words.rights, *(line.said for line in words.decided)]
            for sentence in (part for text in texts for part in SENTENCE.split(text)):
                assert len(WORD.findall(sentence)) <= MOST_WORDS, sentence


def test_the_words_say_what_was_decided_and_how(field: Field, code: Code) -> None:
    one = held(field, code)
    words = worded(one, "en")
    assert [line.granted for line in words.decided] == [True] * 4
    assert "36 months" in words.decided[0].said
    assert "Nobody helped you." in words.how
    told = Circumstances(
        language="rom", channel="assisted", helped="yes", read_by="mediator", interpreter="yes"
    )
    receipt = one.receipt.model_copy(update={"circumstances": told})
    how = worded(Held(receipt, one.notice, one.title), "en").how
    assert {
        "The notice was in Romani.",
        "A mediator read it out to you.",
        "You answered in an interview.",
        "Somebody helped you.",
        "An interpreter was there.",
    } <= set(how)


def test_the_signed_receipt_follows_both_standards_and_anybody_can_check_it(
    field: Field, code: Code
) -> None:
    file = asyncio.run(field.receipts.signed(code))
    assert check(file, read_keys(field.receipts.public_pem.encode())) is Verdict.VALID
    assert asyncio.run(field.receipts.signed(code)) == file, "again is the same file"
    found = json.loads(file)
    assert found["@type"] == "dpv:ConsentReceipt"
    record = found["dpv:hasRecordOfActivity"]
    status = [process["dpv:hasConsentStatus"] for process in record["dpv:hasProcess"]]
    assert status == ["dpv:ConsentGiven"] * 4
    ethnic = record["dpv:hasProcess"][1]
    assert ethnic["dpv:hasLegalBasis"] == ["eu-gdpr:A6-1-a", "eu-gdpr:A9-2-a"]
    assert ethnic["dpv:hasPersonalData"]["@type"] == "dpv:SpecialCategoryPersonalData"
    # Every field that Kantara 1.1 makes mandatory.
    assert set(found) >= {
        "version", "jurisdiction", "consentTimestamp", "collectionMethod", "consentReceiptID",
        "publicKey", "language", "piiPrincipalId", "piiControllers", "policyUrl", "services",
        "sensitive", "spiCat",
    }  # fmt: skip
    assert found["sensitive"] is True
    assert found["consentTimestamp"] % 86_400 == 0, "no time finer than the day"
    assert found["circumstances"]["helped"] == "no"


def test_a_refused_purpose_is_refused_in_the_receipt(field: Field) -> None:
    wave = field.open_wave()
    person = next(p for p in people(200) if not p.decisions["research_reuse"])
    code = asyncio.run(field.answer(wave, person, questions=1))
    found = document(field, code)
    processes = found["dpv:hasRecordOfActivity"]["dpv:hasProcess"]
    status = {p["dpv:hasPurpose"]["dct:identifier"]: p["dpv:hasConsentStatus"] for p in processes}
    assert status["research_reuse"] == "dpv:ConsentRefused"
    given = {p["purposeCategory"][0] for p in found["services"][0]["purposes"]}
    assert given == {name for name, granted in person.decisions.items() if granted}


def test_nothing_in_the_receipt_opens_or_finds_anything(field: Field, code: Code) -> None:
    wave = field.surveys.in_field_now("roma-2026")
    assert wave is not None
    text = asyncio.run(field.receipts.signed(code)).decode()
    keys = code.under(wave.salt)
    opening = [
        keys.draft_tag, keys.inbox_tag, keys.consent_tag, keys.consent_key, keys.response_tag,
        keys.response_key, keys.receipt_salt, field.consents.stored_tag(keys.consent_tag),
        field.answers.stored_tag(keys.response_tag),
    ]  # fmt: skip
    assert code.symbols not in text
    assert code.text not in text
    plain = text.replace("-", "")
    assert not [tag for tag in opening if tag.hex()[:24] in plain]


def test_the_vault_keeps_of_the_circumstances_a_commitment_that_only_the_code_opens(
    field: Field, code: Code
) -> None:
    wave = field.surveys.in_field_now("roma-2026")
    assert wave is not None
    before = document(field, code)
    field.close_wave(wave)
    keys = code.under(wave.salt)
    kept = field.consents.of_code(field.consents.stored_tag(keys.consent_tag), keys.consent_key)
    assert kept is not None
    assert set(kept["record"]) == {"notice", "decisions", "day", "receipt"}
    assert not set(Circumstances.model_fields) & set(kept["record"])
    assert document(field, code) == before, "downloaded after settling it is the same receipt"
    commitment = kept["record"]["receipt"]
    assert committed(Code.new().under(wave.salt).receipt_salt, commitment) is None
    assert committed(bytes(32), commitment) is None


def test_every_circumstance_there_can_be_is_found_again() -> None:
    salt = bytes(range(32))
    everything = list(Circumstances.all())
    assert len(set(everything)) == len(everything) == 4 * 3 * 2 * 5 * 2 * 2
    assert len({receipt_commitment(salt, said) for said in everything}) == len(everything)
    for said in everything[:: len(everything) // 7]:
        assert committed(salt, receipt_commitment(salt, said)) == said


def test_an_unknown_code_and_an_erased_one_have_no_receipt(field: Field, code: Code) -> None:
    asyncio.run(field.rights.erase(code))
    for gone in (code, Code.new()):
        with pytest.raises(NotFound):
            held(field, gone)


def test_the_command_tells_valid_from_changed_from_not_ours(
    field: Field, code: Code, tmp_path: Path
) -> None:
    Keyring.create(tmp_path / "other" / "keys")
    receipt, key = tmp_path / "receipt.jsonld", tmp_path / "key.pem"
    receipt.write_bytes(asyncio.run(field.receipts.signed(code)))
    key.write_text(field.receipts.public_pem)

    def verify(*options: str | Path) -> tuple[int, str]:
        done = CliRunner().invoke(main, ["consent", "verify", str(receipt), *map(str, options)])
        assert "Traceback" not in done.output
        return done.exit_code, done.output

    other = tmp_path / "other"
    assert verify("--key", key)[0] == 0
    assert verify("--data-dir", other) == (2, verify("--data-dir", other)[1])
    assert "not ours" in verify("--data-dir", other)[1]
    printed = CliRunner().invoke(main, ["consent", "key", "--data-dir", str(other)]).output
    assert read_keys(printed.encode())
    assert verify("--data-dir", tmp_path / "nothing")[0] == 2
    assert "--key" in verify("--data-dir", tmp_path / "nothing")[1]
    assert verify("--key", receipt)[0] == 2, "a key file that holds none"
    receipt.write_text(receipt.read_text().replace("dpv:ConsentGiven", "dpv:ConsentRefused", 1))
    assert verify("--key", key)[0] == 1
    assert json.loads(verify("--key", key, "--json")[1]) == {"verdict": "invalid"}


def test_what_was_taken_back_since_is_said_beside_what_was_decided(
    field: Field, code: Code
) -> None:
    asyncio.run(field.rights.withdraw(code, "research_reuse"))
    found = document(field, code)
    processes = found["dpv:hasRecordOfActivity"]["dpv:hasProcess"]
    status = {p["dpv:hasPurpose"]["dct:identifier"]: p["dpv:hasConsentStatus"] for p in processes}
    assert status["research_reuse"] == "dpv:ConsentWithdrawn"
    assert status["participation"] == "dpv:ConsentGiven"
    said = {line.title: line.said for line in worded(held(field, code), "en").decided}
    assert said["Use in research"] == "You have taken this back since."
