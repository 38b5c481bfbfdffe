"""What each part's database role may do in a store that belongs to another part: the least.

The owner of a store (`OWNER_OF`) holds it by the role `equality_STORE`; every other part that
reaches it has a role `equality_STORE_PART` with what stands here. A table that is not named is
closed to it. Source: PostgreSQL documentation, GRANT; OWASP ASVS 5.0, 13.2.2.
"""

from __future__ import annotations

from collections.abc import Mapping

from survey_service.stores.parts import OWNER_OF, STORES_OF, Part

Grants = Mapping[str, tuple[str, ...]]

_PUBLISHED: Grants = {
    "survey": ("SELECT",),
    "questionnaire": ("SELECT",),
    "survey_version": ("SELECT",),
    "code_list": ("SELECT",),
    "media_file": ("SELECT",),
    "questionnaire_file": ("SELECT",),
    "notice": ("SELECT",),
    "wave": ("SELECT",),
}

GRANTS: Mapping[tuple[str, Part], Grants] = {
    ("drafts", Part.FRONT): {
        "draft": ("SELECT", "INSERT", "UPDATE", "DELETE"),
        "assisted_window": ("SELECT", "INSERT", "UPDATE", "DELETE"),
        "assisted_loan": ("SELECT", "INSERT"),
    },
    ("inbox", Part.FRONT): {
        # The share lock under a submission asks for a right to update; this one changes nothing
        # that anybody could read by it, it could only spoil what waits.
        "generation": ("SELECT", "UPDATE (id)"),
        "waiting": ("SELECT", "INSERT", "UPDATE", "DELETE"),
        "decision_change": ("SELECT", "INSERT", "UPDATE", "DELETE"),
        "mark": ("SELECT", "INSERT", "UPDATE"),
        "once_key": ("SELECT", "INSERT"),
    },
    ("vault", Part.FRONT): {
        "consent": ("SELECT", "DELETE"),
        "erased": ("INSERT",),
        "used": ("SELECT", "INSERT"),
    },
    ("answers", Part.FRONT): {
        "answer": ("SELECT", "UPDATE (body, by_code, handed_over)", "DELETE"),
        "erased": ("INSERT",),
        "outdated": ("INSERT",),
    },
    ("office", Part.FRONT): {
        **_PUBLISHED,
        "slip_batch": ("SELECT",),
        "release": ("SELECT",),
        "release_file": ("SELECT",),
        "revocation": ("SELECT",),
    },
    ("answers", Part.OFFICE): {
        "answer": ("SELECT (wave)",),
        "outdated": ("SELECT",),
        "freeze": ("SELECT",),
        "review": ("SELECT", "INSERT", "UPDATE"),
    },
    ("office", Part.SETTLE): {
        **_PUBLISHED,
        "wave": ("SELECT", "UPDATE (state, opened_on, closed_on)"),
        "erasure_certificate": ("SELECT", "INSERT", "UPDATE"),
        "quota_plan": ("SELECT", "UPDATE (shown, due)"),
        "contact_list": ("SELECT", "UPDATE (state, sealed, made_at)"),
        "consent_statistic": ("SELECT", "INSERT", "UPDATE"),
        "part_report": ("SELECT", "INSERT", "UPDATE"),
        "ceremony": ("SELECT", "UPDATE (state, done_at)"),
        "escrow_request": ("SELECT", "UPDATE (state, told, sealed, made_at)"),
        "escrow_settle_key": ("SELECT", "INSERT", "UPDATE"),
    },
    ("audit", Part.SETTLE): {
        "audit_leaf": ("SELECT", "INSERT"),
        "audit_node": ("SELECT", "INSERT"),
        "audit_checkpoint": ("SELECT", "INSERT"),
        "audit_search": ("INSERT",),
    },
}


def role_of(store: str, part: Part) -> str:
    """Return the name of a part's role for a store."""
    return f"equality_{store}" if OWNER_OF[store] is part else f"equality_{store}_{part}"


def statements(store: str, database: str | None = None) -> list[str]:
    """Return the SQL that makes the roles of a store's other parts and gives them their rights.

    To be run by a superuser in the store's database, after the owner has made or changed its
    tables; again leaves the same.
    """
    found = []
    for part in Part:
        if store in STORES_OF[part] and OWNER_OF[store] is not part and store != "keys":
            found += _of_part(store, part, database or f"equality_{store}")
    return found


def _of_part(store: str, part: Part, database: str) -> list[str]:
    role = role_of(store, part)
    return [
        f"DO $$ BEGIN CREATE ROLE {role} LOGIN; EXCEPTION WHEN duplicate_object THEN END $$;",
        f'GRANT CONNECT ON DATABASE "{database}" TO {role};',
        f"GRANT USAGE ON SCHEMA public TO {role};",
        f"REVOKE ALL ON ALL TABLES IN SCHEMA public FROM {role};",
        f"GRANT SELECT ON migration TO {role};",
        *(
            f'GRANT {right} ON "{table}" TO {role};'
            for table, rights in GRANTS[store, part].items()
            for right in rights
        ),
    ]
