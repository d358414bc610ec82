"""Rendered paper, kept by what it says: rendering takes seconds, and the same facts always give the same bytes."""

from __future__ import annotations

import hashlib

from notary.errors import Held, Unknown
from notary.store import Store
from templates import render


def rendered(store: Store, template: str, facts: bytes) -> bytes:
    """The unsigned PDF of these facts. Raises Held when it cannot be rendered now."""
    key = f"rendered/{template}/{hashlib.sha256(facts).hexdigest()}"
    try:
        return store.read(key)
    except Unknown:
        pass
    try:
        pdf = render.pdf(template, facts)
    except render.RenderFailed as error:
        raise Held(
            "paper_not_rendered",
            f"文件未能生成（{error.reason}），事实均已保存，请稍后重试。",
            f"The paper could not be rendered ({error.reason}); nothing is lost, try again.",
        ) from error
    store.put(key, [pdf])
    return pdf
