"""The words of the formulary and of dosages, with what labels say in both languages."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


@dataclass(frozen=True, slots=True)
class Words:
    """The same words in both languages."""

    en: str
    vi: str


class Schedule(StrEnum):
    """How a medication is controlled (Viet Nam's Circular 20/2017/TT-BYT names these kinds)."""

    NONE = "none"
    NARCOTIC = "narcotic"
    PSYCHOTROPIC = "psychotropic"
    PRECURSOR = "precursor"


class DoseUnit(StrEnum):
    """What doses are counted in; millilitres and grams are UCUM."""

    TABLET = "tablet"
    CAPSULE = "capsule"
    SACHET = "sachet"
    MILLILITRE = "mL"
    GRAM = "g"
    PUFF = "puff"
    DROP = "drop"
    VIAL = "vial"
    SYRINGE = "syringe"
    SUPPOSITORY = "suppository"
    PATCH = "patch"


class DispensingUnit(StrEnum):
    """What is handed out and never divided; stock is counted in it."""

    TABLET = "tablet"
    CAPSULE = "capsule"
    SACHET = "sachet"
    AMPOULE = "ampoule"
    VIAL = "vial"
    BOTTLE = "bottle"
    TUBE = "tube"
    INHALER = "inhaler"
    PEN = "pen"
    SYRINGE = "syringe"
    SUPPOSITORY = "suppository"
    PATCH = "patch"


SINGLE_USE: Final = frozenset({DispensingUnit.AMPOULE, DispensingUnit.SYRINGE})
"""What a dose leaves in it is thrown away."""


class Route(StrEnum):
    """How a dose gets into or onto the patient."""

    ORAL = "oral"
    SUBLINGUAL = "sublingual"
    INTRAVENOUS = "intravenous"
    INTRAMUSCULAR = "intramuscular"
    SUBCUTANEOUS = "subcutaneous"
    INHALATION = "inhalation"
    NASAL = "nasal"
    OPHTHALMIC = "ophthalmic"
    OTIC = "otic"
    CUTANEOUS = "cutaneous"
    TRANSDERMAL = "transdermal"
    INFILTRATION = "infiltration"
    INTRATHECAL = "intrathecal"
    RECTAL = "rectal"
    VAGINAL = "vaginal"
    OROMUCOSAL = "oromucosal"
    OTHER = "other"


_INTO_THE_BODY: Final = frozenset(
    {Route.ORAL, Route.SUBLINGUAL, Route.OROMUCOSAL, Route.RECTAL, Route.VAGINAL}
)
_INJECTED: Final = frozenset(
    {Route.INTRAVENOUS, Route.INTRAMUSCULAR, Route.SUBCUTANEOUS, Route.INFILTRATION}
)
_DROPPED: Final = frozenset({Route.OPHTHALMIC, Route.OTIC, Route.NASAL})
EXCHANGEABLE: Final = (_INTO_THE_BODY, _INJECTED, _DROPPED)
"""A product may be ordered by another route of its group. House rule: what is checked is made for
the product's own route, and nothing goes by mistake into the spinal canal (WHO alert 115, 2007,
on vincristine)."""


class When(StrEnum):
    """Times of a day by its events (codes of FHIR R4 event-timing)."""

    MORNING = "MORN"
    AFTERNOON = "AFT"
    EVENING = "EVE"
    NIGHT = "NIGHT"
    BEDTIME = "HS"
    WAKING = "WAKE"
    WITH_MEALS = "C"
    WITH_BREAKFAST = "CM"
    WITH_LUNCH = "CD"
    WITH_DINNER = "CV"
    BEFORE_MEALS = "AC"
    BEFORE_BREAKFAST = "ACM"
    BEFORE_LUNCH = "ACD"
    BEFORE_DINNER = "ACV"
    AFTER_MEALS = "PC"
    AFTER_BREAKFAST = "PCM"
    AFTER_LUNCH = "PCD"
    AFTER_DINNER = "PCV"


class AsNeeded(StrEnum):
    """What a dose that is not taken by the clock is taken for."""

    PAIN = "pain"
    FEVER = "fever"
    NAUSEA = "nausea"
    COUGH = "cough"
    BREATHLESSNESS = "breathlessness"
    CHEST_PAIN = "chest-pain"
    ITCHING = "itching"
    ALLERGY = "allergy"
    ANXIETY = "anxiety"
    SLEEPLESSNESS = "sleeplessness"
    CONSTIPATION = "constipation"
    DIARRHOEA = "diarrhoea"
    HEARTBURN = "heartburn"
    LOW_GLUCOSE = "low-glucose"


class Course(StrEnum):
    """FHIR R4 medicationrequest-course-of-therapy."""

    ACUTE = "acute"
    CONTINUOUS = "continuous"


class PeriodUnit(StrEnum):
    """UCUM units of time in a timing."""

    HOUR = "h"
    DAY = "d"
    WEEK = "wk"
    MONTH = "mo"


_U, _R, _W, _N = DoseUnit, Route, When, AsNeeded
UNITS: Final = {
    _U.TABLET: Words("tablet", "viên"),
    _U.CAPSULE: Words("capsule", "viên nang"),
    _U.SACHET: Words("sachet", "gói"),
    _U.MILLILITRE: Words("mL", "mL"),
    _U.GRAM: Words("g", "g"),
    _U.PUFF: Words("puff", "nhát xịt"),
    _U.DROP: Words("drop", "giọt"),
    _U.VIAL: Words("vial", "lọ"),
    _U.SYRINGE: Words("syringe", "bơm tiêm"),
    _U.SUPPOSITORY: Words("suppository", "viên đặt"),
    _U.PATCH: Words("patch", "miếng dán"),
}
SAME_IN_PLURAL: Final = frozenset({_U.MILLILITRE, _U.GRAM})

VERBS: Final = {
    _R.ORAL: Words("Take", "Uống"),
    _R.SUBLINGUAL: Words("Place", "Ngậm dưới lưỡi"),
    _R.INTRAVENOUS: Words("Give", "Tiêm tĩnh mạch"),
    _R.INTRAMUSCULAR: Words("Inject", "Tiêm bắp"),
    _R.SUBCUTANEOUS: Words("Inject", "Tiêm dưới da"),
    _R.INHALATION: Words("Inhale", "Hít"),
    _R.NASAL: Words("Use", "Dùng cho mũi"),
    _R.OPHTHALMIC: Words("Use", "Nhỏ (tra) mắt"),
    _R.OTIC: Words("Use", "Nhỏ tai"),
    _R.CUTANEOUS: Words("Apply", "Bôi ngoài da"),
    _R.TRANSDERMAL: Words("Apply", "Dán ngoài da"),
    _R.INFILTRATION: Words("Infiltrate", "Tiêm thấm tại chỗ"),
    _R.INTRATHECAL: Words("Inject", "Tiêm nội tủy mạc"),
    _R.RECTAL: Words("Use", "Đặt hậu môn"),
    _R.VAGINAL: Words("Use", "Đặt âm đạo"),
    _R.OROMUCOSAL: Words("Use", "Dùng trong miệng"),
    _R.OTHER: Words("Use", "Dùng"),
}
"""Vietnamese says the route with the verb."""
ROUTES: Final = {
    _R.ORAL: "by mouth",
    _R.SUBLINGUAL: "under the tongue",
    _R.INTRAVENOUS: "into a vein",
    _R.INTRAMUSCULAR: "into a muscle",
    _R.SUBCUTANEOUS: "under the skin",
    _R.INHALATION: "by inhalation",
    _R.NASAL: "in the nose",
    _R.OPHTHALMIC: "in the eye",
    _R.OTIC: "in the ear",
    _R.CUTANEOUS: "on the skin",
    _R.TRANSDERMAL: "on the skin",
    _R.INFILTRATION: "around the site",
    _R.INTRATHECAL: "into the spinal canal",
    _R.RECTAL: "in the rectum",
    _R.VAGINAL: "in the vagina",
    _R.OROMUCOSAL: "in the mouth",
    _R.OTHER: "as directed",
}
WHEN: Final = {
    _W.MORNING: Words("in the morning", "buổi sáng"),
    _W.AFTERNOON: Words("in the afternoon", "buổi chiều"),
    _W.EVENING: Words("in the evening", "buổi tối"),
    _W.NIGHT: Words("at night", "ban đêm"),
    _W.BEDTIME: Words("at bedtime", "trước khi đi ngủ"),
    _W.WAKING: Words("on waking", "khi thức dậy"),
    _W.WITH_MEALS: Words("with meals", "trong bữa ăn"),
    _W.WITH_BREAKFAST: Words("with breakfast", "trong bữa sáng"),
    _W.WITH_LUNCH: Words("with lunch", "trong bữa trưa"),
    _W.WITH_DINNER: Words("with dinner", "trong bữa tối"),
    _W.BEFORE_MEALS: Words("before meals", "trước bữa ăn"),
    _W.BEFORE_BREAKFAST: Words("before breakfast", "trước bữa sáng"),
    _W.BEFORE_LUNCH: Words("before lunch", "trước bữa trưa"),
    _W.BEFORE_DINNER: Words("before dinner", "trước bữa tối"),
    _W.AFTER_MEALS: Words("after meals", "sau bữa ăn"),
    _W.AFTER_BREAKFAST: Words("after breakfast", "sau bữa sáng"),
    _W.AFTER_LUNCH: Words("after lunch", "sau bữa trưa"),
    _W.AFTER_DINNER: Words("after dinner", "sau bữa tối"),
}
AS_NEEDED: Final = {
    _N.PAIN: Words("pain", "đau"),
    _N.FEVER: Words("fever", "sốt"),
    _N.NAUSEA: Words("nausea", "buồn nôn"),
    _N.COUGH: Words("cough", "ho"),
    _N.BREATHLESSNESS: Words("shortness of breath", "khó thở"),
    _N.CHEST_PAIN: Words("chest pain", "đau ngực"),
    _N.ITCHING: Words("itching", "ngứa"),
    _N.ALLERGY: Words("an allergic reaction", "phản ứng dị ứng"),
    _N.ANXIETY: Words("anxiety", "lo âu"),
    _N.SLEEPLESSNESS: Words("sleeplessness", "mất ngủ"),
    _N.CONSTIPATION: Words("constipation", "táo bón"),
    _N.DIARRHOEA: Words("diarrhoea", "tiêu chảy"),
    _N.HEARTBURN: Words("heartburn", "ợ nóng"),
    _N.LOW_GLUCOSE: Words("low blood sugar", "hạ đường huyết"),
}
PERIODS: Final = {
    PeriodUnit.HOUR: Words("hour", "giờ"),
    PeriodUnit.DAY: Words("day", "ngày"),
    PeriodUnit.WEEK: Words("week", "tuần"),
    PeriodUnit.MONTH: Words("month", "tháng"),
}
