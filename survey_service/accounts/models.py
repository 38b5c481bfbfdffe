"""Accounts, sessions, tokens and what guards a sign-in, in the `office` store."""

from __future__ import annotations

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, Integer, LargeBinary, Text

from survey_service.stores.bases import BigInt, OfficeModel


class Account(OfficeModel, table=True):
    """Somebody who works here, in one role.

    `state` is `invited` (a one-time password until `password_ends_at`, no second factor yet),
    `active` or `deactivated`. `second_factor` is the sealed TOTP secret.
    """

    __tablename__ = "account"
    __table_args__ = (
        UniqueConstraint("username", name="account_username"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    id: str = Field(primary_key=True, sa_type=Text)
    username: str = Field(sa_type=Text)
    role: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    password_hash: str = Field(sa_type=Text)
    password_ends_at: str | None = Field(default=None, sa_type=Text)
    second_factor: bytes | None = Field(default=None, sa_type=LargeBinary)
    created_at: str = Field(sa_type=Text)


class Session(OfficeModel, table=True):
    """A visit, or one about to begin; `id` is the hash of what the cookie holds.

    `stage` is `code` (password given, one-time code wanted), `enrol` (password given, second
    factor to be set up; `second_factor` is the sealed new secret) or `signed_in`.
    """

    __tablename__ = "account_session"
    __table_args__ = (
        Index("account_session_account", "account_id"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    id: str = Field(primary_key=True, sa_type=Text)
    account_id: str = Field(sa_type=Text)
    stage: str = Field(sa_type=Text)
    second_factor: bytes | None = Field(default=None, sa_type=LargeBinary)
    tries: int = Field(default=0, sa_type=Integer)
    created_at: str = Field(sa_type=Text)
    seen_at: str = Field(sa_type=Text)
    ends_at: str = Field(sa_type=Text)
    handed_over: str | None = Field(
        default=None,
        sa_type=Text,
        description="the assisted window that a respondent has: no page of staff opens",
    )


class Token(OfficeModel, table=True):
    """Access for a programme; `hash` is the hash of what was shown once."""

    __tablename__ = "account_token"
    __table_args__ = (
        UniqueConstraint("hash", name="account_token_hash"),
        Index("account_token_account", "account_id"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    id: str = Field(primary_key=True, sa_type=Text)
    account_id: str = Field(sa_type=Text)
    hash: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    scopes: str = Field(sa_type=Text)
    created_at: str = Field(sa_type=Text)
    ends_at: str = Field(sa_type=Text)


class UsedTotp(OfficeModel, table=True):
    """A time step whose one-time code an account has used; it is good once."""

    __tablename__ = "used_totp"
    __table_args__ = ({"sqlite_strict": True, "sqlite_with_rowid": False},)

    account_id: str = Field(primary_key=True, sa_type=Text)
    step: int = Field(primary_key=True, sa_type=BigInt, sa_column_kwargs={"autoincrement": False})


class SignInDelay(OfficeModel, table=True):
    """Attempts under one name, known here or not; `name_hash` is keyed, so no name is kept."""

    __tablename__ = "sign_in_delay"
    __table_args__ = (
        Index("sign_in_delay_last", "last_at"),
        {"sqlite_strict": True, "sqlite_with_rowid": False},
    )

    name_hash: str = Field(primary_key=True, sa_type=Text)
    attempts: int = Field(sa_type=Integer)
    not_before: str = Field(sa_type=Text)
    last_at: str = Field(sa_type=Text)
