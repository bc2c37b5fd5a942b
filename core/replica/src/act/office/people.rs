//! Who may write: persons of the roster, newer grants for known devices, revocations. Names and phone
//! numbers of people are not here, nor how a new phone gets in.

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{AuthorRevoked, PersonDeclared};
use doorstep_model::grant::{Grant, PERSONS_MAX, Proof};
use doorstep_model::ids::{AreaId, AuthorTag, Identity, PersonId};
use doorstep_model::keys::KeyPair;
use doorstep_model::role::Role;
use rusqlite::{Connection, params};

use super::super::{Fingerprint, Tap, find, text};
use super::must_be_declared;
use crate::error::{Error, Result, StoreProblem};
use crate::meta::{self, Key};
use crate::sync::office::Office;

/// What a known device may do from now on.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
#[cbor(array)]
pub struct NewGrant {
    /// Where it works.
    #[n(0)]
    pub area: AreaId,
    /// As what.
    #[n(1)]
    pub role: Role,
    /// Who acts with it.
    #[n(2)]
    pub persons: Vec<PersonId>,
    /// Unix seconds: from when.
    #[n(3)]
    pub work_from: i64,
    /// Unix seconds: until when.
    #[n(4)]
    pub work_until: i64,
}

impl Office {
    /// Puts a person on the roster, by number and not by name.
    ///
    /// # Errors
    /// [`Error::Refused`] with `person.roster_taken` or `text.*`.
    pub fn declare_person(&self, tap: &Tap, person: PersonDeclared) -> Result<PersonId> {
        let print = Fingerprint::of("declare_person").with(&person);
        self.act(tap, &print, |acting| {
            let roster = text::name(&person.roster)?;
            if Role::from_code(person.role).is_none() {
                return Err(Error::refused("person.role"));
            }
            let taken: bool = acting
                .session
                .tx()
                .prepare_cached("SELECT EXISTS (SELECT 1 FROM person WHERE roster = ?1)")?
                .query_row([&roster], |row| row.get(0))?;
            if taken {
                return Err(Error::Refused {
                    code: "person.roster_taken",
                    details: vec![("roster", roster)],
                });
            }
            let body = PersonDeclared {
                roster,
                force: text::short(person.force)?,
                ..person
            };
            let area = AreaId::organisation();
            let made = acting.put_new(&area, |_| DocumentName::Organisation, body)?;
            Ok(PersonId(made))
        })
    }

    /// Gives a known device a newer grant: longer, elsewhere, for other persons. It is told at the
    /// device's next contact.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown author, area or person; [`Error::Refused`] with
    /// `grant.revoked`, `grant.dates` or `invite.persons`.
    pub fn issue_grant(&self, tap: &Tap, author: AuthorTag, new: NewGrant) -> Result<()> {
        let print = Fingerprint::of("issue_grant").with(author).with(&new);
        self.act(tap, &print, |acting| {
            must_be_declared(acting.session.tx(), &new.area)?;
            know_persons(acting.session.tx(), &new.persons)?;
            if new.work_until <= new.work_from || new.work_until <= acting.session.now {
                return Err(Error::refused("grant.dates"));
            }
            let door = &mut acting.session.door;
            let known = door.directory.author_by_tag(door.tx, author)?.cloned();
            let known = known
                .filter(|author| !author.office)
                .ok_or_else(|| find::not_found("author", author))?;
            if known.revoked_at.is_some() {
                return Err(Error::refused("grant.revoked"));
            }
            let proof: Proof = minicbor::decode(&known.proof).map_err(corrupt)?;
            let old = proof
                .open(&acting.session.organisation()?)
                .map_err(corrupt)?;
            let grant = Grant {
                id: acting.session.random16(),
                organisation: acting.session.organisation_id()?,
                author: Some(proof.holder()),
                area: new.area,
                role: new.role,
                persons: new.persons,
                not_before: new.work_from,
                expires: new.work_until,
                // The device keeps its labels.
                labels: old.labels,
                use_until: None,
                office: false,
            };
            let signed = grant.sign(&organisation_key(acting.session.tx())?);
            acting
                .session
                .tx()
                .prepare_cached(
                    "INSERT INTO issued (author, bytes) VALUES (?1, ?2) \
                     ON CONFLICT (author) DO UPDATE SET bytes = excluded.bytes",
                )?
                .execute(params![known.id, signed])?;
            Ok(())
        })
    }

    /// Ends an author: from the next contact on it reads nothing, and what it hands in is held.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown author; [`Error::Refused`] with `revoke.no_reason`.
    pub fn revoke(&self, tap: &Tap, author: AuthorTag, reason: &str) -> Result<Identity> {
        let print = Fingerprint::of("revoke").with(author).with(reason);
        self.act(tap, &print, |acting| {
            let reason = text::needed(reason, "revoke.no_reason")?;
            let door = &mut acting.session.door;
            door.directory
                .author_by_tag(door.tx, author)?
                .filter(|author| !author.office)
                .ok_or_else(|| find::not_found("author", author))?;
            let area = AreaId::organisation();
            let body = AuthorRevoked {
                author,
                reason: Some(reason),
            };
            acting.put(&area, &DocumentName::Organisation, area.subject(), body)
        })
    }
}

pub(super) fn know_persons(tx: &Connection, persons: &[PersonId]) -> Result<()> {
    if persons.is_empty() || persons.len() > PERSONS_MAX {
        return Err(Error::Refused {
            code: "invite.persons",
            details: vec![("most", PERSONS_MAX.to_string())],
        });
    }
    for person in persons {
        if !find::is_declared(tx, *person)? {
            return Err(find::not_found("person", person));
        }
    }
    Ok(())
}

pub(super) fn organisation_key(tx: &Connection) -> Result<KeyPair> {
    meta::get_array::<32>(tx, Key::OrganisationSecret)?
        .map(|secret| KeyPair::from_secret(&secret))
        .ok_or(Error::NotEnrolled)
}

pub(super) fn corrupt(error: impl ToString) -> Error {
    Error::store(StoreProblem::Corrupt, error)
}
