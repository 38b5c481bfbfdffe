"""A questionnaire as a DDI-Codebook 2.5 document, for archives and catalogues; no data in it.

Source: DDI Alliance, DDI-Codebook 2.5 (2012), codebook.xsd: names and order of the elements.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final
from xml.etree import ElementTree as ET

from schemas.questionnaire import Question, QuestionKind, Variable
from schemas.texts import Texts
from survey_service.surveys.form import CompiledForm
from survey_service.surveys.quotes import in_brackets
from survey_service.surveys.routing_words import in_words

NAMESPACE: Final = "ddi:codebook:2_5"
_LANGUAGE: Final = "{http://www.w3.org/XML/1998/namespace}lang"
_MISSING: Final = {
    "refused": Texts(
        {"lv": "Nevēlas teikt", "ru": "Не хочет говорить", "en": "Prefers not to say"}
    ),
    "dont_know": Texts({"lv": "Nezina", "ru": "Не знает", "en": "Does not know"}),
    "not_asked": Texts({"lv": "Nav jautāts", "ru": "Не спрашивали", "en": "Not asked"}),
    "missing": Texts({"lv": "Nav atbildes", "ru": "Нет ответа", "en": "No answer"}),
}
"""The states that stand beside every answer, apart from its values."""
_NUMBERS: Final = frozenset({QuestionKind.INTEGER, QuestionKind.GROUP, QuestionKind.SCALE})


def codebook_xml(form: CompiledForm, title: Texts, producer: Texts | None = None) -> bytes:
    """The codebook in every language of the questionnaire. Equal questionnaires, equal bytes.

    `title` is the survey's; `producer` whoever answers for it, where that is known.
    """
    ET.register_namespace("", NAMESPACE)
    return _Writer(form, title, producer).write()


class _Writer:
    def __init__(self, form: CompiledForm, title: Texts, producer: Texts | None) -> None:
        self._form = form
        self._all = form.questionnaire
        self._title = title
        self._producer = producer
        self._first = self._all.languages[0]

    def write(self) -> bytes:
        root = ET.Element(_tag("codeBook"), {"version": "2.5", _LANGUAGE: self._first})
        self._citation(_add(root, "docDscr"), producer=False)
        study = _add(root, "stdyDscr")
        self._citation(study, producer=True)
        described = _add(_add(study, "stdyInfo"), "sumDscr")
        _add(described, "universe", "Whoever is asked; each question says who that is.")
        data = _add(root, "dataDscr")
        for section in self._all.sections:
            self._group(data, section.id, section.title)
        for variable in self._form.variables:
            self._variable(data, variable)
        ET.indent(root, " ")
        text: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
        return text + b"\n"

    def _citation(self, parent: ET.Element, *, producer: bool) -> None:
        citation = _add(parent, "citation")
        heading = _add(citation, "titlStmt")
        _add(heading, "titl", self._title.text(self._first), {_LANGUAGE: self._first})
        for tag in self._all.languages[1:]:
            if tag in self._title.root:
                _add(heading, "parTitl", self._title.root[tag], {_LANGUAGE: tag})
        _add(heading, "IDNo", f"{self._all.id}-{self._all.version}")
        if producer and self._producer is not None:
            made = _add(citation, "prodStmt")
            _add(made, "producer", self._producer.text(self._first))
        version = _add(citation, "verStmt")
        _add(version, "version", str(self._all.version), {"type": "version"})

    def _group(self, data: ET.Element, section: str, title: Texts) -> None:
        names = [
            _id(variable.name)
            for variable in self._form.variables
            if self._form.by_id[variable.question].section == section
        ]
        if names:
            known = {"ID": f"G_{_id(section)}", "type": "section", "var": " ".join(names)}
            self._labels(_add(data, "varGrp", attributes=known), title)

    def _variable(self, data: ET.Element, variable: Variable) -> None:
        question = self._form.by_id[variable.question]
        coded = bool(variable.codes)
        var = _add(data, "var", attributes=_attributes(variable, coded))
        self._labels(var, variable.label)
        self._question(var, question)
        if question.kind in _NUMBERS and question.derive is None and question.minimum is not None:
            limits = {"min": str(question.minimum), "max": str(question.maximum)}
            _add(_add(var, "valrng"), "range", attributes=limits)
        if question.relevant is not None:
            for tag in self._all.languages:
                words = in_words(question.relevant, self._form, tag)
                _add(var, "universe", words, {_LANGUAGE: tag, "clusion": "I"})
        for code in variable.codes:
            self._category(var, code.code, code.text)
        for state, said in _MISSING.items():
            self._category(var, state, said, missing=True)
        if variable.hierarchy:
            _add(var, "concept", variable.hierarchy, {"vocab": "hierarchy"})
        if question.derive is not None:
            _add(_add(var, "derivation"), "drvdesc", question.derive.model_dump_json())
        number = {"type": "character", "schema": "other", "otherSchema": "code"}
        _add(var, "varFormat", attributes=number)
        for kind in ("privacy_role", "gdpr_category", "purpose"):
            _add(var, "notes", str(getattr(variable, kind)), {"type": kind})

    def _question(self, var: ET.Element, question: Question) -> None:
        qstn = _add(var, "qstn", attributes={"ID": f"Q_{_id(var.attrib['name'])}"})
        for tag in self._languages(question.text):
            _add(qstn, "qstnLit", in_brackets(question.text).root[tag], {_LANGUAGE: tag})
        for tag in self._languages(question.hint):
            _add(
                qstn,
                "ivuInstr",
                in_brackets(question.hint or question.text).root[tag],
                {_LANGUAGE: tag},
            )

    def _category(self, var: ET.Element, code: str, words: Texts, *, missing: bool = False) -> None:
        category = _add(var, "catgry", attributes={"missing": "Y"} if missing else {})
        _add(category, "catValu", code)
        self._labels(category, words)

    def _labels(self, parent: ET.Element, words: Texts) -> None:
        for tag in self._languages(words):
            _add(parent, "labl", words.root[tag], {_LANGUAGE: tag})

    def _languages(self, words: Texts | None) -> Iterator[str]:
        if words is not None:
            yield from (tag for tag in self._all.languages if tag in words.root)


def _attributes(variable: Variable, coded: bool) -> dict[str, str]:
    kind = "code" if coded else "text"
    return {
        "ID": _id(variable.name),
        "name": variable.name,
        # The default, which readers (that of IPUMS, say) nevertheless look for.
        "intrvl": "discrete",
        "representationType": kind,
    }


def _add(
    parent: ET.Element, name: str, text: str = "", attributes: Mapping[str, str] | None = None
) -> ET.Element:
    made = ET.SubElement(parent, _tag(name), dict(attributes or {}))
    made.text = _CONTROL.sub(" ", text) or None
    return made


_CONTROL: Final = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold. Source: XML 1.0 (fifth edition), production 2."""


def _tag(name: str) -> str:
    return f"{{{NAMESPACE}}}{name}"


def _id(name: str) -> str:
    """A name as an xs:ID, in which only letters, digits, hyphens, points and underscores stand."""
    return "V_" + re.sub(r"[^A-Za-z0-9_.-]", "_", name)
