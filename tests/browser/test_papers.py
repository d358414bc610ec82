"""A clerk downloads a paper, signs it on the own machine, and uploads it: the page takes it, and everybody has it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from notary import certificates, clock, documents
from tests.browser import desks
from tests.browser.desks import press
from tests.browser.reader import Reader, Readers
from tests.serving import site
from tests.stage import AGENCY, Stage

NAME = "tender_notice_0"


def test_a_signed_paper_is_taken_and_nothing_else_is(readers: Readers, tmp_path: Path) -> None:
    authority = certificates.demonstration_authority(clock.host_time())
    roots = tmp_path / "roots.pem"
    roots.write_bytes(authority.certificate)
    with site(tmp_path / "home", f"sqlite:///{tmp_path}/sunbid.db", paper_roots=roots) as running:
        stage = Stage(running, tmp_path / "parties")
        stage.publish()
        own = certificates.certificate_for(authority, "测试招标人", AGENCY, stage.now())
        path = f"/agency/lots/{stage.tender}/papers"
        reader = desks.somebody(readers, running, "agency").at(path)
        with reader.page.expect_download() as started:
            press(reader, "下载未签名的 PDF", "link")
        unsigned = Path(started.value.path()).read_bytes()
        assert started.value.suggested_filename == f"{NAME}.pdf"
        about: Any = {"reason": "发布", "location": "永州", "field_name": "Author", "signing_time": stage.now()}
        # Signing has an event loop of its own, and Playwright's runs in this thread.
        with ThreadPoolExecutor() as aside:
            signed = aside.submit(documents.sign_pdf, unsigned, own, **about).result()
        for number, wrong in enumerate((unsigned, b"<script>alert(1)</script>", signed[:-1] + b"x")):
            upload(reader, tmp_path / f"{number}.pdf", wrong)
            assert reader.page.locator("#mistakes").is_visible()
            reader.go(path)
        upload(reader, tmp_path / "signed.pdf", signed)
        assert reader.page.get_by_text("已收下签名文件").is_visible()
        assert desks.path(reader) == path
        assert reader.page.get_by_text("已签署").is_visible()
        assert running.client().read(f"/tenders/{stage.tender}/papers/{NAME}") == signed


def upload(reader: Reader, file: Path, content: bytes) -> None:
    file.write_bytes(content)
    reader.page.set_input_files("[name=pdf]", file)
    press(reader, "上传")
