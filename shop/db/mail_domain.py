"""The domain of an e-mail address, on every database."""

from __future__ import annotations

from typing import Any

from sqlalchemy import String
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement


class MailDomain(FunctionElement[str]):
    """What follows the @ of an address column, in lower case."""

    type = String()
    inherit_cache = True


@compiles(MailDomain)
def _compile(element: MailDomain, compiler: SQLCompiler, **options: Any) -> str:
    address = compiler.process(element.clause_expr.element, **options)
    return f"lower(substr({address}, instr({address}, '@') + 1))"


@compiles(MailDomain, "postgresql")
def _compile_for_postgresql(element: MailDomain, compiler: SQLCompiler, **options: Any) -> str:
    return f"lower(split_part({compiler.process(element.clause_expr.element, **options)}, '@', 2))"
