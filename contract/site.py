"""The site: what stands where, who wears what, what to look for, how bad it is, who is told.

One TOML file holds it, one table a class. `contract.sitefile` reads and checks it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from functools import cached_property
from typing import Any, Literal

from pydantic import Field, model_validator

from contract.camera import CameraView
from contract.hearing import Hearing
from contract.heartbeat import Heartbeat
from contract.lastresort import LastResort
from contract.message import Identifier
from contract.permission import Calendar, Certificate, Permit, Shift
from contract.reads import TagId
from contract.response import LONGEST_S, Response
from contract.severity import Severity, SeverityPolicy
from contract.speech import DeviceKind
from contract.table import Role, Table
from contract.zone import Door, Zone

Worn = Literal["trunk", "arm"]
KEY_FOLDER = "keys"
"""Beside the site file: where an agent's key is, if its table does not say."""
_LOOPBACK = ("127.", "::1", "localhost")


class About(Table):
    """`[site]`: the place itself."""

    id: Identifier
    title: str = ""
    time_zone: str = Field("UTC", description="IANA name, as Europe/Stockholm")


class Broker(Table):
    """`[broker]`: the site's MQTT broker. Without this table `floorwatch up` brings its own."""

    host: str = "127.0.0.1"
    port: int = Field(1883, ge=1, le=65535)
    tls: bool = Field(False, description="Speak TLS, and believe only whom `ca_file` vouches for")
    ca_file: str | None = Field(None, description="Of whoever signed its certificate; the system's")
    cert_file: str | None = Field(None, description="Shown to the broker, where it asks for one")
    key_file: str | None = Field(None, description="Of `cert_file`; without a pass phrase")
    username: str | None = Field(
        None, description="The password comes from FLOORWATCH_MQTT_PASSWORD"
    )
    trust: Literal["keys", "broker"] = Field(
        "keys",
        description="keys: agents and gateway sign what they say. broker: whoever the broker lets "
        "in is believed, without a signature, but for an agent that has a `key_file`",
    )


class Agent(Table):
    """`[[agent]]`: an edge agent, with the drivers that it runs."""

    id: Identifier
    key_file: str | None = Field(
        None,
        description="Its key, from the site file's folder; keys/ID.key if unset. "
        "`floorwatch keys make` makes it",
    )
    sensors: tuple[dict[str, Any], ...] = Field((), description="One table a driver, by `kind`")


class Device(Table):
    """`[[device]]`: a sensor, and the wearer who wears it or the zone it stands in."""

    id: Identifier
    kind: DeviceKind
    agent: Identifier | None = Field(
        None,
        description="Only this agent may speak for it; of several, the first that does if unset",
    )
    wearer: Identifier | None = None
    worn: Worn | None = Field(None, description="Where on the body: chooses the fall model")
    zone: Identifier | None = None
    tag: TagId | None = Field(None, description="What readers hear: EPC hex or MAC")
    points: dict[str, Identifier] = Field(
        default_factory=dict,
        description="A reader's antennas, or a PLC's inputs, each with its zone",
    )
    evacuates: bool = Field(
        False, description="A PLC, such as a fire panel, that may begin an evacuation; never end it"
    )
    can_ask: bool = Field(False, description='It can ask its wearer "are you all right?"')
    view: CameraView | None = Field(None, description="What a camera looks at")


class Wearer(Table):
    """`[[wearer]]`: somebody who is watched over."""

    id: Identifier
    name: str
    department: str = ""
    roles: tuple[Role, ...] = ()
    lone: bool = Field(False, description="Works alone: nobody near would see a fall")
    phone: str | None = Field(None, pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164")


class Responder(Table):
    """`[[person]]`: somebody who is paged. A seed for the database, which owns people after.

    `floorwatch people sync` makes the file count again.
    """

    id: Identifier
    name: str
    roles: tuple[Role, ...] = ()
    email: str | None = Field(None, pattern=r"^[^@\s]+@[^@\s]+$")
    phone: str | None = Field(None, pattern=r"^\+[1-9][0-9]{6,14}$", description="E.164")


class OnCall(Table):
    """`[[on_call]]`: who answers for a duty, first to last. A seed for the database, as people."""

    id: Identifier
    people: tuple[Identifier, ...] = Field(min_length=1)


class Step(Table):
    """A rung of the ladder: page these, then wait."""

    to: tuple[str, ...] = Field(min_length=1, description="on-call:ID, role:ROLE or person:ID")
    wait_s: float = Field(60, gt=0, le=86_400, description="Until the next rung, if nobody answers")


class Escalation(Table):
    """`[[escalation]]`: who is paged for a tier, rung by rung."""

    severity: Severity
    steps: tuple[Step, ...] = Field(min_length=1)
    repeat: int = Field(0, ge=0, le=100, description="How often the ladder is climbed again")

    @model_validator(mode="after")
    def _no_rung_waits_too_long(self) -> Escalation:
        longest_s = LONGEST_S[self.severity]
        for number, step in enumerate(self.steps, start=1):
            if step.wait_s > longest_s:
                raise ValueError(
                    f"step {number} waits {step.wait_s:g} s: an open {self.severity} waits for at "
                    f"most {longest_s:g} s"
                )
        return self


class Backend(Table):
    """`[backend]`: where the backend is, and how its links read from outside."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=1, le=65535)
    public_url: str | None = Field(
        None, description="What a phone opens; from host and port if unset"
    )
    hosts: tuple[str, ...] = Field(
        (),
        description="Further names under which browsers may open it; of `host`, of `public_url` "
        "and of this machine itself it knows",
    )


class Gateway(Table):
    """`[gateway]`: how long the flight recorder reaches back, and where history goes."""

    id: Identifier = "gateway"
    recorder_hours: float = Field(72, gt=0, le=24 * 90)
    recorder_mb: int = Field(2000, ge=1)
    metrics_port: int | None = Field(None, ge=1, le=65535)
    influx_url: str | None = Field(
        None, description="InfluxDB 2; token from FLOORWATCH_INFLUX_TOKEN"
    )
    influx_org: str = "floorwatch"
    influx_bucket: str = "floorwatch"


class Site(Table):
    """The whole site file."""

    site: About
    broker: Broker | None = None
    gateway: Gateway = Gateway()
    backend: Backend = Backend()
    zone: tuple[Zone, ...] = ()
    door: tuple[Door, ...] = ()
    shift: tuple[Shift, ...] = ()
    calendar: tuple[Calendar, ...] = ()
    permit: tuple[Permit, ...] = ()
    certificate: tuple[Certificate, ...] = ()
    agent: tuple[Agent, ...] = ()
    device: tuple[Device, ...] = ()
    hearing: tuple[Hearing, ...] = ()
    wearer: tuple[Wearer, ...] = ()
    person: tuple[Responder, ...] = ()
    on_call: tuple[OnCall, ...] = ()
    detector: tuple[dict[str, Any], ...] = Field((), description="Checked by detectors.catalogue")
    severity: SeverityPolicy = SeverityPolicy()
    escalation: tuple[Escalation, ...] = ()
    response: Response = Response()
    last_resort: LastResort = LastResort()
    heartbeat: Heartbeat | None = None
    channel: tuple[dict[str, Any], ...] = Field(
        (), description="Checked by backend.paging.channels"
    )

    @property
    def id(self) -> str:
        """The site's own name, as in its topics."""
        return self.site.id

    def trusts_broker(self, host: str) -> bool:
        """Whether the broker at `host` is believed in who speaks.

        Without a `[broker]` table that is the one which `floorwatch up` brings, on this machine.
        """
        return self.broker.trust == "broker" if self.broker else host.startswith(_LOOPBACK)

    def rehearsal(self) -> Site:
        """Return the site as it is played on a broker of one's own: nobody signs."""
        agents = tuple(agent.model_copy(update={"key_file": None}) for agent in self.agent)
        return self.model_copy(update={"broker": None, "agent": agents})

    def key_file(self, agent: str, broker_host: str) -> str | None:
        """Return where an agent's key is, from the site file's folder; None if it needs none."""
        told = next((each.key_file for each in self.agent if each.id == agent), None)
        if told is None and not self.trusts_broker(broker_host):
            return f"{KEY_FOLDER}/{agent}.key"
        return told

    @cached_property
    def zones(self) -> Mapping[str, Zone]:
        """Zones by id."""
        return {zone.id: zone for zone in self.zone}

    @cached_property
    def doors(self) -> Mapping[str, Door]:
        """Doors by id."""
        return {door.id: door for door in self.door}

    @cached_property
    def neighbours(self) -> Mapping[str, frozenset[str]]:
        """The zones that one can step into from each: as declared, and through its doors."""
        found: dict[str, set[str]] = {zone.id: set() for zone in self.zone}
        pairs = [(zone.id, other) for zone in self.zone for other in zone.adjacent]
        pairs += [(door.zone, door.outside) for door in self.door if door.outside]
        for one, other in pairs:
            found[one].add(other)
            found[other].add(one)
        return {zone: frozenset(others) for zone, others in found.items()}

    @cached_property
    def devices(self) -> Mapping[str, Device]:
        """Devices by id."""
        return {device.id: device for device in self.device}

    @cached_property
    def wearers(self) -> Mapping[str, Wearer]:
        """Wearers by id."""
        return {wearer.id: wearer for wearer in self.wearer}

    @cached_property
    def people(self) -> Mapping[str, Responder]:
        """Responders by id."""
        return {person.id: person for person in self.person}

    @cached_property
    def wearer_of_tag(self) -> Mapping[str, str]:
        """Wearer ids by the tag they carry."""
        return {d.tag: d.wearer for d in self.device if d.tag and d.wearer}

    @cached_property
    def carrying(self) -> frozenset[str]:
        """Wearers who carry a device of this file."""
        return frozenset(device.wearer for device in self.device if device.wearer)

    def targets(self, to: str) -> tuple[str, ...]:
        """Return the ids of the people whom a step's target names, as the file seeds them."""
        kind, _, name = to.partition(":")
        match kind:
            case "person":
                return (name,) if name in self.people else ()
            case "role":
                return tuple(p.id for p in self.person if name in p.roles)
            case "on-call":
                return next((duty.people for duty in self.on_call if duty.id == name), ())
            case _:
                return ()

    def anonymous(self) -> Site:
        """Return what a detector may know: all of it but names, numbers, and who is paged."""
        unsigned = tuple(permit.model_copy(update={"supervisor": ""}) for permit in self.permit)
        nobody = dict.fromkeys(("person", "on_call", "escalation", "channel"), ())
        return self.model_copy(
            update={"wearer": _nameless(self.wearer), "permit": unsigned, **nobody}
        )

    def slice_for(self, agent: str) -> Site:
        """Return what an edge agent may know: its own devices and drivers, no people's numbers."""
        devices = tuple(d for d in self.device if d.agent in (None, agent))
        wearers = {d.wearer for d in devices}
        return Site(
            site=self.site,
            broker=self.broker,
            zone=self.zone,
            door=self.door,
            shift=self.shift,
            calendar=self.calendar,
            permit=tuple(_for_wearers(permit, wearers) for permit in self.permit),
            certificate=tuple(c for c in self.certificate if c.wearer in wearers),
            agent=tuple(a for a in self.agent if a.id == agent),
            device=devices,
            hearing=tuple(h for h in self.hearing if h.reader in {d.id for d in devices}),
            wearer=_nameless(w for w in self.wearer if w.id in wearers),
        )


def _nameless(wearers: Iterable[Wearer]) -> tuple[Wearer, ...]:
    return tuple(wearer.model_copy(update={"name": "", "phone": None}) for wearer in wearers)


def _for_wearers(permit: Permit, wearers: Set[str | None]) -> Permit:
    """Return a permit as an agent may know it: of its own wearers, and nobody's signature."""
    kept = {
        name: tuple(who for who in getattr(permit, name) if who in wearers)
        for name in ("wearers", "attendants")
    }
    return permit.model_copy(update={**kept, "supervisor": ""})
