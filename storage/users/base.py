"""Metadata of the users database, and column types that its tables share."""

from typing import Annotated, Any
from uuid import UUID

from sqlalchemy import ForeignKey, LargeBinary, Text, Uuid, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import DeclarativeBase, mapped_column

from storage.columns import service_metadata

TextList = Annotated[list[str], mapped_column(ARRAY(Text), server_default=text("'{}'"))]
Document = Annotated[dict[str, Any], mapped_column(JSONB)]
Sealed = Annotated[bytes, mapped_column(LargeBinary)]
VersionNumber = Annotated[int, mapped_column(server_default="1")]
UserKey = Annotated[
    UUID, mapped_column(Uuid, ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
]
UserReference = Annotated[UUID, mapped_column(Uuid, ForeignKey("users.id", ondelete="CASCADE"))]


class Base(DeclarativeBase):
    """Metadata of the users database."""

    metadata = service_metadata()
