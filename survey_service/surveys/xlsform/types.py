"""What a row's type means here: a question, a bracket, dropped, or refused with a remedy."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Fate(StrEnum):
    """What becomes of a row of a type."""

    ONE = "one choice"
    SEVERAL = "several choices"
    INTEGER = "whole number"
    DECIMAL = "decimal number"
    DATE = "date"
    RANGE = "range"
    TEXT = "text"
    NOTE = "note"
    ACKNOWLEDGE = "acknowledge"
    CALCULATE = "calculate"
    BEGIN = "begin group"
    END = "end group"
    BEGIN_REPEAT = "begin repeat"
    END_REPEAT = "end repeat"
    DROPPED = "dropped"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowType:
    """A type understood: what becomes of it, its list of choices, and what to do if refused."""

    fate: Fate
    choices: str = ""
    or_other: bool = False
    remedy: str = ""


_PLAIN: Final = {
    "integer": Fate.INTEGER, "int": Fate.INTEGER, "range": Fate.RANGE, "text": Fate.TEXT,
    "string": Fate.TEXT, "note": Fate.NOTE, "acknowledge": Fate.ACKNOWLEDGE,
    "trigger": Fate.ACKNOWLEDGE, "calculate": Fate.CALCULATE, "calculation": Fate.CALCULATE,
    "begin group": Fate.BEGIN, "end group": Fate.END, "decimal": Fate.DECIMAL, "date": Fate.DATE,
    "begin repeat": Fate.BEGIN_REPEAT, "end repeat": Fate.END_REPEAT,
}  # fmt: skip
_TRACKING: Final = frozenset({
    "start", "end", "today", "deviceid", "device_id", "username", "phonenumber", "phone_number",
    "simserial", "sim_serial", "sim_id", "subscriberid", "subscriber_id", "email", "audit",
    "start-geopoint", "background-audio", "background-geopoint", "uri:deviceid",
    "uri:phonenumber", "uri:simserial", "uri:subscriberid", "uri:username", "uri:email", "imei",
    "get_device_id", "get_subscriber_id", "get_sim_id", "get_phone_number",
})  # fmt: skip
_LOCATION = "Ask for the municipality from a list of choices; a point on the map names a person."
_FILE = "A picture, a voice or a file can show who somebody is. Ask with choices instead."
_EXTERNAL = "Put the choices into the choices sheet."
_TIMES = "Ask for the date, or for the part of the day with select_one."
_REMEDIES: Final = {
    "geopoint": _LOCATION, "geotrace": _LOCATION, "geoshape": _LOCATION, "location": _LOCATION,
    "image": _FILE, "photo": _FILE, "audio": _FILE, "video": _FILE, "file": _FILE,
    "barcode": "Ask for what the code says, if it does not name a person.",
    "time": _TIMES, "datetime": _TIMES,
    "rank": "Ask which one matters most, with select_one.",
    "hidden": "Remove the row; nothing is collected that people do not see.",
    "xml-external": _EXTERNAL, "csv-external": _EXTERNAL,
}  # fmt: skip
_SELECT: Final = re.compile(
    r"(?P<how>add select one prompt using|select one from|select[_ ]one|select1"
    r"|add select multiple prompt using|select all that apply(?: from)?|select many"
    r"|select[_ ]multiple|select)\s+(?P<list>\S+)"
    r"(?P<other>\s+or[_ ](?:specify[_ ])?other)?",
    re.IGNORECASE,
)
_OUTSIDE: Final = re.compile(
    r"select[_ ](?:one|multiple)[_ ](?:from[_ ]file|external)\b.*", re.IGNORECASE
)


def row_type(text: str) -> RowType:
    """What a row of this type becomes; whatever is not known is refused."""
    written = " ".join(text.split())
    if _OUTSIDE.fullmatch(written):
        return RowType(Fate.REFUSED, remedy=_EXTERNAL)
    found = _SELECT.fullmatch(written)
    if found:
        one = bool(re.search(r"one|1", found["how"].lower()))
        fate = Fate.ONE if one else Fate.SEVERAL
        return RowType(fate, found["list"], bool(found["other"]))
    key = written.lower()
    spaced = key.replace("_", " ")
    if key in _TRACKING or key.replace(" ", "_") in _TRACKING:
        return RowType(Fate.DROPPED)
    if spaced in _PLAIN or key in _PLAIN:
        return RowType(_PLAIN.get(spaced) or _PLAIN[key])
    remedy = _REMEDIES.get(spaced) or _REMEDIES.get(key.split(" ")[0].split("_")[0], "")
    return RowType(Fate.REFUSED, remedy=remedy or "Use one of the types that the reference lists.")
