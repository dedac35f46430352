"""Who may read, as a table and for whatever provisions there are."""

from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deployments.access import Role
from deployments.medical_records.rules import Basis, Facts, Provision, decide, governing
from tests.factories import medical_records as factory

DOCTOR = factory.principal(Role.DOCTOR)
SOMEBODY = uuid4()
TREATS, GLASS = Basis("encounter", uuid4()), uuid4()


def says(permits, **values):
    return Provision(id=uuid4(), permits=permits, **values)


ME = {"practitioner_id": DOCTOR.user_id}
ELSE = {"practitioner_id": SOMEBODY}


def said(*provisions, relation=None, grant=None):
    return Facts(relation, grant, provisions)


CASES = [
    ("nobody", Facts(), None),
    ("treats", Facts(TREATS), "encounter"),
    ("glass", Facts(grant_id=GLASS), "break-glass"),
    ("treats, glass", Facts(TREATS, GLASS), "encounter"),
    ("permitted", said(says(True)), "consent"),
    ("permitted in person", said(says(True, **ME)), "consent"),
    ("another permitted", said(says(True, **ELSE)), None),
    ("permitted by role", said(says(True, role="doctor")), "consent"),
    ("another role permitted", said(says(True, role="nurse")), None),
    ("permitted of another kind", said(says(True, kinds={"Encounter"})), None),
    ("treats, denied", said(says(False), relation=TREATS), None),
    ("treats, denied in person", said(says(False, **ME), relation=TREATS), None),
    ("treats, kind denied", said(says(False, kinds={"Condition"}), relation=TREATS), None),
    ("treats, other kind denied", said(says(False, kinds={"Basic"}), relation=TREATS), "encounter"),
    ("other denied", said(says(False, **ELSE), relation=TREATS), "encounter"),
    ("all but me denied", said(says(False), says(True, **ME), relation=TREATS), "encounter"),
    ("all denied but me", said(says(False), says(True, **ME)), "consent"),
    ("role, not I", said(says(True, role="doctor"), says(False, **ME), relation=TREATS), None),
    ("both said", said(says(True), says(False), relation=TREATS), None),
    ("denied, glass", said(says(False), relation=TREATS, grant=GLASS), "break-glass"),
]  # fmt: skip


@pytest.mark.parametrize(("facts", "why"), [case[1:] for case in CASES], ids=[c[0] for c in CASES])
def test_who_may_read(facts, why):
    basis = decide(DOCTOR, "Condition", facts)
    assert (basis and basis.why) == why


@pytest.mark.parametrize("role", [Role.PATIENT, Role.PRIVACY_OFFICER, Role.ADMINISTRATOR])
def test_only_clinical_staff_read_others(role):
    facts = Facts(TREATS, GLASS, [says(True)])
    assert decide(factory.principal(role), "Condition", facts) is None


def test_the_audit_row_names_the_ground():
    assert str(TREATS) == f"encounter:{TREATS.source_id}"
    assert str(Basis("own")) == "own"


PROVISIONS = st.lists(
    st.builds(
        Provision,
        id=st.uuids(),
        permits=st.booleans(),
        practitioner_id=st.sampled_from([None, DOCTOR.user_id, SOMEBODY]),
        role=st.sampled_from([None, "doctor", "nurse"]),
        kinds=st.frozensets(st.sampled_from(["Condition", "Encounter"])),
    ),
    max_size=6,
)
RELATIONS = st.sampled_from([None, TREATS])


@given(PROVISIONS, RELATIONS)
def test_a_denial_only_takes_away_and_a_permission_only_gives(said, relation):
    allowed = decide(DOCTOR, "Condition", Facts(relation, None, said)) is not None
    denial = Provision(UUID(int=2**128 - 1), permits=False, practitioner_id=DOCTOR.user_id)
    assert decide(DOCTOR, "Condition", Facts(relation, None, [*said, denial])) is None
    word = governing(DOCTOR, "Condition", said)
    assert allowed == (word.permits if word else relation is not None)


@given(PROVISIONS, RELATIONS)
def test_the_glass_opens_whatever_was_said(said, relation):
    assert decide(DOCTOR, "Condition", Facts(relation, GLASS, said)) is not None


@given(PROVISIONS)
def test_the_order_of_what_was_said_does_not_matter(said):
    assert governing(DOCTOR, "Condition", said) == governing(DOCTOR, "Condition", said[::-1])
