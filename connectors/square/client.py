"""One seller at Square: asking with a token, waiting as it asks us to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx

from connectors.http import NotSignedInError, RefusedError, Reply, send, times
from connectors.retry import GaveUpError, Patience
from connectors.square.requests import API_VERSION, Question
from connectors.square.responses import NothingThereError, answer
from settings.errors import OutOfReach
from settings.values import Secret


class Api:
    """Asks one seller's account."""

    def __init__(
        self, http: httpx.AsyncClient, source: str, token: Secret, patience: Patience
    ) -> None:
        self._http = http
        self._source = source
        self._token = token
        self._patience = patience

    async def ask(self, question: Question) -> Mapping[str, Any]:
        """The answer, or a sentence about why there is none."""
        found = await self.ask_for(question)
        assert found is not None  # noqa: S101 - nothing is allowed to be missing
        return found

    async def ask_for(
        self, question: Question, *allowed: type[Exception]
    ) -> Mapping[str, Any] | None:
        """The answer; None where Square refuses in a way that is allowed."""
        try:
            return await self._patience.insist(lambda: self._once(question))
        except allowed:
            return None
        except NotSignedInError:
            raise self._trouble(NOT_ACCEPTED) from None
        except NothingThereError:
            raise self._trouble(f"Source {{source}}: Square {NO_SUCH_THING}. {KEPT}") from None
        except RefusedError as refused:
            raise self._trouble(f"Source {{source}}: Square {refused}. {KEPT}") from None
        except GaveUpError as gave_up:
            raise self._trouble(
                f"Source {{source}}: Square gave no usable answer, {gave_up.said}. "
                f"Asked {times(gave_up.tries)}. {KEPT} Run it again later."
            ) from None

    async def _once(self, question: Question) -> Mapping[str, Any]:
        headers = {
            "Accept": "application/json",
            "Authorization": f"Bearer {self._token.reveal()}",
            "Square-Version": API_VERSION,
        }
        reply: Reply = await send(
            self._http, question.method, question.path, headers=headers, **question.parts
        )
        return answer(reply, question.holds, question.kind)

    def _trouble(self, sentence: str) -> OutOfReach:
        told = sentence.replace("{source}", self._source)
        return OutOfReach(told.replace(self._token.reveal(), "…"))


KEPT = "What was read is kept."
NO_SUCH_THING = (
    "knows no such address (status 404). Where address: is set for this source, take it out"
)
NOT_ACCEPTED = (
    "Square does not accept the access token of source {source}. Copy the production access "
    "token again from the application's Credentials in Square's Developer Console into .env."
)
