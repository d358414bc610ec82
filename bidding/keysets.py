"""Key sets: the signed record of the keys of one envelope kind of one lot (docs/spec/envelope.md, Key set). Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any, Literal

from bidding import hpke
from notary import forms, signing
from notary.errors import Malformed, Refusal
from notary.forms import Form, TrusteeCode

TYPE = "sunbid/key-set/1"
MAX_QUORUMS = 12
SUITE = 1


class _TrusteeForm(Form, frozen=True):
    identity: str
    opening_key: str
    trustee: TrusteeCode


class _KeySetForm(Form, frozen=True):
    demonstration: bool
    evaluation_key: str
    form_schema: str
    kind: str
    lot: str
    origin: str
    quorums: list[tuple[str, ...]]
    suite: int
    tender: str
    trustees: list[_TrusteeForm]
    type: Literal["sunbid/key-set/1"]


class _RecordForm(Form, frozen=True):
    key_set: dict[str, Any]
    signatures: dict[str, str]


@dataclass(frozen=True)
class Trustee:
    """One trustee's keys (32 bytes each): identity Ed25519, opening key X25519."""

    trustee: str
    identity: bytes
    opening_key: bytes


@dataclass(frozen=True)
class KeySet:
    """A key set of sound form and policy; `id` is its 32-byte hash in hex. Made by parse or verify only."""

    id: str
    tender: str
    lot: str
    kind: str
    origin: str
    demonstration: bool
    form_schema: str
    evaluation_key: bytes
    quorums: tuple[tuple[str, ...], ...]
    trustees: tuple[Trustee, ...]

    def trustee(self, name: str) -> Trustee:
        """The trustee of this name. Raises Malformed (trustee_not_listed)."""
        for trustee in self.trustees:
            if trustee.trustee == name:
                return trustee
        raise _not_listed(name)

    def opening_keys(self, quorum: int) -> tuple[bytes, ...]:
        """The public opening keys of a quorum, in its order."""
        return tuple(self.trustee(name).opening_key for name in self.quorums[quorum])


@dataclass(frozen=True)
class Quorum:
    """The private opening keys of one whole quorum, in its order, checked against the key set."""

    number: int
    private_keys: tuple[bytes, ...]


def verify(record: dict[str, Any], *, identities: Mapping[str, str], demonstration: bool) -> KeySet:
    """The key set of a record ``{"key_set", "signatures"}`` after every check of the specification.

    identities: the anchors' trustees, name to Ed25519 key in hex. demonstration: the caller was told that it is one.
    Raises Malformed: all of parse, signature_missing, signature_unexpected, signature_wrong, identity_unknown,
    demonstration_unexpected.
    """
    found = forms.convert(record, _RecordForm)
    key_set = parse(found.key_set)
    if key_set.demonstration and not demonstration:
        raise Malformed(
            "demonstration_unexpected",
            "这是演示用的密钥组，不能用于真实投标。",
            "This key set is of a demonstration: nothing sealed to it is a real bid.",
            field="demonstration",
        )
    for trustee in key_set.trustees:
        if identities.get(trustee.trustee) != trustee.identity.hex():
            raise _refuse(
                "identity_unknown",
                f"受托人 {trustee.trustee} 的身份公钥与已公布的不一致。",
                f"The identity key of trustee {trustee.trustee} is not the published one.",
                "trustees",
                trustee=trustee.trustee,
            )
    _check_signatures(found.key_set, found.signatures, key_set.trustees)
    return key_set


def check_signature(value: dict[str, Any], trustee: Trustee, signature: str) -> None:
    """One trustee's signature over the whole key set. Raises Malformed (signature_wrong, not_base64)."""
    signing.verify_bytes(signing.message(value), signature, trustee.identity)


def parse(value: dict[str, Any]) -> KeySet:
    """A key set (without signatures) of sound form, policy and keys.

    Raises Malformed: field_wrong, suite_unknown, not_hex, key_not_canonical, key_low_order, keys_equal,
    identities_equal and all of check_policy.
    """
    found = forms.convert(value, _KeySetForm)
    if found.suite != SUITE:
        raise _refuse("suite_unknown", "不支持此密码套件。", "This suite is not known.", "suite", suite=found.suite)
    signing.unhex(found.form_schema, 32, "form_schema")
    trustees = tuple(_trustee(one, f"trustees[{i}]") for i, one in enumerate(found.trustees))
    check_policy(found.quorums, [trustee.trustee for trustee in trustees])
    evaluation_key = _point(found.evaluation_key, "evaluation_key")
    _check_distinct(trustees, evaluation_key)
    return KeySet(
        id=signing.object_id(value),
        tender=found.tender,
        lot=found.lot,
        kind=found.kind,
        origin=found.origin,
        demonstration=found.demonstration,
        form_schema=found.form_schema,
        evaluation_key=evaluation_key,
        quorums=tuple(found.quorums),
        trustees=trustees,
    )


def check_policy(quorums: Sequence[Sequence[str]], trustees: Sequence[str], *, operators: Collection[str] = ()) -> None:
    """Refuse an opening policy that could open too easily or in two ways.

    operators: the trustees that belong to whoever runs the platform (no key set says so; the server knows).
    Raises Malformed: quorums_none, quorums_too_many, trustee_twice, quorum_too_small, trustee_twice_in_quorum,
    trustee_not_listed, quorum_twice, quorum_inside_another, quorums_disjoint, trustee_in_no_quorum,
    quorum_of_operator.
    """
    if not quorums:
        raise _refuse("quorums_none", "没有开启组合。", "There is no quorum.", "quorums")
    if len(quorums) > MAX_QUORUMS:
        raise _refuse("quorums_too_many", f"开启组合不得超过 {MAX_QUORUMS} 个。", "More than 12 quorums.", "quorums")
    if len(set(trustees)) != len(trustees):
        raise _refuse("trustee_twice", "同一受托人列出两次。", "A trustee is listed twice.", "trustees")
    for i, quorum in enumerate(quorums):
        _check_quorum(quorum, trustees, operators, f"quorums[{i}]")
    for one, other in combinations([set(quorum) for quorum in quorums], 2):
        _check_pair(one, other)
    for trustee in trustees:
        if not any(trustee in quorum for quorum in quorums):
            zh, en = f"受托人 {trustee} 不在任何开启组合中。", f"Trustee {trustee} is in no quorum."
            raise _refuse("trustee_in_no_quorum", zh, en, "trustees", trustee=trustee)


def check_released(key_set: KeySet, trustee: str, private_key: bytes) -> None:
    """Check that a published private key is the half of that trustee's opening key.

    Raises Malformed (opening_key_wrong).
    """
    if hpke.public_key(private_key) != key_set.trustee(trustee).opening_key:
        raise _refuse(
            "opening_key_wrong",
            f"受托人 {trustee} 公布的私钥与密钥组中的公钥不符。",
            f"The private key that trustee {trustee} published does not belong to the public key of the key set.",
            "private_key",
            trustee=trustee,
        )


def complete_quorum(key_set: KeySet, released: Mapping[str, bytes]) -> Quorum | None:
    """The first quorum of the policy of which every trustee's private key is there, or None.

    Raises Malformed (opening_key_wrong, trustee_not_listed) for any released key that is not the trustee's own.
    """
    for trustee, private_key in released.items():
        check_released(key_set, trustee, private_key)
    for number, names in enumerate(key_set.quorums):
        if all(name in released for name in names):
            return Quorum(number, tuple(released[name] for name in names))
    return None


def _check_quorum(quorum: Sequence[str], trustees: Collection[str], operators: Collection[str], field: str) -> None:
    if len(quorum) < 2:
        raise _refuse(
            "quorum_too_small", "开启组合至少要有两个受托人。", "A quorum has fewer than two trustees.", field
        )
    if len(set(quorum)) != len(quorum):
        zh, en = "开启组合中同一受托人出现两次。", "A trustee stands twice in one quorum."
        raise _refuse("trustee_twice_in_quorum", zh, en, field)
    for name in quorum:
        if name not in trustees:
            raise _not_listed(name)
    if all(name in operators for name in quorum):
        zh, en = "平台运营方的受托人不得自成开启组合。", "The operator's own trustees form a quorum."
        raise _refuse("quorum_of_operator", zh, en, field)


def _check_pair(one: set[str], other: set[str]) -> None:
    if one == other:
        raise _refuse("quorum_twice", "开启组合重复。", "A quorum is named twice.", "quorums")
    if one <= other or other <= one:
        raise _refuse("quorum_inside_another", "开启组合互相包含。", "A quorum is inside another.", "quorums")
    if one.isdisjoint(other):
        zh, en = "两个开启组合没有共同的受托人。", "Two quorums have no trustee in common."
        raise _refuse("quorums_disjoint", zh, en, "quorums")


def _check_signatures(value: dict[str, Any], signatures: dict[str, str], trustees: Sequence[Trustee]) -> None:
    unexpected = sorted(signatures.keys() - {trustee.trustee for trustee in trustees})
    if unexpected:
        zh, en = "密钥组有未列名者的签名。", "The key set has a signature of somebody it does not name."
        raise _refuse("signature_unexpected", zh, en, "signatures", trustee=unexpected[0])
    for trustee in trustees:
        signature = signatures.get(trustee.trustee)
        if signature is None:
            zh, en = (
                f"密钥组缺少受托人 {trustee.trustee} 的签名。",
                f"Trustee {trustee.trustee} has not signed the key set.",
            )
            raise _refuse("signature_missing", zh, en, "signatures", trustee=trustee.trustee)
        check_signature(value, trustee, signature)


def _check_distinct(trustees: Sequence[Trustee], evaluation_key: bytes) -> None:
    # An evaluation key that is also an opening key would be published with it, and the documents with both.
    keys = [trustee.opening_key for trustee in trustees] + [evaluation_key]
    if len(set(keys)) != len(keys):
        raise _refuse("keys_equal", "密钥组中有相同的公钥。", "Two keys of the key set are equal.", "trustees")
    identities = {trustee.identity for trustee in trustees}
    if len(identities) != len(trustees):
        zh, en = "两个受托人使用同一身份公钥。", "Two trustees have one identity key."
        raise _refuse("identities_equal", zh, en, "trustees")


def _trustee(found: _TrusteeForm, field: str) -> Trustee:
    identity = signing.unhex(found.identity, 32, f"{field}.identity")
    return Trustee(found.trustee, identity, _point(found.opening_key, f"{field}.opening_key"))


def _point(text: str, field: str) -> bytes:
    point = signing.unhex(text, 32, field)
    hpke.check_point(point, field)
    return point


def _not_listed(name: str) -> Refusal:
    zh, en = f"受托人 {name} 不在密钥组中。", f"Trustee {name} is not listed in the key set."
    return _refuse("trustee_not_listed", zh, en, "trustees", trustee=name)


def _refuse(reason: str, zh: str, en: str, field: str, **facts: Any) -> Malformed:
    return Malformed(reason, zh, en, field=field, **facts)
