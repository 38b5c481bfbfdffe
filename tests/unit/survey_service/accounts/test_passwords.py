"""Long passwords of any kind are taken, guessable ones refused, and two are hashed at a time."""

from __future__ import annotations

import asyncio
import os
import threading

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from survey_service.accounts import passwords
from survey_service.accounts.passwords import Passwords, new_one_time_password, refuse_weak
from survey_service.problems import InvalidInput, TooMany


@pytest.mark.parametrize(
    "password",
    [
        "eleven green umbrellas",
        "Kā tu dzīvo, mans draugs?",
        "ветер качает старую лодку",
        "😀😃😄😁😆😅🤣😂🙂🙃😉😊😇🥰😍🤩",
        "  spaces at both ends  ",
        "84916302750419638275",
        "x7#Qm" * 10 + "zebra lemon",
        "long " + "ability zebra quartz " * 30,
    ],
)
def test_any_long_password_that_nobody_guesses_is_taken(password: str) -> None:
    refuse_weak("password", password, "ilze.kalnina")


@pytest.mark.parametrize(
    "password",
    [
        "short",
        "fourteen chars",
        "passwordpassword",
        "Password1234567890!",
        "correct horse battery staple",
        "CorrectHorseBatteryStaple",
        "1234567890123456789",
        "qwertyuiopasdfghjkl",
        "aaaaaaaaaaaaaaaaaaaa",
        "йцукенгшщзхъ123456",
        "roma-survey-2026-roma",
        "kulturas ministrija 1",
        "ilze.kalnina.2026.ilze",
        "Latvija Latvija Rīga!",
        "equality data survey platform",
        "x" * 1001,
        "",
    ],
)
def test_what_is_guessed_first_is_refused(password: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        refuse_weak("password", password, "ilze.kalnina")
    assert refused.value.fields[0].field == "password"
    assert len(password) < 10 or password not in repr(refused.value.fields)


@given(st.text(min_size=64, max_size=200, alphabet=st.characters(categories=["L", "N"])))
@settings(max_examples=50, deadline=None)
def test_no_rule_asks_for_a_kind_of_character(password: str) -> None:
    if len(set(password.casefold())) > 40:
        refuse_weak("password", password, "nobody")


def test_one_time_passwords_differ_and_may_be_chosen() -> None:
    made = {new_one_time_password() for _ in range(50)}
    assert len(made) == 50
    for password in made:
        assert len(password) == 27
        refuse_weak("password", password, "nobody")


def test_a_hash_is_argon2id_with_the_parameters_of_the_design() -> None:
    hashed = Passwords().hash_now("eleven green umbrellas")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


def test_only_the_right_password_fits_and_trailing_space_counts() -> None:
    hasher = Passwords()

    async def fitting() -> list[bool]:
        stored = await hasher.hash("eleven green umbrellas")
        return [
            await hasher.fits(stored, "eleven green umbrellas"),
            await hasher.fits(stored, "eleven green umbrellas "),
            await hasher.fits(stored, "Eleven green umbrellas"),
            await hasher.fits(None, "eleven green umbrellas"),
            await hasher.fits("no hash at all", "eleven green umbrellas"),
        ]

    assert asyncio.run(fitting()) == [True, False, False, False, False]
    assert not hasher.outdated(hasher.hash_now("eleven green umbrellas"))


def test_one_core_is_left_to_respondents_where_there_are_several() -> None:
    assert [passwords.at_a_time(cores) for cores in (1, 2, 3, 8)] == [1, 1, 2, 7]
    assert passwords.at_a_time(len(os.sched_getaffinity(0))) == passwords.AT_A_TIME


def test_a_hash_stands_behind_every_other_thread_of_the_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    here = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
    behind = []

    def fits(_stored: str, _password: str) -> bool:
        behind.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id()))
        return False

    monkeypatch.setattr(passwords, "_fits", fits)
    asyncio.run(Passwords().fits("x", "y"))
    assert behind == [min(19, max(here, passwords.NICENESS))]
    assert os.getpriority(os.PRIO_PROCESS, threading.get_native_id()) == here


def test_one_core_is_left_for_others_and_a_flood_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    hasher = Passwords()
    lock, running, most = threading.Lock(), 0, 0
    release, both = threading.Event(), threading.Event()

    def slow(_stored: str, _password: str) -> bool:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
            if running == passwords.AT_A_TIME:
                both.set()
        release.wait(5)
        with lock:
            running -= 1
        return False

    monkeypatch.setattr(passwords, "_fits", slow)

    async def flood() -> list[bool | BaseException]:
        asked = [asyncio.ensure_future(hasher.fits("x", "y")) for _ in range(60)]
        await asyncio.to_thread(both.wait, 5)
        release.set()
        return await asyncio.gather(*asked, return_exceptions=True)

    answers = asyncio.run(flood())
    assert most == passwords.AT_A_TIME
    assert sum(isinstance(answer, TooMany) for answer in answers) == 20
