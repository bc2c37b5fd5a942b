//! A phone of the demo: its folder, its clock, its replica, who acts with it, and the ledger of what
//! was asked of it. What its people do is `month`'s; how messages travel is the client's.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use doorstep_model::ids::PersonId;
use doorstep_replica::sync::phone::{Exchange, Step, Summary};
use doorstep_replica::{Clock, Options, Replica};

use super::clock::HeldClock;
use super::dice::seed_of;
use super::ledger::Ledger;
use super::{DemoError, home};
use crate::transport::{ClientError, PinnedClient, Timeouts};

/// How often an exchange is begun anew when the link cuts it, at most.
const TRIES: u32 = 60;

/// A phone with its people.
pub(super) struct Device {
    /// Its name: no two have one.
    pub(super) name: String,
    /// Its clock.
    pub(super) clock: Arc<HeldClock>,
    /// What it holds.
    pub(super) replica: Replica,
    /// What was asked of it.
    pub(super) ledger: Ledger,
    /// Who acts with it.
    pub(super) persons: Vec<PersonId>,
    /// Requests that were answered.
    pub(super) round_trips: u64,
    /// The office takes what it hands in and tells it nothing: another phone goes on in its name.
    pub(super) shut_out: bool,
    folder: PathBuf,
    marker: Vec<u8>,
}

impl Device {
    /// A new phone in a folder below `within`, enrolled by an invitation.
    ///
    /// # Errors
    /// The folder's and the store's.
    pub(super) fn enrol(
        within: &Path,
        seed: u64,
        name: String,
        clock: Arc<HeldClock>,
        persons: Vec<PersonId>,
        invitation: &str,
    ) -> Result<Self, DemoError> {
        let folder = within.join(&name);
        let options = home::new(&folder)?;
        let marker = options.marker.clone();
        let replica = open(&folder, seed, &name, &marker, &clock)?;
        replica.enrol(invitation)?;
        Ok(Self {
            ledger: Ledger::of(&name),
            name,
            clock,
            replica,
            persons,
            round_trips: 0,
            shut_out: false,
            folder,
            marker,
        })
    }

    /// The clerk invites a phone anew that was shut out: it begins with an empty folder. What it had
    /// is in the office, or the count will say so.
    ///
    /// # Errors
    /// The folder's and the store's.
    pub(super) fn enrol_anew(&mut self, seed: u64, invitation: &str) -> Result<(), DemoError> {
        let folder = self.folder.with_file_name(format!("{}-anew", self.name));
        let marker = home::new(&folder)?.marker;
        let name = format!("{} anew", self.name);
        let replica = open(&folder, seed, &name, &marker, &self.clock)?;
        replica.enrol(invitation)?;
        self.replica.close()?;
        self.replica = replica;
        self.folder = folder;
        self.marker = marker;
        self.shut_out = false;
        Ok(())
    }

    /// Somebody copies the folder, installation marker and all: two phones under one name.
    ///
    /// # Errors
    /// The folder's and the store's.
    pub(super) fn cloned(self, seed: u64) -> Result<(Self, Self), DemoError> {
        self.replica.close()?;
        let Self {
            name,
            clock,
            replica,
            ledger,
            persons,
            round_trips,
            shut_out,
            folder,
            marker,
        } = self;
        drop(replica);
        let clone = format!("{name}-clone");
        let copy = folder.with_file_name(&clone);
        copy_folder(&folder, &copy)?;
        let clone_clock = clock.copied();
        let first = Self {
            replica: open(&folder, seed, &format!("{name} again"), &marker, &clock)?,
            name,
            clock,
            ledger,
            persons: persons.clone(),
            round_trips,
            shut_out,
            folder,
            marker: marker.clone(),
        };
        let second = Self {
            replica: open(&copy, seed, &clone, &marker, &clone_clock)?,
            ledger: Ledger::of(&clone),
            name: clone,
            clock: clone_clock,
            persons,
            round_trips: 0,
            shut_out,
            folder: copy,
            marker,
        };
        Ok((first, second))
    }

    /// Exchanges with the office until nothing is left, however often the link cuts. Says whether
    /// anything changed here: whatever one has from another changes somebody.
    ///
    /// # Errors
    /// [`DemoError::NoLink`] when the link cut every time; what the office or the store says.
    pub(super) fn sync(&mut self) -> Result<bool, DemoError> {
        let office = self.replica.office_address()?;
        let client = PinnedClient::new(&office.addresses, &office.keys, Timeouts::default())?;
        let before = self.replica.change();
        for _ in 0..TRIES {
            match self.exchange(&client) {
                Ok(summary) => {
                    self.shut_out = match summary.limited {
                        None => false,
                        Some("sync.push_only") => true,
                        Some(code) => return Err(DemoError::Limited(self.name.clone(), code)),
                    };
                    let came = summary.confirmed + summary.received > 0;
                    return Ok(came || self.replica.change() != before);
                }
                Err(DemoError::Client(ClientError::NotReachable(_))) => {}
                Err(DemoError::Client(ClientError::Busy(_))) => {
                    std::thread::sleep(Duration::from_millis(100));
                }
                Err(DemoError::Replica(error)) => {
                    return Err(DemoError::Sync(self.name.clone(), error));
                }
                Err(error) => return Err(error),
            }
        }
        Err(DemoError::NoLink(self.name.clone()))
    }

    fn exchange(&mut self, client: &PinnedClient) -> Result<Summary, DemoError> {
        let mut exchange = Exchange::default();
        let mut step = self.replica.sync_step(&mut exchange, None)?;
        loop {
            match step {
                Step::Send(request) => {
                    let reply = client.exchange(&request)?;
                    self.round_trips += 1;
                    step = self.replica.sync_step(&mut exchange, Some(&reply))?;
                }
                Step::Done(summary) => return Ok(summary),
            }
        }
    }
}

/// Opens what lives in a folder, with chance of its own: two openings never draw the same.
fn open(
    folder: &Path,
    seed: u64,
    opening: &str,
    marker: &[u8],
    clock: &Arc<HeldClock>,
) -> Result<Replica, DemoError> {
    Ok(Replica::open(Options {
        place: doorstep_replica::Place::Folder(folder.to_owned()),
        key: None,
        marker: marker.to_vec(),
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        seed: Some(seed_of(seed, opening, 0)),
    })?)
}

fn copy_folder(from: &Path, to: &Path) -> Result<(), DemoError> {
    let failed = |source| DemoError::Folder(to.to_owned(), source);
    fs::create_dir_all(to).map_err(failed)?;
    for file in fs::read_dir(from).map_err(failed)? {
        let file = file.map_err(failed)?;
        fs::copy(file.path(), to.join(file.file_name())).map_err(failed)?;
    }
    Ok(())
}
