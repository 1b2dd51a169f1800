"""Orders text by its code points on every database, so that the same row comes first on each."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class BinaryOrder(FunctionElement[str]):
    """A text column in an ORDER BY: PostgreSQL would use the collation of the database."""

    type = String()
    inherit_cache = True


@compiles(BinaryOrder)
def _compile_plain(element: BinaryOrder, compiler: SQLCompiler, **options: Any) -> str:
    return str(compiler.process(element.clause_expr.element, **options))


@compiles(BinaryOrder, "postgresql")
def _compile_with_collation(element: BinaryOrder, compiler: SQLCompiler, **options: Any) -> str:
    return f'{compiler.process(element.clause_expr.element, **options)} COLLATE "C"'
