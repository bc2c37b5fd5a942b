//! The office's half: a group of requests in, one transaction, replies out. Nothing is answered
//! before it is on the disk. What one reply says is `answer`'s, beginning an epoch `new_epoch`'s.

use doorstep_model::ids::AreaId;
use doorstep_model::keys::KeyPair;
use doorstep_model::wire::{self, ReplyOutcome, Request};
use rusqlite::params;

use crate::error::{Error, Result};
use crate::meta::{self, Key};
use crate::replica::{Options, Replica, Session};
use crate::seal;
use crate::store::{column, sql_u64};
use crate::sync::answer::{answer, plain};
use crate::sync::new_epoch::{new_epochs, new_office_author};
use crate::sync::take::{self, Carrier, place_own, publish};

/// An office: a replica that orders the feeds of its areas.
pub struct Office {
    replica: Replica,
}

impl Office {
    /// Makes a new organisation with this replica as its office.
    ///
    /// # Errors
    /// [`Error::Refused`] with `office.exists` when the folder holds an office already.
    pub fn create(options: Options) -> Result<Self> {
        let replica = Replica::open(options)?;
        replica.store.expect_many_writes()?;
        let wall = replica.clock.wall();
        replica.write(|session| {
            if session.organisation.is_some() {
                return Err(Error::refused("office.exists"));
            }
            let organisation = KeyPair::generate(session.rng);
            meta::set(session.tx(), Key::Organisation, &organisation.public().0)?;
            meta::set(
                session.tx(),
                Key::OrganisationSecret,
                &organisation.secret(),
            )?;
            *session.organisation = Some(organisation.public());
            let mut secret = [0; 32];
            rand_core::Rng::fill_bytes(session.rng, &mut secret);
            meta::set(session.tx(), Key::TicketSecret, &secret)?;
            crate::bundle::make_key(session)?;
            new_office_author(session, wall)?;
            let area = AreaId::organisation();
            let row = seal::seal_proof(session, &area)?;
            place_own(session, row)
        })?;
        Ok(Self { replica })
    }

    /// Opens the office of a folder. A folder that was copied or put back notices by its marker, and
    /// starts a new epoch.
    ///
    /// # Errors
    /// [`Error::NotEnrolled`] when the folder holds no office.
    pub fn open(options: Options) -> Result<Self> {
        let office = Self {
            replica: Replica::open(options)?,
        };
        office.start()?;
        Ok(office)
    }

    /// An office on a replica that is open already.
    ///
    /// # Errors
    /// As [`Office::open`].
    pub fn on(replica: Replica) -> Result<Self> {
        let office = Self { replica };
        office.start()?;
        Ok(office)
    }

    fn start(&self) -> Result<()> {
        self.replica.store.expect_many_writes()?;
        let wall = self.replica.clock.wall();
        self.replica.write(|session| {
            if meta::get(session.tx(), Key::OrganisationSecret)?.is_none() {
                return Err(Error::NotEnrolled);
            }
            session.now = wall;
            crate::bundle::make_key(session)?;
            if meta::get(session.tx(), Key::MustSucceed)?.is_some() {
                new_epochs(session)?;
            }
            // Sealed by a process that ended before it gave them positions.
            publish(session)
        })
    }

    /// The replica underneath, for queries.
    pub fn replica(&self) -> &Replica {
        &self.replica
    }

    /// Ends the office and gives its replica back.
    pub fn into_replica(self) -> Replica {
        self.replica
    }

    /// Writes entries of the office and publishes them, in one transaction.
    pub(crate) fn write<T>(&self, act: impl FnOnce(&mut Session<'_>) -> Result<T>) -> Result<T> {
        let wall = self.replica.clock.wall();
        self.replica.write(|session| {
            session.now = wall;
            let result = act(session)?;
            publish(session)?;
            Ok(result)
        })
    }

    /// As [`Office::write`], for a slice of long work: whoever waits goes first.
    pub(crate) fn write_slice<T>(
        &self,
        act: impl FnOnce(&mut Session<'_>) -> Result<T>,
    ) -> Result<T> {
        let wall = self.replica.clock.wall();
        self.replica.write_slice(|session| {
            session.now = wall;
            let result = act(session)?;
            publish(session)?;
            Ok(result)
        })
    }

    /// Answers a group of requests: one transaction, one fsync for all, replies in their order.
    ///
    /// # Errors
    /// [`Error::Store`] when nothing of the group could be kept: nobody is answered then.
    pub fn handle(&self, requests: &[Vec<u8>]) -> Result<Vec<Vec<u8>>> {
        let wall = self.replica.clock.wall();
        self.replica.write(|session| {
            session.now = wall;
            let mut replies = Vec::with_capacity(requests.len());
            for request in requests {
                let before = session.before();
                session
                    .tx()
                    .prepare_cached("SAVEPOINT request")?
                    .execute([])?;
                let reply = match wire::from_wire::<Request>(request) {
                    Ok(request) => answer(session, &request)?,
                    Err(_) => Err(plain(ReplyOutcome::Unreadable)),
                };
                let reply = match reply {
                    Ok(reply) => {
                        session
                            .tx()
                            .prepare_cached("RELEASE request")?
                            .execute([])?;
                        reply
                    }
                    Err(refusal) => {
                        session
                            .tx()
                            .execute_batch("ROLLBACK TO request; RELEASE request")?;
                        session.rolled_back(before);
                        refusal
                    }
                };
                replies.push(wire::to_wire(&reply));
            }
            Ok(replies)
        })
    }

    /// The clerk has looked at the authors of a restored office: phones are answered again.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn confirm_authors(&self) -> Result<()> {
        self.replica
            .write(|session| meta::remove(session.tx(), Key::Unconfirmed))
    }

    /// The clerk says that the office's clock is right: positions are given again for a day.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn confirm_clock(&self) -> Result<()> {
        let until = self.replica.clock.wall() + 86_400;
        self.replica
            .write(|session| meta::set(session.tx(), Key::ClockConfirmed, &until.to_be_bytes()))?;
        self.take_waiting()
    }

    /// Takes the segments that waited for the office's clock.
    fn take_waiting(&self) -> Result<()> {
        self.write(|session| {
            let waiting: Vec<Vec<u8>> = column(
                session.door.tx,
                "SELECT bytes FROM quarantine WHERE code LIKE 'clock.%' ORDER BY author, n",
                [],
            )?;
            session
                .tx()
                .execute("DELETE FROM quarantine WHERE code LIKE 'clock.%'", [])?;
            let carrier = Carrier {
                author: None,
                clock: (doorstep_model::ids::BootId([0; 8]), 0),
                challenged: false,
            };
            for bytes in waiting {
                let _ = take::take(session, &bytes, &carrier, None)?;
            }
            Ok(())
        })
    }

    /// Every item up to where the feeds stand now is in a backup that is kept.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub fn backed_up(&self, positions: &[(AreaId, u64)]) -> Result<()> {
        self.replica.write(|session| {
            for (area, position) in positions {
                session
                    .tx()
                    .prepare_cached("UPDATE area SET backed_up = ?2 WHERE code = ?1")?
                    .execute(params![area.as_str(), sql_u64(*position)])?;
            }
            Ok(())
        })
    }
}
