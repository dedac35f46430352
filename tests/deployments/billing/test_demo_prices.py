"""The demo hospital's prices are for everything that it has."""

from deployments.billing.hearing import LATE_CANCELLATION, NO_SHOW
from deployments.billing.price_files import demo_prices, read_prices
from deployments.laboratory import catalogue_files
from deployments.pharmacy.formulary_file import read_formulary


def test_everything_that_is_done_has_a_price(appointments_database) -> None:
    priced = {(one.kind, one.code) for one in read_prices(demo_prices(), "VND")}
    wanted = {("drug", one.code) for one in read_formulary()}
    wanted |= {("test", row["code"]) for row in catalogue_files.read("tests")}
    wanted |= {("panel", row["code"]) for row in catalogue_files.read("panels")}
    with appointments_database.engine.connect() as connection:
        own = "SELECT code FROM appointment_reasons WHERE code NOT LIKE 'test-%%'"
        reasons = connection.exec_driver_sql(own).scalars()  # tests leave theirs in this table
        wanted |= {("service", code) for code in reasons}
    wanted |= {("service", NO_SHOW), ("service", LATE_CANCELLATION)}
    assert wanted <= priced, wanted - priced
