"""Papers signed on the author's own machine."""

from __future__ import annotations

import pytest

from api.tools import papers
from api.tools.client import ServerRefused
from notary import certificates, clock, documents
from tests.api.tools.town import TENDER, Town


def test_the_author_signs_its_notice_and_anybody_reads_it(town: Town) -> None:
    town.publish()
    (notice,) = town.clerk.get(f"/tenders/{TENDER}/papers")["items"]
    assert notice["issued"] is None
    now = clock.host_time()
    identity = certificates.certificate_for(town.authority, "永州市住房和城乡建设局", town.agency_code, now)
    answer = papers.sign(town.clerk, TENDER, notice["name"], identity, reason="发布招标公告", location="永州")
    signed = town.site.client().read(f"/tenders/{TENDER}/papers/{notice['name']}")
    (found,) = documents.check_pdf(signed, [town.authority.certificate], now)
    assert found.reason == "发布招标公告"
    (shown,) = town.clerk.get(f"/tenders/{TENDER}/papers")["items"]
    assert shown["sha256"] == answer["sha256"]


def test_nobody_signs_for_another(town: Town) -> None:
    town.publish()
    (notice,) = town.clerk.get(f"/tenders/{TENDER}/papers")["items"]
    other = town.organisation("某某公司")
    identity = certificates.certificate_for(town.authority, "某某公司", other, clock.host_time())
    with pytest.raises(ServerRefused, match="paper_signer_wrong"):
        papers.sign(town.clerk, TENDER, notice["name"], identity, reason="冒名", location="")
    with pytest.raises(ServerRefused) as refused:
        papers.sign(town.client(other, "agency"), TENDER, notice["name"], identity, reason="冒名", location="")
    assert refused.value.status == 404
