"""Tables of the edge: tokens, one-time links and sessions, all only as hashes; accounts and their second factors."""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, Column, ForeignKey, Index, Integer, String, Table, Text

from notary.rows import Moment, Serial, append_only, metadata

_PERSON = "people.person"

tokens = Table(
    "tokens",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("issued_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("revoked_at", Moment, nullable=True),
    Index(None, "person"),
)

claims = Table(
    "claims",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=True),
)

#: Browsers that are signed in. session: hash of the cookie's secret. strong: with a second factor or a passkey.
#: proved_at: when the person last showed its strongest factor.
sessions = Table(
    "sessions",
    metadata,
    Column("session", String(64), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("strong", Boolean, nullable=False),
    Column("device", String(200), nullable=False),
    Column("begun_at", Moment, nullable=False),
    Column("seen_at", Moment, nullable=False),
    Column("ends_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=True),
    Column("proved_at", Moment, nullable=True),
    Index(None, "person"),
)

#: How a person signs in by name. password: its argon2id hash, or NULL for whoever has only passkeys.
accounts = Table(
    "accounts",
    metadata,
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), primary_key=True),
    Column("login", String(64), nullable=False, unique=True),
    Column("password", String(200), nullable=True),
    Column("made_at", Moment, nullable=False),
    Column("changed_at", Moment, nullable=False),
)

#: Authenticator apps (RFC 6238). sealed: the shared secret, encrypted. step: the last time step that was used.
authenticators = Table(
    "authenticators",
    metadata,
    Column("authenticator", String(32), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("sealed", String(200), nullable=False),
    Column("step", BigInteger, nullable=False),
    Column("added_at", Moment, nullable=False),
    Index(None, "person"),
)

#: WebAuthn credentials. passkey: hash of the credential's id; public_key: COSE, in hex.
passkeys = Table(
    "passkeys",
    metadata,
    Column("passkey", String(64), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("name", String(100), nullable=False),
    Column("credential", Text, nullable=False),
    Column("public_key", Text, nullable=False),
    Column("uses", BigInteger, nullable=False),
    Column("added_at", Moment, nullable=False),
    Column("used_at", Moment, nullable=True),
    Index(None, "person"),
)

#: Who others say that somebody is, as hashes. kind: a certificate of its organisation, or another provider's subject.
identities = Table(
    "identities",
    metadata,
    Column("identity", String(64), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("kind", String(16), nullable=False),
    Column("name", String(100), nullable=False),
    Column("added_at", Moment, nullable=False),
    Index(None, "person"),
)

#: One-time codes for whoever has lost its second factor, as hashes.
recovery_codes = Table(
    "recovery_codes",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("used_at", Moment, nullable=True),
    Index(None, "person"),
)

#: Challenges of passkeys that wait for their answer, as hashes. person: empty at a sign-in.
challenges = Table(
    "challenges",
    metadata,
    Column("sha256", String(64), primary_key=True),
    Column("purpose", String(16), nullable=False),
    Column("person", String(32), nullable=False),
    Column("ends_at", Moment, nullable=False),
    Index(None, "ends_at"),
)

#: Attempts at signing in, counted by account, by device and by address (hashes). until: nothing is tried before.
attempts = Table(
    "attempts",
    metadata,
    Column("scope", String(64), primary_key=True),
    Column("tries", Integer, nullable=False),
    Column("until", Moment, nullable=False),
    Column("last_at", Moment, nullable=False),
    Index(None, "last_at"),
)

#: What those with special powers did, for the supervisor. Ids and codes, never names or addresses of people.
administration_log = Table(
    "administration_log",
    metadata,
    Column("serial", Serial, primary_key=True, autoincrement=True),
    Column("time", Moment, nullable=False),
    Column("person", String(32), nullable=False),
    Column("act", String(32), nullable=False),
    Column("subject", String(64), nullable=False),
    Column("detail", Text, nullable=False),
    Index(None, "subject"),
)
append_only(administration_log)

#: Ways back in for whoever has lost every factor: proposed by one administrator, approved by another, after a wait.
recoveries = Table(
    "recoveries",
    metadata,
    Column("recovery", String(32), primary_key=True),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("reason", String(500), nullable=False),
    Column("proposed_by", String(32), nullable=False),
    Column("proposed_at", Moment, nullable=False),
    Column("approved_by", String(32), nullable=True),
    Column("approved_at", Moment, nullable=True),
    Column("ripe_at", Moment, nullable=True),
    Column("ended_at", Moment, nullable=True),
    Column("ending", String(16), nullable=True),
    Index(None, "person"),
)

#: Organisations that want to take part, until somebody has looked at them. state: waiting, taken or refused.
registrations = Table(
    "registrations",
    metadata,
    Column("registration", String(32), primary_key=True),
    Column("code", String(18), nullable=False),
    Column("organisation", String(200), nullable=False),
    Column("region", String(12), nullable=False),
    Column("name", String(100), nullable=False),
    Column("login", String(64), nullable=False),
    Column("password", String(200), nullable=False),
    Column("state", String(16), nullable=False),
    Column("made_at", Moment, nullable=False),
    Column("decided_by", String(32), nullable=True),
    Column("decided_at", Moment, nullable=True),
    Index(None, "state", "made_at"),
)

#: Where people want mail. confirmed_at: when the code that was sent there came back; before it nothing else is sent.
mail_addresses = Table(
    "mail_addresses",
    metadata,
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), primary_key=True),
    Column("address", String(254), nullable=False),
    Column("language", String(2), nullable=False),
    Column("given_at", Moment, nullable=False),
    Column("confirmed_at", Moment, nullable=True),
)

#: Mail to one person about one event, without address and text: both are read when it is sent. state: waiting, sent or
#: failed. event: an entry's commitment, or a lot and its deadline. tells_of_bid: the person gets it because of a bid.
letters = Table(
    "letters",
    metadata,
    Column("letter", String(32), primary_key=True),
    Column("kind", String(16), nullable=False),
    Column("event", String(100), nullable=False),
    Column("tender", String(64), nullable=False),
    Column("person", String(32), ForeignKey(_PERSON, ondelete="RESTRICT"), nullable=False),
    Column("tells_of_bid", Boolean, nullable=False),
    Column("state", String(8), nullable=False),
    Column("tries", Integer, nullable=False),
    Column("answer", String(40), nullable=False),  # of the mail server, as a number or word; never its text
    Column("made_at", Moment, nullable=False),
    Column("next_at", Moment, nullable=False),
    Index("uq_letters_event_person", "event", "person", unique=True),
    Index(None, "state", "next_at"),
    Index(None, "person"),
)

#: How far letters were written: `record`, the index of the next entry; `deadlines`, up to which moment (microseconds).
mail_progress = Table(
    "mail_progress",
    metadata,
    Column("name", String(16), primary_key=True),
    Column("reached", BigInteger, nullable=False),
)
