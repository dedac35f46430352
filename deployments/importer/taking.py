"""Takes one resource after the other into the services, and remembers what references mean."""

from collections import defaultdict
from collections.abc import Iterator
from uuid import UUID

from deployments.importer.fhir import people, visits
from deployments.importer.fhir.shape import NotTaken, objects
from deployments.importer.fhir.visits import Place
from deployments.importer.identities import STAFF, Identities
from deployments.importer.ports import Calendar, People
from deployments.importer.reading import Entry, Json
from deployments.importer.references import References, keys_named, keys_of
from deployments.importer.report import Outcome


class Taking:
    """One method for each resource type; they are called in the order of `importer.ORDER`.

    Each returns what became of the resource, or raises `NotTaken` or a service's `DomainError`.

    Args:
        people: where patients and staff go.
        calendar: where hours and visits go.
        identities: learns who was taken.
        time_zone: whose clock the hours of schedules are read off.
    """

    def __init__(
        self, people: People, calendar: Calendar, identities: Identities, time_zone: str
    ) -> None:
        self._people = people
        self._identities = identities
        self._calendar = calendar
        self._time_zone = time_zone
        self._places: References[Place] = References()
        self._roles: References[Entry] = References()
        self._roles_by_practitioner: dict[str, list[Entry]] = defaultdict(list)
        self._roles_of: dict[UUID, list[Entry]] = defaultdict(list)

    async def location(self, entry: Entry) -> Outcome:
        """Kept for the hours and visits that are there; no service has places of its own yet."""
        self._places.learn(entry, visits.place(entry.resource))
        return Outcome.NOTED

    async def practitioner_role(self, entry: Entry) -> Outcome:
        """Kept until its Practitioner is taken, who is nobody without it."""
        people.role_of([entry.resource])
        keys = list(keys_named(entry.resource.get("practitioner"), "Practitioner"))
        if not keys:
            raise NotTaken("practitioner: names none")
        self._roles.learn(entry, entry)
        for key in keys:
            self._roles_by_practitioner[key].append(entry)
        return Outcome.NOTED

    async def practitioner(self, entry: Entry) -> Outcome:
        """A member of the staff, with all their roles."""
        roles = self._roles_named(entry)
        if not roles:
            raise NotTaken("no PractitionerRole in the files says what this person does")
        bodies = [role.resource for role in roles]
        person = people.staff(entry.resource, bodies, self._department(bodies))
        person_id, outcome = await self._people.import_person(person)
        for known in (entry, *roles):
            self._identities.learn_staff(known, person_id)
        self._roles_of[person_id] = roles
        return outcome

    async def patient(self, entry: Entry) -> Outcome:
        """A patient."""
        person_id, outcome = await self._people.import_person(people.patient(entry.resource))
        self._identities.learn_patient(entry, person_id)
        return outcome

    async def schedule(self, entry: Entry) -> Outcome:
        """A doctor's hours."""
        actors = objects(entry.resource.get("actor"))
        practitioner_id = await self._identities.practitioner_among(actors, "actor")
        named = [found for actor in actors if (found := self._roles.find(actor, STAFF[1]))]
        roles = [role.resource for role in named or self._roles_of.get(practitioner_id, [])]
        taken = visits.schedule(
            entry.resource,
            practitioner_id=practitioner_id,
            roles=roles,
            at=self._place_among([*actors, *self._places_of(roles)]),
            time_zone=self._time_zone,
        )
        return (await self._calendar.import_schedule(taken))[1]

    async def appointment(self, entry: Entry) -> Outcome:
        """A visit."""
        participants = objects(entry.resource.get("participant"))
        actors = [one["actor"] for one in participants if isinstance(one.get("actor"), dict)]
        taken = visits.appointment(
            entry.resource,
            patient_id=await self._identities.patient_among(actors, "participant"),
            practitioner_id=await self._identities.practitioner_among(actors, "participant"),
            at=self._place_among(actors),
        )
        return (await self._calendar.import_appointment(taken))[1]

    def left_out(self, entry: Entry) -> Iterator[str]:
        """Parts of a resource just taken that were not."""
        if entry.kind in {"Patient", "Practitioner"}:
            yield from people.left_out(entry.resource)
        elif entry.kind == "PractitionerRole":
            yield from visits.left_out(entry.resource)

    def roles_of_nobody(self) -> Iterator[Entry]:
        """Roles whose Practitioner was not taken."""
        every = {id(role): role for roles in self._roles_by_practitioner.values() for role in roles}
        had = {id(role) for roles in self._roles_of.values() for role in roles}
        return (role for key, role in every.items() if key not in had)

    def _roles_named(self, entry: Entry) -> list[Entry]:
        found = (role for key in keys_of(entry) for role in self._roles_by_practitioner[key])
        return list({id(role): role for role in found}.values())

    def _places_of(self, roles: list[Json]) -> list[Json]:
        return [place for role in roles for place in objects(role.get("location"))]

    def _department(self, roles: list[Json]) -> str | None:
        """The name of the first place that is no room, else of what the room is part of."""
        found = [self._places.find(place, "Location") for place in self._places_of(roles)]
        places = [place for place in found if place]
        outside = [self._places.find(place.part_of, "Location") for place in places]
        named = [place.name for place in (*places, *outside) if place and not place.is_room]
        return named[0] if named else None

    def _place_among(self, references: list[Json]) -> Place | None:
        found = (self._places.find(reference, "Location") for reference in references)
        return next((place for place in found if place), None)
