"""Tables of sealed bids and their opening. Columns and constraints only."""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Integer,
    String,
    Table,
    Text,
    UniqueConstraint,
)

from notary.rows import Moment, Serial, append_only, metadata

_TENDER = "tenders.tender"

trustees = Table(
    "trustees",
    metadata,
    Column("trustee", String(32), primary_key=True),
    Column("name", String(200), nullable=False),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("identity", String(64), nullable=False, unique=True),
    Column("operator", Boolean, nullable=False),  # belongs to whoever runs the platform
    Column("leaf", String(64), nullable=False),
    Column("registered_at", Moment, nullable=False),
)
append_only(trustees)

#: Every opening key ever offered. One key, one lot: a key that stood here once is never taken again.
opening_keys = Table(
    "opening_keys",
    metadata,
    Column("opening_key", String(64), primary_key=True),
    Column("trustee", String(32), ForeignKey("trustees.trustee", ondelete="RESTRICT"), nullable=False),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("challenge", String(64), nullable=False),  # the answer expected from whoever holds the private half
    Column("proved_at", Moment, nullable=True),
    Column("offered_at", Moment, nullable=False),
    UniqueConstraint("tender", "kind", "trustee"),
)

key_sets = Table(
    "key_sets",
    metadata,
    Column("key_set", String(64), primary_key=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("content", Text, nullable=False),  # canonical JSON, docs/spec/envelope.md
    Column("composed_at", Moment, nullable=False),
    UniqueConstraint("tender", "kind"),
)
append_only(key_sets)

key_set_signatures = Table(
    "key_set_signatures",
    metadata,
    Column("key_set", String(64), ForeignKey("key_sets.key_set", ondelete="RESTRICT"), primary_key=True),
    Column("trustee", String(32), ForeignKey("trustees.trustee", ondelete="RESTRICT"), primary_key=True),
    Column("signature", String(88), nullable=False),
)
append_only(key_set_signatures)

rehearsals = Table(
    "rehearsals",
    metadata,
    Column("key_set", String(64), ForeignKey("key_sets.key_set", ondelete="RESTRICT"), primary_key=True),
    Column("trustee", String(32), ForeignKey("trustees.trustee", ondelete="RESTRICT"), primary_key=True),
    Column("box", Text, nullable=False),
    Column("challenge", String(64), nullable=False),
    Column("leaf", String(64), nullable=True),
    Column("rehearsed_at", Moment, nullable=True),
)

uploads = Table(
    "uploads",
    metadata,
    Column("upload", String(32), primary_key=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("bidder", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("part_sizes", Text, nullable=False),  # JSON list of bytes, as declared
    Column("size", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    CheckConstraint("size > 0", name="size"),
    Index(None, "tender", "bidder"),
)

parts = Table(
    "parts",
    metadata,
    Column("upload", String(32), ForeignKey("uploads.upload", ondelete="RESTRICT"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("size", BigInteger, nullable=False),
    Column("sha256", String(64), nullable=False),
    CheckConstraint("number >= 0", name="number"),
)

#: Uploads that no bid used and that were removed with their parts (bidding.acts.uploads).
removed_uploads = Table(
    "removed_uploads",
    metadata,
    Column("upload", String(32), primary_key=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("bidder", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("removed_at", Moment, nullable=False),
)
append_only(removed_uploads)

#: Accepted statements, bids and withdrawals alike, in the order of acceptance.
statements = Table(
    "statements",
    metadata,
    Column("serial", Serial, primary_key=True, autoincrement=True),
    Column("statement", String(64), nullable=False, unique=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("bidder", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("withdrawal", Boolean, nullable=False),
    # What this one ends. Unique per bidder: two statements cannot end the same one, nor can there be two first ones.
    Column("replaces", String(64), nullable=False),
    Column("signed", Text, nullable=False),  # the bidder's signed object
    Column("receipt", String(32), nullable=False, unique=True),
    Column("acceptance", Text, nullable=False),  # our signed object
    Column("leaf", String(64), nullable=False),
    Column("accepted_at", Moment, nullable=False),
    UniqueConstraint("tender", "bidder", "replaces"),
)
append_only(statements)

refusals = Table(
    "refusals",
    metadata,
    Column("receipt", String(32), primary_key=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("bidder", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("statement", String(64), nullable=False),
    Column("reason", String(32), nullable=False),
    Column("refusal", Text, nullable=False),  # our signed object
    Column("leaf", String(64), nullable=False),
    Column("refused_at", Moment, nullable=False),
)
append_only(refusals)

envelopes = Table(
    "envelopes",
    metadata,
    Column("envelope", String(64), primary_key=True),
    Column("statement", String(64), ForeignKey("statements.statement", ondelete="RESTRICT"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("upload", String(32), ForeignKey("uploads.upload", ondelete="RESTRICT"), nullable=False, unique=True),
    Column("destroyed_leaf", String(64), nullable=True),
    UniqueConstraint("statement", "kind"),
)

closings = Table(
    "closings",
    metadata,
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), primary_key=True),
    Column("leaf", String(64), nullable=False),
    Column("count", Integer, nullable=False),
    Column("root", String(64), nullable=False),
    Column("closed_at", Moment, nullable=False),
)
append_only(closings)

releases = Table(
    "releases",
    metadata,
    Column("key_set", String(64), ForeignKey("key_sets.key_set", ondelete="RESTRICT"), primary_key=True),
    Column("trustee", String(32), ForeignKey("trustees.trustee", ondelete="RESTRICT"), primary_key=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("private_key", String(64), nullable=False),
    Column("leaf", String(64), nullable=False),
    Column("released_at", Moment, nullable=False),
)
append_only(releases)

openings = Table(
    "openings",
    metadata,
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), primary_key=True),
    Column("key_set", String(64), ForeignKey("key_sets.key_set", ondelete="RESTRICT"), nullable=False),
    Column("quorum", Integer, nullable=False),
    Column("intended_at", Moment, nullable=False),
    Column("leaf", String(64), nullable=True),  # of lot_opened
    Column("opened_at", Moment, nullable=True),
)

offers = Table(
    "offers",
    metadata,
    Column("statement", String(64), ForeignKey("statements.statement", ondelete="RESTRICT"), primary_key=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("position", Integer, nullable=False),  # in the closing list
    Column("bidder", String(18), nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("reason", String(64), nullable=True),
    Column("form", Text, nullable=True),  # JSON of the values read
    Column("price_fen", BigInteger, nullable=True),
    CheckConstraint("outcome IN ('opened', 'invalid', 'unopenable')", name="outcome"),
    # Two-sided: NaN and infinity pass a one-sided check on other number types.
    CheckConstraint("price_fen IS NULL OR (price_fen > 0 AND price_fen < 1000000000000000)", name="price"),
    Index(None, "tender", "position"),
    Index(None, "bidder", "tender"),
)
append_only(offers)

opening_confirmations = Table(
    "opening_confirmations",
    metadata,
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), primary_key=True),
    Column("bidder", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), primary_key=True),
    Column("signed", Text, nullable=False),  # the bidder's signed object
    Column("leaf", String(64), nullable=False),
    Column("confirmed_at", Moment, nullable=False),
)
append_only(opening_confirmations)

#: The keys of the bids' documents, sealed by the agency under a phrase that it tells the committee by itself: the
#: platform keeps the box and cannot open it. The last of a tender counts.
committee_boxes = Table(
    "committee_boxes",
    metadata,
    Column("serial", Serial, primary_key=True, autoincrement=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("box", Text, nullable=False),  # base64 of an age file
    Column("handed_at", Moment, nullable=False),
    Index(None, "tender"),
)
append_only(committee_boxes)

#: Auctions (docs/spec/auction.md). alive_at: when one was last looked at, each act and tick included.
auctions = Table(
    "auctions",
    metadata,
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), primary_key=True),
    Column("terms", Text, nullable=False),  # canonical JSON
    Column("alive_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=True, index=True),
    Column("look_at", Moment, nullable=True, index=True),  # when a tick must look next
)

auction_numbers = Table(
    "auction_numbers",
    metadata,
    Column("tender", String(64), ForeignKey("auctions.tender", ondelete="RESTRICT"), primary_key=True),
    Column("bidder", String(6), primary_key=True),  # the number
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("leaf", String(64), nullable=False),
    Column("given_at", Moment, nullable=False),
    UniqueConstraint("tender", "organisation"),
)
append_only(auction_numbers)

#: The chain of events: the state of an auction is what these make of its terms, and stands nowhere else.
auction_events = Table(
    "auction_events",
    metadata,
    Column("tender", String(64), ForeignKey("auctions.tender", ondelete="RESTRICT"), primary_key=True),
    Column("number", Integer, primary_key=True),
    Column("event", String(64), nullable=False, unique=True),  # its id
    Column("link", Text, nullable=False),  # canonical JSON
    Column("leaf", String(64), nullable=False),
    Column("at", Moment, nullable=False),
    CheckConstraint("number > 0", name="number"),
)
append_only(auction_events)

#: Accepted bids and offers of auctions, as their bidders signed them.
auction_statements = Table(
    "auction_statements",
    metadata,
    Column("statement", String(64), primary_key=True),
    Column("tender", String(64), nullable=False),
    Column("bidder", String(6), nullable=False),
    Column("sequence", Integer, nullable=False),
    Column("signed", Text, nullable=False),  # the bidder's signed object
    Column("receipt", String(32), nullable=False, unique=True),
    Column("acceptance", Text, nullable=False),  # our signed object
    Column("leaf", String(64), nullable=False),
    Column("accepted_at", Moment, nullable=False),
    ForeignKeyConstraint(
        ["tender", "bidder"], ["auction_numbers.tender", "auction_numbers.bidder"], ondelete="RESTRICT"
    ),
    UniqueConstraint("tender", "bidder", "sequence"),
)
append_only(auction_statements)

#: Applications to take part in an auction (竞买申请). Not in the record: they would count who comes.
auction_applications = Table(
    "auction_applications",
    metadata,
    Column("application", String(32), primary_key=True),
    Column("tender", String(64), ForeignKey("auctions.tender", ondelete="RESTRICT"), nullable=False),
    Column("organisation", String(18), ForeignKey("organisations.code", ondelete="RESTRICT"), nullable=False),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("statement", Text, nullable=False),
    Column("applied_at", Moment, nullable=False),
    Index("ix_auction_applications_in_order", "tender", "applied_at"),
    Index("ix_auction_applications_own", "organisation", "tender"),
)
append_only(auction_applications)

#: What the agency decided of an application. clause: of the procedure's closed list; null where it was admitted.
auction_admissions = Table(
    "auction_admissions",
    metadata,
    Column(
        "application", String(32), ForeignKey("auction_applications.application", ondelete="RESTRICT"), primary_key=True
    ),
    Column("clause", String(40), nullable=True),
    Column("reason", Text, nullable=True),
    Column("person", String(32), ForeignKey("people.person", ondelete="RESTRICT"), nullable=False),
    Column("decided_at", Moment, nullable=False),
)
append_only(auction_admissions)

#: What an auction has sealed to the trustees' quorums (docs/spec/auction.md). sealed: the whole envelope in base64,
#: null once the record calls it destroyed.
auction_envelopes = Table(
    "auction_envelopes",
    metadata,
    Column("envelope", String(64), primary_key=True),
    Column("tender", String(64), ForeignKey(_TENDER, ondelete="RESTRICT"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("sealer", String(18), nullable=False),  # as the envelope's base names whoever sealed it
    Column("sealed", Text, nullable=True),
    Column("sealed_at", Moment, nullable=False),
    Column("destroyed_leaf", String(64), nullable=True),
    UniqueConstraint("tender", "kind", "sealer"),
    CheckConstraint("(sealed IS NULL) = (destroyed_leaf IS NOT NULL)", name="destroyed"),
)

#: Which envelopes of an auction are to be opened: from then on trustees release their keys. due_at: since when a whole
#: quorum's are there; opened_at: when the event stands that says what was inside.
auction_closings = Table(
    "auction_closings",
    metadata,
    Column("tender", String(64), ForeignKey("auctions.tender", ondelete="RESTRICT"), primary_key=True),
    Column("kind", String(16), primary_key=True),
    Column("leaf", String(64), nullable=False),
    Column("closed_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=True, index=True),
    Column("opened_at", Moment, nullable=True),
)
