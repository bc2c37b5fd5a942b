//! The handle that a host holds: opening, enrolling, pausing, closing, drafts and counters; and the one
//! way that every call goes. Writes, screens and exchanges are in their own modules.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorstep_model::ids::{AreaId, AuthorTag, PersonId};
use doorstep_replica::{Options, Place, Replica, SystemClock};

use crate::crossing::{Crossing, crosses};
use crate::error::{DoorstepError, Result};
use crate::log::Log;
use crate::terms::Role;
use crate::time::{Moment, moment};

/// A replica, open for this process.
#[derive(uniffi::Object)]
pub struct Doorstep {
    /// Nothing once shut down: the folder is free for the next who opens it, whenever a language frees
    /// its object.
    replica: Mutex<Option<Arc<Replica>>>,
    pub(crate) log: Log,
    #[cfg(feature = "testkit")]
    _counted: crate::testkit::Counted,
}

crosses! {
    /// Who this replica writes as.
    pub struct Enrolled {
        /// Its author.
        pub author: AuthorTag,
        /// Its role.
        pub role: Role,
        /// The area that its grant covers.
        pub area: AreaId,
        /// Who may act here; a tap names one of them where there are several.
        pub persons: Vec<PersonId>,
        /// Work after this moment is held for review.
        pub expires: Moment,
    }
}

crosses! {
    /// How many of this device's entries are where.
    pub struct Counters {
        /// Nowhere else yet.
        pub only_here: u64,
        /// The office has them.
        pub received: u64,
        /// Of all: waiting for a person at the office.
        pub held: u64,
        /// Of all: refused or quarantined.
        pub left_out: u64,
        /// Segments that do not flow.
        pub quarantined_segments: u64,
    }
}

#[uniffi::export]
impl Doorstep {
    /// Opens or makes the replica in `folder`. `key` has 32 bytes and is given exactly when the build
    /// encrypts. `marker` lives where backups of the device do not go: another one than last time means
    /// a restored or cloned folder, and the replica goes on as a new author. What cannot be read is
    /// neither deleted nor made anew.
    #[uniffi::constructor]
    pub fn open(folder: String, key: Option<Vec<u8>>, marker: Vec<u8>) -> Result<Arc<Self>> {
        alone(
            "Doorstep.open",
            (folder, key, marker),
            |(folder, key, marker)| {
                Self::of(Options {
                    place: Place::Folder(folder.into()),
                    key: key.as_deref().map(database_key).transpose()?,
                    marker,
                    clock: Arc::new(SystemClock),
                    seed: None,
                })
            },
        )
    }

    /// Enrols this replica with the text of an invitation. Works without signal.
    pub fn enrol(&self, invitation: &str) -> Result<()> {
        self.call("Doorstep.enrol", invitation, |replica, invitation| {
            Ok(replica.enrol(invitation)?)
        })
    }

    /// Who this replica writes as; nothing before it is enrolled.
    pub fn enrolled(&self) -> Result<Option<Enrolled>> {
        self.call("Doorstep.enrolled", (), |replica, ()| {
            Ok(replica.enrolled()?.map(|(author, grant)| Enrolled {
                author,
                role: grant.role.code().into(),
                area: grant.area,
                persons: grant.persons,
                expires: moment(grant.expires),
            }))
        })
    }

    /// Also holds this area's feed.
    pub fn subscribe(&self, area: AreaId) -> Result<()> {
        self.call("Doorstep.subscribe", area, |replica, area| {
            Ok(replica.subscribe(&area)?)
        })
    }

    /// Seals what is pending: when the app goes to the background.
    pub fn seal(&self) -> Result<()> {
        self.call("Doorstep.seal", (), |replica, ()| Ok(replica.seal()?))
    }

    /// Ends every call before the system suspends the app.
    pub fn pause(&self) -> Result<()> {
        self.call("Doorstep.pause", (), |replica, ()| Ok(replica.pause()?))
    }

    /// Lets calls in again after a pause.
    pub fn resume(&self) -> Result<()> {
        self.call("Doorstep.resume", (), |replica, ()| Ok(replica.resume()?))
    }

    /// Ends the replica for good; whoever waits for a change returns. The object itself is freed by its
    /// language.
    pub fn shutdown(&self) -> Result<()> {
        self.log.around(|| {
            alone("Doorstep.shutdown", (), |()| {
                let replica = self.held().take();
                Ok(replica.map_or(Ok(()), |replica| replica.close())?)
            })
        })
    }

    /// Now, as this replica stamps what is written: the wall clock of the boot's start plus time that
    /// counts sleep.
    pub fn now(&self) -> Result<Moment> {
        self.call("Doorstep.now", (), |replica, ()| Ok(moment(replica.now())))
    }

    /// How many of this device's entries are where.
    pub fn counters(&self) -> Result<Counters> {
        self.call("Doorstep.counters", (), |replica, ()| {
            let counters = replica.counters()?;
            Ok(Counters {
                only_here: counters.only_here,
                received: counters.received,
                held: counters.held,
                left_out: counters.left_out,
                quarantined_segments: counters.quarantined_segments,
            })
        })
    }

    /// Keeps a small local text under a key; never sent.
    pub fn set_draft(&self, key: &str, value: &str) -> Result<()> {
        self.call(
            "Doorstep.set_draft",
            (key, value),
            |replica, (key, value)| Ok(replica.set_draft(key, value)?),
        )
    }

    /// The text kept under a key.
    pub fn draft(&self, key: &str) -> Result<Option<String>> {
        self.call(
            "Doorstep.draft",
            key,
            |replica, key| Ok(replica.draft(key)?),
        )
    }

    /// The keys of drafts that begin so.
    pub fn draft_keys(&self, prefix: &str) -> Result<Vec<String>> {
        self.call("Doorstep.draft_keys", prefix, |replica, prefix| {
            Ok(replica.draft_keys(prefix)?)
        })
    }

    /// Forgets a draft.
    pub fn remove_draft(&self, key: &str) -> Result<()> {
        self.call("Doorstep.remove_draft", key, |replica, key| {
            Ok(replica.remove_draft(key)?)
        })
    }
}

impl Doorstep {
    /// A handle on a replica opened with these options.
    pub(crate) fn of(options: Options) -> Result<Arc<Self>> {
        let log = Log::new(Arc::clone(&options.clock));
        let replica = log.around(|| {
            let replica = Replica::open(options)?;
            compute_rows_anew(&replica);
            Ok::<_, doorstep_replica::Error>(replica)
        })?;
        Ok(Arc::new(Self {
            replica: Mutex::new(Some(Arc::new(replica))),
            log,
            #[cfg(feature = "testkit")]
            _counted: crate::testkit::Counted::new(),
        }))
    }

    /// The way of every call: what is logged in it goes into this handle's queue, an error is logged
    /// once, a panic becomes an error. A test build sees what crosses.
    pub(crate) fn call<G: Crossing, T: Crossing>(
        &self,
        name: &'static str,
        given: G,
        act: impl FnOnce(&Replica, G) -> Result<T>,
    ) -> Result<T> {
        self.log.around(|| {
            let result = alone(name, given, |given| match self.replica() {
                Some(replica) => act(&replica, given),
                None => Err(doorstep_replica::Error::Closed.into()),
            });
            if let Err(error) = &result {
                log_error(name, error);
            }
            result
        })
    }

    /// The replica, until it is shut down.
    pub(crate) fn replica(&self) -> Option<Arc<Replica>> {
        self.held().clone()
    }

    fn held(&self) -> MutexGuard<'_, Option<Arc<Replica>>> {
        self.replica.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// As [`Doorstep::call`], for a call on no handle.
pub(crate) fn alone<G: Crossing, T: Crossing>(
    name: &'static str,
    given: G,
    act: impl FnOnce(G) -> Result<T>,
) -> Result<T> {
    #[cfg(feature = "testkit")]
    let given = crate::testkit::recorder::called(name, given);
    #[cfg(not(feature = "testkit"))]
    let _ = name;
    // The replica rolls its transaction back and stays sound.
    let result = catch_unwind(AssertUnwindSafe(|| act(given)))
        .unwrap_or_else(|_| Err(DoorstepError::broken()));
    #[cfg(feature = "testkit")]
    let result = crate::testkit::recorder::answered(name, result);
    result
}

/// A refusal is the person's matter, the rest is worth a look.
fn log_error(call: &'static str, error: &DoorstepError) {
    let code = error.problem().code.as_str();
    match error {
        DoorstepError::Refused { .. }
        | DoorstepError::NotFound { .. }
        | DoorstepError::NotEnrolled { .. }
        | DoorstepError::Closed { .. } => tracing::debug!(call, code, "refused"),
        DoorstepError::BadArgument { .. } | DoorstepError::RequestReused { .. } => {
            tracing::warn!(call, code, "called wrongly");
        }
        DoorstepError::Store { .. } | DoorstepError::Peer { .. } | DoorstepError::Broken { .. } => {
            tracing::error!(call, code, "failed");
        }
    }
}

/// After an update of the app rows may be an older version's: they are computed anew before the first
/// screen shows them. What prevents it prevents nobody from working: the next opening goes on there.
fn compute_rows_anew(replica: &Replica) {
    loop {
        match replica.upgrade_rows() {
            Ok(true) => return,
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(code = error.code(), "rows are still an older version's");
                return;
            }
        }
    }
}

/// The 32 bytes of a key.
pub(crate) fn database_key(bytes: &[u8]) -> Result<[u8; 32]> {
    bytes.try_into().map_err(|_| {
        let length = bytes.len().to_string();
        DoorstepError::bad_argument("call.key_length", &[("length", &length)])
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::{Arc, Doorstep, DoorstepError, Options, Place, SystemClock};

    /// A replica in memory.
    pub(crate) fn memory() -> Arc<Doorstep> {
        let options = Options {
            place: Place::Memory,
            key: None,
            marker: b"marker".to_vec(),
            clock: Arc::new(SystemClock),
            seed: Some([7; 32]),
        };
        Doorstep::of(options).unwrap()
    }

    fn open(folder: &tempfile::TempDir, key: Option<Vec<u8>>) -> super::Result<Arc<Doorstep>> {
        let folder = folder.path().to_str().unwrap().to_owned();
        Doorstep::open(folder, key, b"marker".to_vec())
    }

    #[test]
    fn a_key_of_31_bytes_is_a_bad_argument_with_words() {
        let folder = tempfile::tempdir().unwrap();
        let Err(DoorstepError::BadArgument { problem }) = open(&folder, Some(vec![7; 31])) else {
            panic!("a key of 31 bytes was taken");
        };
        assert_eq!(problem.code, "call.key_length");
        assert!(problem.zh.contains("31") && problem.en.contains("31"));
    }

    #[cfg(not(feature = "sqlcipher"))]
    #[test]
    fn rows_of_an_older_version_are_computed_anew_by_opening() {
        let folder = tempfile::tempdir().unwrap();
        open(&folder, None).unwrap().shutdown().unwrap();
        let database = rusqlite::Connection::open(folder.path().join("doorstep.db")).unwrap();
        let meta = |key: &str| {
            let select = "SELECT count(*) FROM meta WHERE key = ?1 AND value <> x'00000000'";
            let count = database.query_row(select, [key], |row| row.get::<_, i64>(0));
            count.unwrap()
        };
        assert_eq!(meta("rows_version"), 1);
        database
            .execute(
                "UPDATE meta SET value = x'00000000' WHERE key = 'rows_version'",
                [],
            )
            .unwrap();
        open(&folder, None).unwrap().shutdown().unwrap();
        assert_eq!((meta("rows_version"), meta("rows_upgrade")), (1, 0));
    }

    #[cfg(not(feature = "sqlcipher"))]
    #[test]
    fn a_key_is_refused_by_a_build_that_cannot_encrypt() {
        let folder = tempfile::tempdir().unwrap();
        let Err(DoorstepError::Store { problem }) = open(&folder, Some(vec![7; 32])) else {
            panic!("a key was taken");
        };
        assert_eq!(problem.code, "store.key_mismatch");
    }

    #[test]
    fn a_call_that_panics_is_an_error_and_the_next_one_works() {
        let doorstep = memory();
        let broken: super::Result<()> = doorstep.call("test", (), |_, ()| panic!("a fault"));
        let Err(DoorstepError::Broken { problem }) = broken else {
            panic!("it came through");
        };
        assert_eq!(problem.code, "call.broke");
        doorstep.set_draft("where", "三楼").unwrap();
        let log = doorstep.take_log(10).unwrap().lines;
        assert_eq!(log[0].text, "failed call=test code=call.broke");
    }

    #[test]
    fn neither_log_nor_diagnosis_tell_what_was_typed() {
        let doorstep = memory();
        doorstep.set_log_level(crate::log::LogLevel::Debug).unwrap();
        doorstep.set_draft("where", "王阿婆家").unwrap();
        assert!(doorstep.enrol("王阿婆的邀请").is_err());
        let told = doorstep.diagnosis().unwrap();
        assert!(told.contains("enrol.unreadable"), "{told}");
        assert!(!told.contains("王阿婆"), "{told}");
    }

    #[cfg(not(feature = "sqlcipher"))]
    #[test]
    fn drafts_stay_until_the_replica_is_shut_down() {
        let folder = tempfile::tempdir().unwrap();
        let doorstep = open(&folder, None).unwrap();
        doorstep.set_draft("where", "三楼").unwrap();
        assert_eq!(doorstep.draft("where").unwrap().as_deref(), Some("三楼"));
        doorstep.shutdown().unwrap();
        assert!(matches!(
            doorstep.draft("where"),
            Err(DoorstepError::Closed { .. })
        ));
        assert_eq!(doorstep.next_change(0, 60_000).unwrap(), None);
        // Nobody has freed the first object yet.
        open(&folder, None).unwrap();
    }
}
