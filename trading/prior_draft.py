"""What an agency writes of a prior notice (docs/http.md): read strictly, against its procedure. Pure."""

from __future__ import annotations

from typing import Annotated

import msgspec
from msgspec import Meta

from notary import clock
from notary.errors import Malformed
from notary.forms import Form, Prose
from trading import texts
from trading.draft import Document, check_documents
from trading.periods import broken_rule
from trading.procedures import Procedure


class PriorDraft(Form, frozen=True):
    """said: item of the procedure -> what is said of it; until: when its period ends, None: by the rule; documents: its
    own, as the experts' opinion (论证意见)."""

    said: dict[str, Prose]
    until: str | None = None
    documents: Annotated[list[Document], Meta(max_length=20)] = msgspec.field(default_factory=list)


def check(procedure: Procedure, written: PriorDraft, ground: str | None) -> None:
    """Raise Malformed naming an item that is missing or unknown, RuleBroken where the procedure has no prior notice.

    ground: as the tender states it.
    """
    prior = procedure.prior
    if prior is None:
        cites = procedure.legal_basis[0]
        raise broken_rule("prior_notice", "本程序没有事前公示", "this procedure has no prior notice", "tender", cites)
    if prior.grounds and not prior.required and ground is None:
        zh, en = f"请写明{prior.zh}的事由", f"State the ground of the notice ({prior.en})"
        raise Malformed("ground_missing", f"{zh}。", f"{en}.", field="prior_ground")
    keys = [item.key for item in prior.items]
    for key in (*keys, *written.said):
        if key not in written.said or key not in keys:
            zh, en = "公示内容缺少此项，或没有此项", "The notice lacks this item, or has none such"
            raise Malformed("prior_item", f"{zh}（{key}）。", f"{en} ({key}).", field=f"said.{key}")
        texts.check(written.said[key], f"said.{key}")
    if written.until is not None:
        clock.parse(written.until, "until")
    check_documents(written.documents)
