"""What all tables share: the metadata, the column types, server defaults and common columns.

``prm_tables`` holds the business tables, ``journal_tables`` the engine's own. Migrations use the types and defaults of this
module too, so these may not change their meaning.
"""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import orjson
from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    Dialect,
    ForeignKey,
    Integer,
    MetaData,
    Numeric,
    String,
    Text,
    TypeDecorator,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import FunctionElement, false, true
from sqlalchemy.types import TypeEngine

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

ID = String(36)
SERIAL = BigInteger().with_variant(Integer, "sqlite")


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime. SQLite holds ``YYYY-MM-DDTHH:MM:SS.ffffffZ``, which sorts as it should.

    What a person wrote into SQLite without a zone is taken as UTC. Writing a naive datetime raises ValueError.
    """

    impl = DateTime
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(27) if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"{value!r} names no time zone")
        utc = value.astimezone(UTC)
        return utc.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z" if dialect.name == "sqlite" else utc

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        found: datetime = datetime.fromisoformat(value) if isinstance(value, str) else value
        return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


class Money(TypeDecorator[Decimal]):
    """An exact amount: two decimals, at most 16 digits before them. SQLite, which has no exact fractions, holds it as text."""

    impl = Numeric
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(String(20) if dialect.name == "sqlite" else Numeric(18, 2))

    def process_bind_param(self, value: Decimal | int | str | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        amount = Decimal(value).quantize(Decimal("0.01"))
        return str(amount) if dialect.name == "sqlite" else amount

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        return None if value is None else Decimal(value).quantize(Decimal("0.01"))


class Json(TypeDecorator[Any]):
    """Any JSON value, None as SQL NULL: ``jsonb`` in PostgreSQL, text in SQLite.

    ``jsonb`` takes no NUL character, and gives a whole float from 1e16 up back as an integer.
    """

    impl = Text
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else JSONB(none_as_null=True))

    def process_bind_param(self, value: Any, dialect: Dialect) -> Any:
        return orjson.dumps(value).decode() if value is not None and dialect.name == "sqlite" else value

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return orjson.loads(value) if value is not None and dialect.name == "sqlite" else value


class utc_now(FunctionElement[datetime]):  # noqa: N801 - reads as the SQL function it stands for
    """The present time, in the form :class:`UtcDateTime` stores."""

    inherit_cache = True
    type = UtcDateTime()


class new_id(FunctionElement[str]):  # noqa: N801 - reads as the SQL function it stands for
    """A random UUID (version 4) as text."""

    inherit_cache = True
    type = ID


SQLITE_NOW = "strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
_SQLITE_UUID = (
    "lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2)"
    " || '-' || substr('89ab', 1 + (random() & 3), 1) || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6)))"
)


@compiles(utc_now, "postgresql")
def _utc_now_postgresql(element: utc_now, compiler: SQLCompiler, **options: Any) -> str:
    return "now()"


@compiles(utc_now, "sqlite")
def _utc_now_sqlite(element: utc_now, compiler: SQLCompiler, **options: Any) -> str:
    return f"({SQLITE_NOW})"


@compiles(new_id, "postgresql")
def _new_id_postgresql(element: new_id, compiler: SQLCompiler, **options: Any) -> str:
    return "gen_random_uuid()::text"


@compiles(new_id, "sqlite")
def _new_id_sqlite(element: new_id, compiler: SQLCompiler, **options: Any) -> str:
    return f"({_SQLITE_UUID})"


def serial() -> Column[int]:
    """A number that grows with each row, as primary key."""
    return Column("id", SERIAL, primary_key=True, autoincrement=True)


def texts(*names: str, required: bool = False) -> list[Column[str]]:
    return [Column(name, Text, nullable=not required) for name in names]


def whole(name: str, default: int | None = None) -> Column[int]:
    return Column(name, Integer, nullable=default is None, server_default=None if default is None else text(str(default)))


def flag(name: str, *, default: bool) -> Column[bool]:
    return Column(name, Boolean, nullable=False, server_default=true() if default else false())


def moment(name: str, *, required: bool = False, default: bool = False) -> Column[datetime]:
    """A point in time; ``default`` sets the present time where none is given."""
    return Column(name, UtcDateTime, nullable=not (required or default), server_default=utc_now() if default else None)


def json(name: str, *, required: bool = False, default: str | None = None) -> Column[Any]:
    return Column(name, Json, nullable=not (required or default), server_default=default)


def choice(name: str, *values: str, default: str | None = None, required: bool = False) -> Column[str]:
    """One of a closed set of words, which a CHECK keeps and ``column.info["choices"]`` tells."""
    allowed = ", ".join(f"'{value}'" for value in values)
    check = CheckConstraint(f"{name} IN ({allowed})", name=name)
    return Column(name, Text, check, nullable=not (required or default), server_default=default, info={"choices": values})


def ref(name: str, table: str, *, required: bool = False, cyclic: bool = False) -> Column[str]:
    """Names a row of another table. A ``cyclic`` one is checked when the transaction ends, so that either row may come first."""
    options: dict[str, Any] = {"deferrable": True, "initially": "DEFERRED", "use_alter": True} if cyclic else {}
    return Column(name, ID, ForeignKey(f"{table}.id", **options), nullable=not required)


def common() -> list[Column[Any]]:
    """What each business table has. ``revision`` moves with every change; ``origin`` is a connection, or prm, csv, api."""
    return [
        Column("id", ID, primary_key=True, server_default=new_id()),
        moment("created_at", default=True),
        *texts("created_by"),
        moment("updated_at", default=True),
        *texts("updated_by"),
        whole("revision", 1),
        moment("deleted_at"),
        Column("origin", Text, nullable=False, server_default="prm"),
    ]
