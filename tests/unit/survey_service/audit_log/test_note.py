"""Signed notes are those of C2SP: a foreign one is read, and every change is refused."""

from __future__ import annotations

import pytest

from survey_service.audit_log.note import Checkpoint, NoteRefused, Signer, Verifier, proof_text

# The example of the Go package golang.org/x/mod/sumdb/note.
PETER = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
SAYING = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
)
SIGNED = (
    f"{SAYING}\n— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKv"
    "qfqdngotpRZb6KE6RyyBwJnAM=\n"
)
ROOT = "ab" * 32


@pytest.fixture
def signer() -> Signer:
    return Signer("example.org/log", bytes(range(32)))


def test_a_note_of_another_implementation_opens() -> None:
    assert Verifier.parse(PETER).open(SIGNED) == SAYING


def test_a_key_survives_being_written_and_read(signer: Signer) -> None:
    text = str(signer.verifier)
    assert str(Verifier.parse(text)) == text
    assert str(Verifier.parse(PETER)) == PETER


def test_a_signed_checkpoint_opens_to_what_was_signed(signer: Signer) -> None:
    checkpoint = Checkpoint(origin="example.org/log", size=7, root=ROOT)
    note = signer.sign(checkpoint.text())
    assert Checkpoint.parse(signer.verifier.open(note)) == checkpoint


@pytest.mark.parametrize(
    ("old", "new"),
    [("\n7\n", "\n8\n"), ("example.org/log\n7", "example.com/log\n7"), ("q6ur", "q6us")],
)
def test_a_changed_checkpoint_is_refused(signer: Signer, old: str, new: str) -> None:
    note = signer.sign(Checkpoint(origin="example.org/log", size=7, root=ROOT).text())
    assert note.count(old) >= 1
    with pytest.raises(NoteRefused):
        signer.verifier.open(note.replace(old, new, 1))


def test_unknown_signatures_are_ignored_and_ours_is_found(signer: Signer) -> None:
    note = signer.sign("text\n")
    other = Signer("witness.example", bytes(32)).sign("text\n").rpartition("\n\n")[2]
    assert signer.verifier.open(note + other) == "text\n"
    text, _gap, ours = note.rpartition("\n\n")
    assert signer.verifier.open(f"{text}\n\n{other}{ours}") == "text\n"


def test_a_note_of_somebody_else_is_refused(signer: Signer) -> None:
    with pytest.raises(NoteRefused, match="not signed by this"):
        signer.verifier.open(SIGNED)
    same_name = Signer("example.org/log", bytes(32))
    with pytest.raises(NoteRefused, match="not signed by this"):
        signer.verifier.open(same_name.sign("text\n"))


@pytest.mark.parametrize(
    "text",
    [
        "",
        "no signature\n",
        "text\n\n",
        "text\n\n— name\n",
        "text\n\n— name !!!!\n",
        "te\x00xt\n\n— name AAAA\n",
        "text\n\nname AAAA\n",
        "x" * 200_000,
    ],
)
def test_what_is_no_note_is_refused(signer: Signer, text: str) -> None:
    with pytest.raises(NoteRefused):
        signer.verifier.open(text)


@pytest.mark.parametrize(
    "text",
    ["", "a\n1\n", "a\n01\nAAAA\n", "a\n-1\nAAAA\n", "a\n1\nAAAA\n", "a\n1\n!\n", "\n1\n\n\n"],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        Checkpoint.parse(text)


@pytest.mark.parametrize("text", ["", "a+b+c", PETER.replace("c74f", "c74e"), "a+b", "x" * 99])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(NoteRefused):
        Verifier.parse(text)


def test_a_note_holds_no_control_character_and_ends_its_last_line(signer: Signer) -> None:
    for text in ("no newline", "tab\there\n"):
        with pytest.raises(NoteRefused):
            signer.sign(text)


def test_a_proof_is_written_as_the_standard_says() -> None:
    text = proof_text(3, [bytes(32)], "note")
    assert text == f"c2sp.org/tlog-proof@v1\nindex 3\n{'A' * 43}=\n\nnote"
