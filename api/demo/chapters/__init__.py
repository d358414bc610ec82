"""The story, chapter by chapter: functions of the play, whose acts all go over HTTP as real parties' would."""

from __future__ import annotations

from collections.abc import Callable

from api.demo.chapters import after, before, bids, proof
from api.demo.play import Play

CHAPTERS: tuple[tuple[str, str, Callable[[Play], None]], ...] = (
    ("准备", "Preparation", before.preparation),
    ("招标文件与密钥组", "Documents and key set", before.key_set),
    ("招标公告", "Publication", before.publication),
    ("提问、答复与修改", "Question, answer, amendment", before.amendment),
    ("开标演练", "Rehearsal", before.rehearsal),
    ("投标", "Sealed bids", bids.sealed),
    ("最后一分钟", "The last minute", bids.last_minute),
    ("截标与开标", "Closing and opening", after.opening),
    ("评标", "Evaluation", after.evaluation),
    ("中标候选人公示", "Candidates", after.candidates),
    ("定标", "Award", after.award),
    ("核验", "Verification", proof.verification),
)
