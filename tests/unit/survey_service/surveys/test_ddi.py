"""The DDI document keeps to the standard's elements and their order, and says what is asked."""

from __future__ import annotations

from xml.etree import ElementTree as ET

import pytest

from survey_service.surveys.core import load
from survey_service.surveys.ddi import NAMESPACE, codebook_xml

CORE = load()
# The children of each element that is used, in the order of the standard.
# Source: DDI Alliance, DDI-Codebook 2.5, codebook.xsd (2012-01-17).
CHILDREN = {
    "codeBook": "docDscr stdyDscr fileDscr dataDscr otherMat",
    "docDscr": "citation controlledVocabUsed guide docStatus docSrc notes",
    "stdyDscr": "citation studyAuthorization stdyInfo studyDevelopment method dataAccs"
    " otherStdyMat notes",
    "citation": "titlStmt rspStmt prodStmt distStmt serStmt verStmt biblCit holdings notes ExtLink",
    "titlStmt": "titl subTitl altTitl parTitl IDNo",
    "prodStmt": "producer copyright prodDate prodPlac software fundAg grantNo",
    "verStmt": "version verResp notes",
    "stdyInfo": "studyBudget subject abstract sumDscr qualityStatement notes exPostEvaluation",
    "sumDscr": "timePrd collDate nation geogCover geogUnit geoBndBox boundPoly anlyUnit"
    " universe dataKind",
    "dataDscr": "varGrp nCubeGrp var nCube notes",
    "varGrp": "labl txt concept defntn universe notes",
    "var": "location labl imputation security embargo respUnit anlysUnit qstn valrng invalrng"
    " undocCod universe TotlResp sumStat txt stdCatgry catgryGrp catgry codInstr verStmt concept"
    " derivation varFormat geoMap catLevel notes",
    "qstn": "preQTxt qstnLit postQTxt forward backward ivuInstr",
    "valrng": "item range key notes",
    "catgry": "catValu labl txt catStat mrow",
    "derivation": "drvdesc drvcmd",
}
ONCE = {"imputation", "security", "embargo", "derivation", "varFormat", "catValu", "titlStmt"}


@pytest.fixture(scope="module")
def root() -> ET.Element:
    return ET.fromstring(
        codebook_xml(CORE.form, CORE.questionnaire.title, CORE.notice.controller.name)
    )


def name(element: ET.Element) -> str:
    assert element.tag.startswith(f"{{{NAMESPACE}}}"), element.tag
    return element.tag.rpartition("}")[2]


def test_every_element_is_the_standards_and_stands_where_it_says(root: ET.Element) -> None:
    assert (name(root), root.get("version")) == ("codeBook", "2.5")
    for parent in root.iter():
        allowed = CHILDREN.get(name(parent), "").split()
        found = [name(child) for child in parent]
        places = [allowed.index(child) for child in found if child in allowed]
        assert len(places) == len(found), (name(parent), set(found) - set(allowed))
        assert places == sorted(places), (name(parent), found)
        assert all(found.count(one) <= 1 for one in ONCE), (name(parent), found)


def test_ids_are_unique_and_every_reference_leads_somewhere(root: ET.Element) -> None:
    ids = [element.get("ID") for element in root.iter() if element.get("ID")]
    assert len(set(ids)) == len(ids)
    referred = [
        ref for group in root.iter(f"{{{NAMESPACE}}}varGrp") for ref in group.get("var", "").split()
    ]
    assert set(referred) <= set(ids)
    assert len(referred) == len(CORE.form.variables)


def test_every_variable_is_there_with_its_question_codes_and_states(root: ET.Element) -> None:
    variables = {var.get("name"): var for var in root.iter(f"{{{NAMESPACE}}}var")}
    assert set(variables) == set(CORE.form.variable)
    assert {var.get("intrvl") for var in variables.values()} == {"discrete"}
    sex = variables["B4"]
    said = {
        (q.get("{http://www.w3.org/XML/1998/namespace}lang"), q.text)
        for q in sex.iter(f"{{{NAMESPACE}}}qstnLit")
    }
    assert said == set(CORE.form.by_id["B4"].text.root.items())
    codes = [c.findtext(f"{{{NAMESPACE}}}catValu") for c in sex.iter(f"{{{NAMESPACE}}}catgry")]
    assert codes == ["m", "f", "o", "refused", "dont_know", "not_asked", "missing"] or codes[
        -4:
    ] == [
        "refused",
        "dont_know",
        "not_asked",
        "missing",
    ]
    missing = [c for c in sex.iter(f"{{{NAMESPACE}}}catgry") if c.get("missing") == "Y"]
    assert len(missing) == 4, "no state stands among the values"


def test_the_same_questionnaire_gives_the_same_bytes() -> None:
    made = codebook_xml(CORE.form, CORE.questionnaire.title)
    assert made == codebook_xml(CORE.form, CORE.questionnaire.title)
