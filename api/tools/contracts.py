"""The agency's side of a contract: its terms and changes with their documents."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from api.tools import agency
from api.tools.client import Client


def register(client: Client, tender: str, content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Register a signed contract: ``{price, signed_on, ends_on, documents}``; documents may name files of `folder`."""
    return _with_documents(client, f"/tenders/{tender}/contract", content, folder)


def change(client: Client, tender: str, content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Register a supplement: ``{price, ends_on, reason, documents}``, documents as of a contract."""
    return _with_documents(client, f"/tenders/{tender}/contract/changes", content, folder)


def end(client: Client, tender: str, content: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Record its end: ``{result, on, detail, documents}``, result `completed` or `terminated`."""
    return _with_documents(client, f"/tenders/{tender}/contract/end", content, folder)


def _with_documents(client: Client, path: str, content: dict[str, Any], folder: Path) -> dict[str, Any]:
    documents = [agency.document(client, one, folder) for one in content.get("documents", [])]
    answer: dict[str, Any] = client.post(path, {**content, "documents": documents})
    return answer
