"""Takes people and duties over from the site file, once. The database owns them afterwards."""

from __future__ import annotations

import hashlib

from sqlalchemy.orm import Session

from backend.database.tables import ContactRow, OnCallRow, PersonRow, SiteVersionRow
from contract.site import Site


def seed(session: Session, site: Site, now_ns: int) -> None:
    """Add whom and what the database does not know yet. What exists is never overwritten."""
    for person in site.person:
        if session.get(PersonRow, person.id) is not None:
            continue
        session.add(PersonRow(id=person.id, name=person.name, roles=list(person.roles)))
        session.flush()
        for kind, value in (("email", person.email), ("phone", person.phone)):
            if value is not None:
                session.add(ContactRow(person=person.id, kind=kind, value=value))
    for duty in site.on_call:
        if session.query(OnCallRow).filter_by(duty=duty.id).first() is not None:
            continue
        for position, name in enumerate(duty.people):
            session.add(OnCallRow(duty=duty.id, position=position, person=name))
    content = site.model_dump_json()
    sha256 = hashlib.sha256(content.encode()).hexdigest()
    if session.get(SiteVersionRow, sha256) is None:
        session.add(SiteVersionRow(sha256=sha256, first_used_ns=now_ns, content=content))
