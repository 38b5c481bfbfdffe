"""The receipt as a document for machines: ISO/IEC TS 27560 in DPV terms, with Kantara's names.

Kantara's names have no place in the JSON-LD context, so that a reader of linked data sees the
27560 receipt and a reader of Kantara receipts his own; the proof covers both.

Source: ISO/IEC TS 27560:2023; W3C DPVCG, Consent Records and Receipts as per ISO/IEC TS
27560:2023 using DPV (final report, 1 August 2024); Kantara Initiative, Consent Receipt
Specification v1.1.0 (2018).
"""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any

from schemas.consent import Circumstances, ConsentReceipt
from schemas.notice import Notice, Purpose
from schemas.texts import Texts

JURISDICTION = "LV"
"""The platform serves Latvian surveys: the authority of the notice is the Latvian one."""
AUTHORITY = "https://www.dvi.gov.lv"
RIGHTS = ("7-3", "15", "16", "17", "18", "20", "77")
CONTEXT: list[Any] = [
    "https://w3id.org/security/data-integrity/v2",
    {
        "dct": "http://purl.org/dc/terms/",
        "dpv": "https://w3id.org/dpv#",
        "eu-gdpr": "https://w3id.org/dpv/legal/eu/gdpr#",
        "loc": "https://w3id.org/dpv/loc#",
        "schema": "https://schema.org/",
    },
]
PARENT = "with the agreement of a parent or guardian"
_METHODS = {"web": "web form", "assisted": "interview", "paper": "paper form"}


def receipt_document(
    receipt: ConsentReceipt, notice: Notice, *, title: Texts, public_url: str, key: str
) -> dict[str, Any]:
    """Return the receipt as JSON-LD, without its proof.

    Nothing in it opens or finds anything: the code is not there, and its identifiers follow from
    the code alone and are kept in no store.
    """
    said = receipt.circumstances
    language = said.language if said else notice.languages[0]
    granted = {decision.purpose: decision.granted for decision in receipt.decisions}
    asked = [purpose for purpose in notice.purposes if purpose.id in granted]
    service = title.text(language)
    policy = f"{public_url}/survey/{receipt.survey}/{language}"
    gone = receipt.withdrawn
    processes = [
        _process(purpose, _status(granted[purpose.id], purpose.id in gone), language)
        for purpose in asked
    ]
    return {
        "@context": CONTEXT,
        "@id": receipt.id,
        "@type": "dpv:ConsentReceipt",
        "dct:identifier": receipt.id,
        "dct:conformsTo": "https://w3id.org/dpv/schema/dpv-27560#receipt-eu-gdpr",
        "dct:created": receipt.day.isoformat(),
        "dct:language": language,
        "dpv:hasRecordOfActivity": {
            "@type": "dpv:ConsentRecord",
            "dct:date": receipt.day.isoformat(),
            "dct:title": _worded(title, language),
            "dpv:hasDataSubject": {"@id": receipt.subject, "@type": "dpv:DataSubject"},
            **_agreed(said),
            "dpv:hasDataController": _controller(notice, language),
            "dpv:hasAuthority": {"@id": AUTHORITY, "@type": "dpv:DataProtectionAuthority"},
            "dpv:hasJurisdiction": f"loc:{JURISDICTION}",
            "dpv:hasApplicableLaw": "eu-gdpr:GDPR",
            "dpv:hasRight": [f"eu-gdpr:A{article}" for article in RIGHTS],
            "dpv:hasNotice": {
                "@id": policy,
                "@type": "dpv:ConsentNotice",
                "dct:identifier": receipt.notice_id,
                "schema:version": receipt.notice_version,
                "schema:sha256": receipt.notice_hash,
            },
            "dpv:hasProcess": processes,
        },
        "circumstances": said.model_dump() if said else None,
        **_kantara(receipt, notice, asked, granted, service, policy, key, language),
    }


def _worded(texts: Texts, language: str) -> dict[str, str]:
    said = texts.said_in(language)
    return {"@language": said.language, "@value": said.text}


def _controller(notice: Notice, language: str) -> dict[str, Any]:
    return {
        "@type": "dpv:DataController",
        "dpv:hasName": _worded(notice.controller.name, language),
        "dpv:hasContact": notice.controller.contact,
        "dpv:hasDataProtectionOfficer": {"dpv:hasContact": notice.controller.dpo_contact},
    }


def _agreed(said: Circumstances | None) -> dict[str, Any]:
    """Who said yes; in words only where a parent did so beside the person himself."""
    if said is None or said.parental == "no":
        return {}
    parties = ("dpv:ParentOfDataSubject", "dpv:DataSubject")
    return {"dpv:isIndicatedBy": [{"@type": party} for party in parties]}


def _method(said: Circumstances | None) -> str:
    """Kantara's word for how it was obtained; it has no key of its own for a parent."""
    if said is None:
        return "unknown"
    method = _METHODS[said.channel]
    return f"{method}, {PARENT}" if said.parental == "yes" else method


def _status(granted: bool, withdrawn: bool) -> str:
    if withdrawn:
        return "dpv:ConsentWithdrawn"
    return "dpv:ConsentGiven" if granted else "dpv:ConsentRefused"


def _process(purpose: Purpose, status: str, language: str) -> dict[str, Any]:
    special = purpose.condition is not None
    basis = [purpose.lawful_basis.value] + ([purpose.condition.value] if purpose.condition else [])
    return {
        "@type": "dpv:Process",
        "dpv:hasPurpose": {
            "@type": "dpv:Purpose",
            "dct:identifier": purpose.id.value,
            "dct:title": _worded(purpose.title, language),
            "dct:description": _worded(purpose.question, language),
        },
        "dpv:hasLegalBasis": [f"eu-gdpr:A{_article(article)}" for article in basis],
        "dpv:hasConsentStatus": status,
        "dpv:hasNecessity": "dpv:Required" if purpose.mandatory else "dpv:Optional",
        "dpv:hasPersonalData": {
            "@type": "dpv:SpecialCategoryPersonalData" if special else "dpv:PersonalData",
            "dct:description": _worded(purpose.categories, language),
        },
        "dpv:hasStorageCondition": {
            "@type": "dpv:StorageDuration",
            "dpv:hasDuration": f"P{purpose.retention_months}M",
            "dct:description": _worded(purpose.retention, language),
        },
        "dpv:hasRecipient": {
            "@type": "dpv:Recipient",
            "dct:description": _worded(purpose.recipients, language),
        },
        "dpv:hasConsentControl": "dpv:WithdrawConsent",
    }


def _article(article: str) -> str:
    """Return DPV's way of naming a provision: 6(1)(a) is 6-1-a."""
    return article.replace(")(", "-").replace("(", "-").replace(")", "")


def _kantara(
    receipt: ConsentReceipt,
    notice: Notice,
    asked: list[Purpose],
    granted: dict[Any, bool],
    service: str,
    policy: str,
    key: str,
    language: str,
) -> dict[str, Any]:
    midnight = datetime.combine(receipt.day, time(), UTC)
    gone = receipt.withdrawn
    given = [p for p in asked if granted[p.id] and p.id not in gone]
    special = [purpose for purpose in given if purpose.condition is not None]
    said = receipt.circumstances
    return {
        "version": "KI-CR-v1.1.0",
        "jurisdiction": JURISDICTION,
        # Kantara wants seconds; the day is all that is kept.
        "consentTimestamp": int(midnight.timestamp()),
        "collectionMethod": _method(said),
        "consentReceiptID": receipt.id,
        "publicKey": key,
        "language": language,
        "piiPrincipalId": receipt.subject,
        "piiControllers": [
            {
                "piiController": notice.controller.name.text(language),
                "contact": notice.controller.dpo_contact,
                "email": notice.controller.contact,
                "onBehalf": False,
            }
        ],
        "policyUrl": policy,
        "services": [
            {
                "service": service,
                "purposes": [
                    {
                        "purpose": purpose.question.text(language),
                        "purposeCategory": [purpose.id.value],
                        "consentType": "EXPLICIT",
                        "piiCategory": [purpose.categories.text(language)],
                        "primaryPurpose": purpose.mandatory,
                        "termination": purpose.retention.text(language),
                        "thirdPartyDisclosure": False,
                    }
                    for purpose in given
                ],
            }
        ],
        "sensitive": bool(special),
        "spiCat": [purpose.categories.text(language) for purpose in special],
    }
