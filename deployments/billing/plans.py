"""Plans that we know: the social health insurance of Viet Nam, and a private one for the demo.

BHYT, the social health insurance: the Law on Health Insurance 25/2008/QH12 as amended by
46/2014/QH13, Article 22, clause 1: 100 % for the groups of point a, for visits that cost less
than the Government says (point b; 15 % of the base salary: Decree 146/2018/ND-CP, Article 14),
and for whoever has been insured for five years without a gap and has co-paid more than six base
salaries in the year (point c); 95 % for the groups of point d, 80 % for everybody else. The base
salary is 2,340,000 VND a month (Decree 73/2024/ND-CP). The law changes: an operator changes the
plan, which is data.

The benefit level is the third character of the number on the card (Decision 1351/QD-BHXH of
2015): 1, 2 and 5 stand for 100 %, 3 for 95 %, 4 for 80 %. What the rules of referral take off
(Article 22, clause 3) is not calculated here.
"""

import re
from decimal import Decimal
from typing import Final

from deployments.billing.accounts import Area
from deployments.billing.benefits import ANY_LEVEL, Benefits

BASE_SALARY: Final = 2_340_000
"""VND a month."""

SOCIAL_CARD: Final = re.compile(r"^[A-Z]{2}([1-5])([0-9]{2})[0-9]{10}$")
"""Number of a card of social insurance: group, benefit level, province, person."""

SOCIAL: Final = Benefits(
    percent={
        "1": Decimal(100),
        "2": Decimal(100),
        "3": Decimal(95),
        "4": Decimal(80),
        "5": Decimal(100),
    },
    full_below=BASE_SALARY * 15 // 100,
    full_beyond=BASE_SALARY * 6,
    exempt_levels=frozenset({"1", "2", "5"}),
    excluded_areas=frozenset({Area.OTHER}),
    filing_days=365,
)
"""Amounts in VND."""

PRIVATE: Final = Benefits(
    percent={ANY_LEVEL: Decimal(90)},
    copay=50_000,
    deductible=500_000,
    visit_ceiling=5_000_000,
    year_ceiling=50_000_000,
    waiting_days={Area.WARD: 90, Area.PROCEDURE: 30},
    excluded_codes=frozenset({"COSMETIC"}),
    preauthorized_codes=frozenset({"MRI"}),
    filing_days=180,
)
"""A plan of the demo's private insurer; ours. Amounts in VND."""

SOCIAL_PAYER: Final = "VSS01"
PRIVATE_PAYER: Final = "AN01"
"""Codes of the two payers in electronic claims; ours."""
