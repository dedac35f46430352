"""What the medical records service refuses."""

from deployments.errors import Conflict, Forbidden, Invalid, NotFound, PreconditionFailed


class RecordNotFound(NotFound):
    """No such chart or entry, or none that the caller may know of: both look alike."""

    code = "medical_records.not_found"
    title = "Not found"


class ChangedMeanwhile(PreconditionFailed):
    """The entry is not in the version that the caller saw."""

    code = "medical_records.changed"
    title = "Changed meanwhile"


class AccessClosed(Conflict):
    """The emergency access has ended, or was reviewed already."""

    code = "medical_records.access_closed"
    title = "Closed already"


class ConsentNotPossible(Invalid):
    """The consent names nobody, or no time."""

    code = "medical_records.consent_not_possible"
    title = "Consent not possible"


class ConsentEnded(Conflict):
    """The consent is not in force any more."""

    code = "medical_records.consent_ended"
    title = "Consent has ended"


class UnknownCode(Invalid):
    """A terminology does not have the code; `errors` says which."""

    code = "medical_records.unknown_code"
    title = "Unknown code"


class CodeNotFound(NotFound):
    """The terminology does not have the code."""

    code = "medical_records.code_not_found"
    title = "No such code"


class EntryVoided(Conflict):
    """The entry was made in error; it can be read and nothing else."""

    code = "medical_records.entry_voided"
    title = "Made in error"


class EntryInconsistent(Invalid):
    """The entry contradicts itself; `errors` says where."""

    code = "medical_records.inconsistent"
    title = "Contradicts itself"


class MoveNotAllowed(Conflict):
    """The status of the entry does not allow it."""

    code = "medical_records.move_not_allowed"
    title = "Not possible in this status"


class AllergiesKnown(Conflict):
    """That none is known cannot stand beside an active allergy."""

    code = "medical_records.allergies_known"
    title = "Allergies are known"


class FromPharmacy(Conflict):
    """The medication follows its prescription; change that one."""

    code = "medical_records.from_pharmacy"
    title = "Follows its prescription"


class EncounterStatusRefused(Conflict):
    """The encounter's status does not allow it."""

    code = "medical_records.encounter_status"
    title = "Not possible in this status"


class EncounterNotClosable(Conflict):
    """Something of the encounter is undone: `unsigned_notes`, `open_orders` say what."""

    code = "medical_records.encounter_not_closable"
    title = "The encounter has unsigned notes or open orders"


class EncounterRefused(Invalid):
    """A rule of encounters speaks against it; `errors` says which."""

    code = "medical_records.encounter_refused"
    title = "Not a valid encounter"


class AdmittedAlready(Conflict):
    """The patient has a stay that is not over."""

    code = "medical_records.admitted_already"
    title = "The patient is admitted already"


class NoteStatusRefused(Conflict):
    """The note's status does not allow it: what is signed changes by addendum only."""

    code = "medical_records.note_status"
    title = "Not possible in this status"


class NotTheAuthor(Forbidden):
    """Only its author may do this with a note."""

    code = "medical_records.not_the_author"
    title = "Somebody else's note"


class MeasurementRefused(Invalid):
    """What was measured cannot be so; `errors` says what is allowed."""

    code = "medical_records.measurement_refused"
    title = "Not a possible measurement"


class ImmunizationRefused(Invalid):
    """A rule of immunizations speaks against it; `errors` says which."""

    code = "medical_records.immunization_refused"
    title = "Not a valid immunization"
