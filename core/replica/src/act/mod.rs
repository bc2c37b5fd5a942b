//! What a person does: every write that an app or the console asks for, each one transaction, each
//! once by its request id. What the entries mean beside others is the model's; how they get into the
//! store is the door's.

mod cases;
mod checks;
mod decisions;
mod doors;
mod find;
pub mod office;
mod once;
mod records;
mod structure;
mod targets;
mod text;
mod undo;

pub use cases::Fix;
pub use checks::{Look, Right};
pub use targets::Targets;
pub use text::{NAME_MAX, NOTE_MAX, PHOTOS_MAX};
pub use undo::UNDO_MAX;

use doorstep_model::document::DocumentName;
use doorstep_model::entry::{Body, ENTRIES_MAX, Entry, Mark};
use doorstep_model::ids::{AreaId, Identity, PersonId, RequestId};
use doorstep_model::role::Role;
use doorstep_model::time::LocalDay;

use crate::error::{Error, Result, StoreProblem};
use crate::replica::{Replica, Session};
use crate::seal;
use crate::sync::{succession, take};

pub(crate) use once::Fingerprint;

/// One touch of the screen: which write it is, and who acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tap {
    /// The caller's name for this write. The same tap again gives the same result and writes nothing; the
    /// last 10,000 are remembered.
    pub request: RequestId,
    /// Who acts: needed where the grant names several persons.
    pub person: Option<PersonId>,
    /// Set when this is nobody's work: practice, or generated for a demo.
    pub mark: Option<Mark>,
}

impl Tap {
    /// A tap of the person whose phone it is.
    pub fn new(request: RequestId) -> Self {
        Self {
            request,
            person: None,
            mark: None,
        }
    }

    /// The same tap, by this person.
    #[must_use]
    pub fn by(mut self, person: PersonId) -> Self {
        self.person = Some(person);
        self
    }

    /// The same tap, as nobody's work.
    #[must_use]
    pub fn marked(mut self, mark: Mark) -> Self {
        self.mark = Some(mark);
        self
    }
}

/// A write on its way: the open transaction, who acts, and what was written so far.
pub(crate) struct Acting<'s, 'a> {
    pub(crate) session: &'s mut Session<'a>,
    by: Option<PersonId>,
    mark: Option<Mark>,
    made: Vec<Identity>,
}

impl Replica {
    /// Runs a tap once: what it writes, its rows, the memory of its result and what undo may take
    /// back commit together or not at all. An office publishes in the same transaction.
    pub(crate) fn act<T>(
        &self,
        tap: &Tap,
        fingerprint: &Fingerprint,
        act: impl FnOnce(&mut Acting<'_, '_>) -> Result<T>,
    ) -> Result<T>
    where
        T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
    {
        self.run(tap, fingerprint, true, act)
    }

    /// As [`Replica::act`], for what undo does not take back.
    pub(crate) fn act_for_good<T>(
        &self,
        tap: &Tap,
        fingerprint: &Fingerprint,
        act: impl FnOnce(&mut Acting<'_, '_>) -> Result<T>,
    ) -> Result<T>
    where
        T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
    {
        self.run(tap, fingerprint, false, act)
    }

    fn run<T>(
        &self,
        tap: &Tap,
        fingerprint: &Fingerprint,
        undoable: bool,
        act: impl FnOnce(&mut Acting<'_, '_>) -> Result<T>,
    ) -> Result<T>
    where
        T: minicbor::Encode<()> + for<'b> minicbor::Decode<'b, ()>,
    {
        let mut act = Some(act);
        let result = self.run_once(tap, fingerprint, undoable, &mut |acting| {
            let act = act.take().expect("an act runs once");
            Ok(minicbor::to_vec(act(acting)?).expect("writing CBOR to memory cannot fail"))
        })?;
        minicbor::decode(&result).map_err(|error| Error::store(StoreProblem::Corrupt, error))
    }

    /// [`Replica::run`] for every act alike, its result as bytes: phones carry this code once, not once an
    /// act.
    fn run_once(
        &self,
        tap: &Tap,
        fingerprint: &Fingerprint,
        undoable: bool,
        act: &mut dyn FnMut(&mut Acting<'_, '_>) -> Result<Vec<u8>>,
    ) -> Result<Vec<u8>> {
        let wall = self.clock.wall();
        self.write(|session| {
            if let Some(result) = once::remembered(session, tap.request, fingerprint)? {
                return Ok(result);
            }
            let office = session.me()?.grant.office;
            if office {
                session.now = wall;
            } else {
                succession::if_due(session)?;
            }
            let mut acting = Acting {
                by: who(session, tap.person)?,
                mark: tap.mark,
                made: Vec::new(),
                session,
            };
            let result = act(&mut acting)?;
            let made = acting.made;
            once::remember(session, tap.request, fingerprint, &result)?;
            // At the office several people share one replica: they correct with a reason.
            if undoable && !office {
                undo::remember(session, &made)?;
            }
            if office {
                take::publish(session)?;
            } else if seal::pending_count(session.tx())? >= ENTRIES_MAX {
                seal::seal(session)?;
            }
            Ok(result)
        })
    }
}

/// The person that entries name, if they must name one.
fn who(session: &Session<'_>, person: Option<PersonId>) -> Result<Option<PersonId>> {
    let me = session.me()?;
    if me.grant.role == Role::Auditor {
        return Err(Error::refused("act.reads_only"));
    }
    match person {
        None if me.grant.persons.len() > 1 => Err(Error::refused("act.who")),
        None => Ok(None),
        Some(person) if me.grant.office => {
            if !find::is_declared(session.tx(), person)? {
                return Err(Error::refused("act.not_your_person"));
            }
            Ok(Some(person))
        }
        Some(person) if me.grant.persons.contains(&person) => Ok(me.by(Some(person))),
        Some(_) => Err(Error::refused("act.not_your_person")),
    }
}

impl Acting<'_, '_> {
    /// The role of whoever acts, as the grant says it.
    fn role(&self) -> Result<Role> {
        Ok(self.session.me()?.grant.role)
    }

    /// Whose entry it is, for rules that compare persons.
    fn person(&mut self) -> Result<PersonId> {
        let author = self.session.me()?.author;
        match self.by {
            Some(person) => Ok(person),
            None => {
                let door = &mut self.session.door;
                Ok(door.directory.author(door.tx, author)?.person)
            }
        }
    }

    /// The local day of now, in days since 1970-01-01.
    fn today(&self) -> u32 {
        u32::try_from(LocalDay::of(self.session.now).0).unwrap_or(0)
    }

    fn entry(&self, body: impl Into<Body>, after: Vec<Identity>) -> Entry {
        let mut entry = Entry::new(body, self.session.now).after(after).by(self.by);
        entry.envelope.mark = self.mark;
        entry
    }

    /// Writes an entry about `subject`.
    pub(crate) fn put(
        &mut self,
        area: &AreaId,
        name: &DocumentName,
        subject: Identity,
        body: impl Into<Body>,
    ) -> Result<Identity> {
        self.put_after(area, name, subject, body, Vec::new())
    }

    /// Writes an entry that reacts to others.
    pub(crate) fn put_after(
        &mut self,
        area: &AreaId,
        name: &DocumentName,
        subject: Identity,
        body: impl Into<Body>,
        after: Vec<Identity>,
    ) -> Result<Identity> {
        let entry = self.entry(body, after);
        let identity = self.session.put(area, name, subject, &entry)?;
        self.made.push(identity);
        Ok(identity)
    }

    /// Writes an entry that makes something: the thing's id is the entry's.
    pub(crate) fn put_new(
        &mut self,
        area: &AreaId,
        name: impl FnOnce(Identity) -> DocumentName,
        body: impl Into<Body>,
    ) -> Result<Identity> {
        let entry = self.entry(body, Vec::new());
        let identity = self.session.put_new(area, name, &entry)?;
        self.made.push(identity);
        Ok(identity)
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
pub(crate) mod testing;
#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test fails by panicking")]
mod tests;
