"""Our own icons, drawn in the page: no request, and they take the colour of the words beside them.

Each is the inside of an `svg` of 24 by 24 units, lines only. They stand beside words and never for
them, so a screen reader passes over them. A questionnaire names those of `FOR_OPTIONS`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

_BUTTONS: Final = {
    "dont_know": '<circle cx="12" cy="12" r="9"/><path d="M9.3 9.5a2.8 2.8 0 1 1 4 2.5c-.9.5-1.3 1-1.3 2M12 17v.2"/>',  # noqa: E501
    "refused": '<circle cx="12" cy="12" r="9"/><path d="M8 9.5v.2M16 9.5v.2M7.5 15.5h9"/>',
    "pause": '<path d="M8.5 5v14M15.5 5v14"/>',
    "leave": '<path d="M13 4H5v16h8M10 12h10M16 8l4 4-4 4"/>',
    "stop": '<path d="M4 7h16M9 7V4h6v3M6.5 7l1 13h9l1-13"/>',
    "hear": '<path d="M4 9.5v5h3.5l5 4v-13l-5 4zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11"/>',
    "hand": '<path d="M4 8h13M13 4l4 4-4 4M20 16H7M11 12l-4 4 4 4"/>',
}
FOR_OPTIONS: Final[Mapping[str, str]] = {
    "alert": '<path d="M12 4 2.5 20h19zM12 10v5M12 17.5v.2"/>',
    "bath": '<path d="M3 12h18v2a5 5 0 0 1-5 5H8a5 5 0 0 1-5-5zM6 12V6a2 2 0 0 1 4 0M7 19l-1 2M17 19l1 2"/>',  # noqa: E501
    "bill": '<path d="M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6"/>',
    "book": '<path d="M12 6C9 4 6 4 3 5v13c3-1 6-1 9 1 3-2 6-2 9-1V5c-3-1-6-1-9 1zM12 6v13"/>',
    "bus": '<rect x="4" y="5" width="16" height="12" rx="2"/><path d="M4 11h16M12 5v6"/><circle cx="8" cy="18.5" r="1.5"/><circle cx="16" cy="18.5" r="1.5"/>',  # noqa: E501
    "car": '<path d="M3 16v-4l3-1 2-4h8l2 4 3 1v4zM6 11h12"/><circle cx="7.5" cy="17" r="1.8"/><circle cx="16.5" cy="17" r="1.8"/>',  # noqa: E501
    "child": '<circle cx="12" cy="7" r="2.5"/><path d="M12 9.5V15M8 12h8M12 15l-2.5 5M12 15l2.5 5"/>',  # noqa: E501
    "city": '<path d="M3 20h18M5 20V9h6v11M11 20V4h8v16M8 12v.2M8 15.5v.2M14 8h2M14 12h2M14 16h2"/>',  # noqa: E501
    "clothes": '<path d="M9 4 4 7l2 4 2-1v10h8V10l2 1 2-4-5-3a3 3 0 0 1-6 0z"/>',
    "dark": '<path d="M19 14.5A8 8 0 1 1 9.5 5a6.5 6.5 0 0 0 9.5 9.5z"/>',
    "doctor": '<path d="M12 5v14M5 12h14"/><rect x="3" y="3" width="18" height="18" rx="4"/>',
    "family": '<circle cx="8" cy="6.5" r="2.5"/><circle cx="16" cy="6.5" r="2.5"/><circle cx="12" cy="14" r="2"/><path d="M3.5 19v-4a4.5 4.5 0 0 1 6-4M20.5 19v-4a4.5 4.5 0 0 0-6-4M9 20.5a3 3 0 0 1 6 0"/>',  # noqa: E501
    "food": '<path d="M4 12h16a8 8 0 0 1-5 7H9a8 8 0 0 1-5-7zM8 9V6M12 9V4M16 9V6"/>',
    "frown": '<circle cx="12" cy="12" r="9"/><path d="M9 9.5v.2M15 9.5v.2M8 16.5a5 5 0 0 1 8 0"/>',
    "furniture": '<path d="M5 11V7a2 2 0 0 1 2-2h10a2 2 0 0 1 2 2v4M3 11h3v4h12v-4h3v7H3zM5 18v2M19 18v2"/>',  # noqa: E501
    "health": '<path d="M12 20C6 15.5 3 12.5 3 9a4.5 4.5 0 0 1 9-1 4.5 4.5 0 0 1 9 1c0 3.5-3 6.5-9 11z"/>',  # noqa: E501
    "holiday": '<circle cx="12" cy="12" r="4"/><path d="M12 3v2M12 19v2M3 12h2M19 12h2M5.6 5.6 7 7M17 17l1.4 1.4M18.4 5.6 17 7M7 17l-1.4 1.4"/>',  # noqa: E501
    "home": '<path d="M3 11.5 12 4l9 7.5M5.5 10v10h13V10M10 20v-6h4v6"/>',
    "internet": '<circle cx="12" cy="12" r="9"/><path d="M3 12h18M12 3c3 3 3 15 0 18M12 3c-3 3-3 15 0 18"/>',  # noqa: E501
    "key": '<circle cx="8" cy="8" r="4"/><path d="m11 11 9 9M17 17l2-2M14 14l2-2"/>',
    "leaf": '<path d="M5 19C5 9 11 5 20 4c0 10-5 15-13 14M5 20c2-5 5-8 9-10"/>',
    "money": '<rect x="3" y="6" width="18" height="12" rx="2"/><circle cx="12" cy="12" r="3"/><path d="M6 9.5v.2M18 14.5v.2"/>',  # noqa: E501
    "music": '<path d="M9 18V6l10-2v12"/><circle cx="6.5" cy="18" r="2.5"/><circle cx="16.5" cy="16" r="2.5"/>',  # noqa: E501
    "neutral": '<circle cx="12" cy="12" r="9"/><path d="M9 9.5v.2M15 9.5v.2M8 15.5h8"/>',
    "no": '<path d="m6 6 12 12M18 6 6 18"/>',
    "none": '<circle cx="12" cy="12" r="9"/><path d="m5.8 5.8 12.4 12.4"/>',
    "other": '<path d="M6 12v.2M12 12v.2M18 12v.2"/><circle cx="12" cy="12" r="10"/>',
    "people": '<circle cx="9" cy="8" r="3"/><path d="M3 20v-2a6 6 0 0 1 12 0v2M15 5.3a3 3 0 0 1 0 5.4M18 14a6 6 0 0 1 3 4.5V20"/>',  # noqa: E501
    "person": '<circle cx="12" cy="7.5" r="3.5"/><path d="M5 20.5a7 7 0 0 1 14 0"/>',
    "phone": '<rect x="7" y="2.5" width="10" height="19" rx="2"/><path d="M11 18.5h2"/>',
    "power": '<path d="M13 2.5 5 13.5h6l-1 8 8-11h-6z"/>',
    "rain": '<path d="M7 14a4.5 4.5 0 1 1 1-8.9a5.5 5.5 0 0 1 10.5 2A3.5 3.5 0 0 1 18 14zM8 17l-1 3M12.5 17l-1 3M17 17l-1 3"/>',  # noqa: E501
    "rest": '<path d="M3 19v-8M3 16h18v3M21 16v-1a3 3 0 0 0-3-3h-7v4"/><circle cx="7" cy="12" r="1.8"/>',  # noqa: E501
    "school": '<path d="M2.5 9 12 5l9.5 4L12 13zM6.5 11v5c3.5 2.5 7.5 2.5 11 0v-5M21.5 9v6"/>',
    "shoes": '<path d="M4 7h5l1 4c3 1 8 1 10 4v3H4zM4 15h16"/>',
    "smile": '<circle cx="12" cy="12" r="9"/><path d="M9 9.5v.2M15 9.5v.2M8 14a5 5 0 0 0 8 0"/>',
    "talk": '<path d="M4 5h16v11h-9l-4 4v-4H4zM8 9h8M8 12.5h5"/>',
    "toilet": '<path d="M6 4h4v8M6 4v8h12a6 6 0 0 1-6 6M8 12a6 6 0 0 0 4 6v3H9v-3.5"/>',
    "town": '<path d="M2.5 20h19M4 20v-8l4-3 4 3v8M12 20V8l4-3.5L20 8v12M8 15v.2M16 11v.2M16 15v.2"/>',  # noqa: E501
    "warm": '<path d="M12 21a6 6 0 0 0 6-6c0-5-5-6-5-12-4 3-7 7-7 12a6 6 0 0 0 6 6zM12 21a2.5 2.5 0 0 0 2.5-2.5c0-2-2.5-2.5-2.5-4.5-2 1.5-2.5 3-2.5 4.5A2.5 2.5 0 0 0 12 21z"/>',  # noqa: E501
    "water": '<path d="M12 3c4 5 6 8 6 11a6 6 0 0 1-12 0c0-3 2-6 6-11z"/>',
    "work": '<rect x="3" y="8" width="18" height="11" rx="2"/><path d="M9 8V5h6v3M3 13h18M12 12v2"/>',  # noqa: E501
    "yes": '<path d="m4.5 12.5 5 5 10-11"/>',
}
"""What the column `icon` of a questionnaire may name, in the order of the alphabet."""

DRAWINGS: Final[Mapping[str, str]] = {**FOR_OPTIONS, **_BUTTONS}
"""Every icon there is."""
