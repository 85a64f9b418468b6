"""What all tables have in common."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import (
    Enum,
    MetaData,
)

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def choice(kind: type[StrEnum], constraint: str | None = None) -> Enum:
    """One of a few words, held by a constraint of this name where there is one."""
    return Enum(
        kind,
        name=constraint,
        native_enum=False,
        create_constraint=constraint is not None,
        length=max(10, *(len(one.value) for one in kind)),
        values_callable=lambda choices: [choice.value for choice in choices],
    )
