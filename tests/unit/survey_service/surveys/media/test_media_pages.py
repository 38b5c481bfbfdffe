"""From the names in a sheet to what people see and hear: put there, locked at opening, served."""

from __future__ import annotations

import re
from pathlib import Path
from typing import cast

import pytest
from httpx import Response

from schemas.audit import Act
from survey_service.audit_log.service import AuditLog
from survey_service.collection import pages as collection_pages
from survey_service.problems import Conflict
from survey_service.rights import pages as rights_pages
from survey_service.stores.stores import Stores
from survey_service.surveys.core import load
from survey_service.surveys.media.cleaning import clean
from survey_service.surveys.media.limits import Medium
from survey_service.surveys.media.service import MediaFiles
from survey_service.surveys.opening import NotReadyToOpen
from survey_service.surveys.waves import WaveState
from survey_service.surveys.xlsform.exporting import as_sheets
from survey_service.surveys.xlsform.importing import import_workbook
from survey_service.surveys.xlsform.markdown import write_markdown
from tests.unit.survey_service.surveys.coordinating import Coordinator, words
from tests.unit.survey_service.web.kit import application, browser
from tests.unit.survey_service.web.respondent import Respondent

DATA = Path(__file__).parents[4] / "data" / "media"
REASON = "The library asked for it, and it is a trial."
SHEET = """
| survey |
| | type | name | label::English (en) | label::Latviešu (lv) | media::image | image_alt::English (en) | media::audio::English (en) | audio::Latviešu (lv) | privacy_role |
| | select_one yesno | visited | Were you here? | Vai bijāt šeit? | house.png | A library | a.en.mp3 | a.lv.opus | plain |
| | integer | age | How old are you? | Cik Jums gadu? | - | | | | plain |
| choices |
| | list_name | name | label::English (en) | label::Latviešu (lv) | image | media::audio::English (en) | icon |
| | yesno | yes | Yes | Jā | yes.jpg | yes.wav | yes |
| | yesno | no | No | Nē | | | no |
"""  # noqa: E501 - a table
FILES = {"house.png": "picture.png", "a.en.mp3": "tone.mp3", "a.lv.opus": "tone.opus",
         "yes.jpg": "photo.jpg", "yes.wav": "tone.wav"}  # fmt: skip


@pytest.fixture
def cora(sqlite_stores: Stores, tmp_path: Path) -> Coordinator:
    """A coordinator."""
    return Coordinator(sqlite_stores, tmp_path)


@pytest.fixture
def version(cora: Coordinator) -> str:
    """The address of a stored questionnaire that names five files."""
    return cora.store(SHEET.encode(), survey="library")


def put(cora: Coordinator, version: str, files: dict[str, str]) -> Response:
    """Put samples there under these names."""
    parts = [(name, (DATA / sample).read_bytes()) for name, sample in files.items()]
    return cora.post(f"{version}/media", {}, files=parts)


def sha(version: str) -> str:
    """The digest of a version, from its address."""
    return version.rpartition("/")[2]


def opened(cora: Coordinator, version: str) -> str:
    """A wave of the version with every warning accepted; raises what keeps it from opening."""
    wave = cora.prepare(version)
    found = cora.get(f"/office/surveys/{wave}/open").text
    kinds = re.findall(r'name="accept" value="(\w+)"', found)
    cora.services.field_work.open_wave_now(wave, None, dict.fromkeys(kinds, REASON))
    return wave


def test_the_page_lists_every_file_that_the_sheet_names_where_and_whether_it_is_there(
    cora: Coordinator, version: str
) -> None:
    before = words(cora.get(f"{version}/media"))
    assert "5 files are missing" in before
    assert re.search(r"a\.en\.mp3 missing Recording: visited \(en\); survey, row 4, media", before)
    assert re.search(r"yes\.jpg missing Picture: visited\.yes \(en\), visited\.yes \(lv\)", before)
    done = put(cora, version, {"a.en.mp3": "tone.mp3", "house.png": "picture.png"})
    assert done.status_code == 303
    after = cora.get(done.headers["location"])
    assert "3 files are missing" in words(after)
    assert re.search(r"house\.png 64 × 48, 0\.2 kB", words(after))
    assert after.text.count("<audio") == after.text.count("<img") == 1
    assert cora.logged().count(Act.MEDIA_STORED) == 1
    entry = next(e for e in cora.entries() if e["act"] == "media_stored")
    assert entry["counts"] == {"files": 2}
    assert "house" not in str(entry), "names of files are words of people, and not logged"


def test_what_is_not_taken_is_named_with_the_reason_and_the_rest_is_kept(
    cora: Coordinator, version: str
) -> None:
    page = put(cora, version, {"house.png": "tone.mp3", "House.png": "picture.png",
               "../a.en.mp3": "tone.mp3", "a.lv.opus": "tone.opus"})  # fmt: skip
    said = words(page)
    assert page.status_code == 422
    assert re.search(r"house\.png : A picture has to be PNG", said)
    assert re.search(
        r"House\.png : The questionnaire names no such file\. Did you mean 'house", said
    )
    assert "../a.en.mp3 : The questionnaire names no such file." in said
    assert set(cora.services.surveys.media.of_now(sha(version)).by_name) == {"a.lv.opus"}
    assert cora.post(f"{version}/media", {}, x=("x", b"")).status_code == 422


def test_a_name_that_turns_the_words_around_it_stays_in_its_place(
    cora: Coordinator, version: str
) -> None:
    page = cora.post(f"{version}/media", {}, files=[("\u202egnp.<b>", b"x"), ("שלום.png", b"x")])
    assert "\u202e" not in page.text
    assert "<b>" not in page.text
    assert "<bdi>שלום.png</bdi>" in page.text


def test_no_wave_opens_until_every_file_is_there_and_then_nothing_changes_any_more(
    cora: Coordinator, version: str
) -> None:
    put(cora, version, {n: s for n, s in FILES.items() if n != "a.lv.opus"})
    wave = cora.prepare(version)
    page = words(cora.get(f"/office/surveys/{wave}/open"))
    assert "it cannot be opened" in page
    assert (
        "visited (lv): The file 'a.lv.opus' is not there (survey, row 4, audio::Latviešu (lv))"
        in page
    )
    with pytest.raises(NotReadyToOpen):
        cora.services.field_work.open_wave_now(wave, None, {})
    put(cora, version, {"a.lv.opus": "tone.opus"})
    first = cora.services.surveys.media.of_now(sha(version))
    opened(cora, version)
    page = put(cora, version, {"house.png": "palette.png"})
    assert "locked" in words(page)
    assert page.status_code == 422
    made = clean((DATA / "palette.png").read_bytes(), Medium.IMAGE)
    with pytest.raises(Conflict):
        cora.services.surveys.media.store_now(sha(version), "library", {"house.png": made})
    assert cora.services.surveys.media.of_now(sha(version)) is first
    assert 'type="file"' not in cora.get(f"{version}/media").text
    entry = next(e for e in cora.entries() if e["act"] == "wave_opened")
    assert set(entry["hashes"]) == {"files"}


def test_a_file_of_the_same_name_takes_the_others_place_and_nothing_is_left_of_that(
    cora: Coordinator, version: str
) -> None:
    put(cora, version, {"house.png": "picture.png"})
    (old,) = cora.services.surveys.media.of_now(sha(version)).by_name.values()
    put(cora, version, {"house.png": "palette.png"})
    (new,) = cora.services.surveys.media.of_now(sha(version)).by_name.values()
    assert old.sha != new.sha
    assert cora.get(new.address).status_code == 200
    rows = cora.services.stores.office.read_now(
        lambda tx: tx._execute("SELECT sha FROM media_file").fetchall()
    )
    assert rows == [(new.sha,)]


def test_a_file_is_served_for_good_as_what_it_is_and_in_pieces(
    cora: Coordinator, version: str
) -> None:
    put(cora, version, {"a.en.mp3": "tone.mp3"})
    (file,) = cora.services.surveys.media.of_now(sha(version)).by_name.values()
    whole = cora.get(file.address)
    assert whole.headers["content-type"] == "audio/mpeg"
    assert "immutable" in whole.headers["cache-control"]
    assert "set-cookie" not in whole.headers
    size = len(whole.content)
    pieces = [("0-", 0, size), ("10-19", 10, 20), ("-7", size - 7, size), ("5-99999", 5, size)]
    for asked, start, end in pieces:
        part = cora.client.get(file.address, headers={"range": f"bytes={asked}"})
        assert part.status_code == 206
        assert part.content == whole.content[start:end]
        assert part.headers["content-range"] == f"bytes {start}-{end - 1}/{size}"
    assert cora.client.get(file.address, headers={"range": "bytes=99999999-"}).status_code == 416
    assert cora.client.get(file.address, headers={"range": "lines=1-2"}).status_code == 200
    for wrong in (file.address.replace("mp3", "html"), "/media/" + "0" * 64 + ".png",
                  "/media/..%2f..%2fkeys", "/media/a.en.mp3"):  # fmt: skip
        assert cora.get(wrong).status_code == 404


def test_a_question_can_be_heard_and_seen_in_the_language_of_its_page(
    cora: Coordinator, version: str
) -> None:
    put(cora, version, FILES)
    started = cora.post(f"{version}/preview", {"lang": "en"})
    cora.client.cookies.update(started.cookies)
    page = cora.get(started.headers["location"]).text
    files = cora.services.surveys.media.of_now(sha(version)).by_name
    assert f'src="{files["a.en.mp3"].address}" aria-label="Listen to this question"' in page
    assert f'src="{files["yes.wav"].address}" aria-label="Listen: Yes"' in page
    assert page.count('preload="none"') == page.count("<audio") == 2
    assert 'width="64" height="48" alt="A library" loading="lazy"' in page
    assert f'src="{files["yes.jpg"].address}" width="64" height="48" alt="" loading="lazy"' in page
    latvian = cora.get(started.headers["location"].replace("/en/", "/lv/")).text
    assert files["a.lv.opus"].address in latvian
    assert files["a.en.mp3"].address not in latvian
    assert files["yes.wav"].address not in latvian, "nobody hears a language he does not read"
    assert files["house.png"].address in latvian, "a picture serves every language"


def test_the_names_come_back_from_a_file_that_was_written_out_and_names_that_are_none_do_not(
    cora: Coordinator, version: str
) -> None:
    stored = cora.services.surveys.library.version_now(sha(version))
    core = load()
    again = import_workbook(
        write_markdown(as_sheets(stored.questionnaire, {})).encode(),
        code_lists={},
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
    )
    assert again.questionnaire == stored.questionnaire
    for name in ("../x.png", "a/b.png", "C:\\x.png", ".hidden", "a\u202egnp.exe", "x" * 200):
        page = cora.upload(SHEET.replace("house.png", name).encode(), do="check")
        assert page.status_code == 422
        assert re.search(r"survey 4 media::image Refused This is no name of a file", words(page))
    page = cora.upload(SHEET.replace("media::image ", "media::video ").encode(), do="check")
    assert "Films and large pictures are not taken." in words(page)


def test_every_wave_of_a_questionnaire_has_the_files_that_were_put_beside_it_since(
    cora: Coordinator, version: str
) -> None:
    wave = cora.prepare(version)
    assert cora.services.surveys.wave_now(wave).files.by_name == {}
    put(cora, version, FILES)
    assert opened(cora, version) != wave
    surveys = cora.services.surveys
    surveys.look_again()
    assert {w.state for w in surveys.waves_now()} == {WaveState.DRAFT, WaveState.OPEN}
    assert {tuple(w.files.by_name) for w in surveys.waves_now()} == {tuple(sorted(FILES))}


NOTED = SHEET.replace(
    "| | select_one yesno |",
    "| | note | welcome | Look at this. | Skatieties. | house.png | A library | a.en.mp3 | | |\n"
    "| | select_one yesno |",
    1,
)


def test_notes_can_be_heard_and_seen_and_wait_for_their_files_as_questions_do(
    cora: Coordinator,
) -> None:
    version = cora.store(NOTED.encode(), survey="library")
    stored = cora.services.surveys.library.version_now(sha(version))
    core = load()
    again = import_workbook(
        write_markdown(as_sheets(stored.questionnaire, {})).encode(),
        code_lists={},
        parameters=core.parameters,
        reference_day=core.questionnaire.reference_day,
    )
    assert again.questionnaire == stored.questionnaire
    put(cora, version, {n: s for n, s in FILES.items() if n != "a.en.mp3"})
    page = words(cora.get(f"/office/surveys/{cora.prepare(version)}/open"))
    assert "welcome (en): The file 'a.en.mp3' is not there (survey, row 4" in page
    put(cora, version, {"a.en.mp3": "tone.mp3"})
    started = cora.post(f"{version}/preview", {"lang": "en"})
    cora.client.cookies.update(started.cookies)
    files = cora.services.surveys.media.of_now(sha(version)).by_name
    english = cora.get(started.headers["location"]).text
    assert f'src="{files["a.en.mp3"].address}" aria-label="Listen to this note"' in english
    assert english.count('alt="A library"') == 2
    latvian = cora.get(started.headers["location"].replace("/en/", "/lv/")).text
    assert "Listen to this note" not in latvian
    assert files["a.en.mp3"].address not in latvian
    assert latvian.count(files["house.png"].address) == 2


def test_a_note_after_the_last_question_closes_the_preview_and_describes_its_own_picture(
    cora: Coordinator,
) -> None:
    bye = "| | note | bye | That was all. | Tas ir viss. | house.png | | | | |\n"
    version = cora.store(
        SHEET.replace("| choices |\n", bye + "| choices |\n").encode(), survey="library"
    )
    put(cora, version, FILES)
    started = cora.post(f"{version}/preview", {"lang": "en"})
    cora.client.cookies.update(started.cookies)
    check = re.sub(r"/q/.*", "/check", started.headers["location"])
    page = cora.get(check).text
    assert '<p class="remark">That was all.</p>' in page
    assert 'alt="That was all."' in page, "as the report says: the words are heard instead"
    assert 'alt="Tas ir viss."' in cora.get(check.replace("/en/", "/lv/")).text


def test_a_correction_shows_and_lets_hear_what_the_form_did(
    cora: Coordinator, version: str
) -> None:
    put(cora, version, FILES)
    opened(cora, version)
    services = cora.services
    routes = [*collection_pages.ROUTES, *rights_pages.ROUTES]
    rooms = ("surveys", "collection", "rights", "receipts", "invitations")
    app = application(routes, **{name: getattr(services, name) for name in rooms})
    somebody = Respondent(browser(app))
    notice = services.surveys.answerable_now("library").notice
    yes = {purpose.id.value: "yes" for purpose in notice.purposes} | {"contact": "no"}
    assert somebody.post("/survey/library/en/consent", yes).status_code == 303
    form = somebody.get("/survey/library/en/q/visited").text
    somebody.post("/survey/library/en/q/visited", {"value": "yes", "go": "next"})
    somebody.post("/survey/library/en/check")
    page = somebody.get("/my-answers/en/correct/visited").text
    for kind in (r"<img[^>]*>", r"<audio[^>]*>"):
        shown = re.findall(kind, form)
        assert len(shown) == 2
        assert re.findall(kind, page) == shown


def test_what_was_asked_for_last_stays_in_memory(
    sqlite_stores: Stores, monkeypatch: pytest.MonkeyPatch
) -> None:
    media = MediaFiles(sqlite_stores.office, cast(AuditLog, None))
    monkeypatch.setattr("survey_service.surveys.media.service._KEPT_IN_MEMORY", 20)
    files = {sha: ("image/png", bytes(10)) for sha in ("a", "b", "c")}
    for sha in ("a", "b"):
        media._keep(sha, files[sha])
    media.read_now("a")
    media._keep("c", files["c"])
    assert set(media._held) == {"a", "c"}
