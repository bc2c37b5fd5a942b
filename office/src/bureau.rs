//! An office opened from its folder: its replica, its name, the names of its people, the key that
//! phones trust, and where phones reach it. What is done with them stands in `cli` and `serve`.

use std::fs;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr, UdpSocket};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorstep_model::entry::PersonDeclared;
use doorstep_model::ids::{PersonId, RequestId};
use doorstep_model::role::Role;
use doorstep_replica::act::Tap;
use doorstep_replica::sync::office::Office;
use doorstep_replica::{Options, copies_file};
use serde::{Deserialize, Serialize};

use crate::home::{self, HomeError};
use crate::roster::{self, Named, Roster, RosterError};
use crate::transport::{KeyError, TransportKey};
use crate::upkeep::{self, Bell};

/// The file of what the office is called and where it was reached last.
pub const CARD: &str = "office.json";

/// The port that phones find an office at when nothing else was said.
const PORT: u16 = 8443;

/// Why an office cannot be opened or used.
#[derive(Debug, thiserror::Error)]
pub enum BureauError {
    /// The folder.
    #[error(transparent)]
    Home(#[from] HomeError),
    /// The store, or what a rule says.
    #[error(transparent)]
    Replica(#[from] doorstep_replica::Error),
    /// The transport key.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The roster.
    #[error(transparent)]
    Roster(#[from] RosterError),
    /// The card of the office.
    #[error("{path}: {source}")]
    Card {
        /// Which file.
        path: PathBuf,
        /// What is wrong with it.
        source: io::Error,
    },
    /// The system gives no randomness.
    #[error("the system gives no randomness: {0}")]
    Random(#[from] getrandom::Error),
}

/// What stands on the card.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Card {
    name: String,
    #[serde(default)]
    addresses: Vec<String>,
}

/// An open office.
pub struct Bureau {
    folder: PathBuf,
    office: Office,
    key: Arc<TransportKey>,
    roster: Mutex<Roster>,
    card: Mutex<Card>,
    bell: Mutex<Option<Bell>>,
}

impl Bureau {
    /// Makes a new office in a folder that holds none.
    ///
    /// # Errors
    /// [`BureauError::Replica`] with `office.exists`; anything that is wrong with the folder.
    pub fn create(folder: &Path, name: &str) -> Result<Self, BureauError> {
        Self::create_with(folder, name, |options| options)
    }

    /// As [`Bureau::create`], with other clocks or another source of chance: for demos.
    ///
    /// # Errors
    /// As [`Bureau::create`].
    pub fn create_with(
        folder: &Path,
        name: &str,
        options: impl FnOnce(Options) -> Options,
    ) -> Result<Self, BureauError> {
        let name = roster::clean(name)?;
        if home::is_lived_in(folder) && folder.join(CARD).exists() {
            return Err(doorstep_replica::Error::refused("office.exists").into());
        }
        // The card comes last: without it a cut init is simply run again.
        let options = options(home::new(folder)?);
        let key = Arc::new(TransportKey::load_or_create(folder)?);
        let office = match Office::create(options) {
            Ok(office) => office,
            Err(error) if error.code() == "office.exists" => Office::open(home::lived_in(folder)?)?,
            Err(error) => return Err(error.into()),
        };
        let card = Card {
            name,
            addresses: Vec::new(),
        };
        write_card(folder, &card)?;
        Ok(Self {
            folder: folder.to_owned(),
            office,
            key,
            roster: Mutex::new(Roster::open(folder)?),
            card: Mutex::new(card),
            bell: Mutex::new(None),
        })
    }

    /// Opens the office of a folder.
    ///
    /// # Errors
    /// See [`BureauError`]; nothing is made where there was nothing.
    pub fn open(folder: &Path) -> Result<Self, BureauError> {
        let options = home::lived_in(folder)?;
        let office = Office::open(options)?;
        Ok(Self {
            folder: folder.to_owned(),
            office,
            key: Arc::new(TransportKey::load_or_create(folder)?),
            roster: Mutex::new(Roster::open(folder)?),
            card: Mutex::new(read_card(folder)?),
            bell: Mutex::new(None),
        })
    }

    /// The office's replica.
    pub fn office(&self) -> &Office {
        &self.office
    }

    /// The key that phones trust.
    pub fn key(&self) -> &Arc<TransportKey> {
        &self.key
    }

    /// The office's folder.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// What the organisation is called.
    pub fn name(&self) -> String {
        lock(&self.card).name.clone()
    }

    /// Where phones reach the office: as it listens or listened last, else at the usual port of this
    /// machine.
    pub fn addresses(&self) -> Vec<String> {
        let known = lock(&self.card).addresses.clone();
        match known.is_empty() {
            true => reachable_at(&[SocketAddr::from((Ipv4Addr::UNSPECIFIED, PORT))]),
            false => known,
        }
    }

    /// Remembers where phones reach the office from now on.
    ///
    /// # Errors
    /// [`BureauError::Card`].
    pub fn listens_at(&self, addresses: &[SocketAddr]) -> Result<(), BureauError> {
        let mut card = lock(&self.card);
        let addresses = reachable_at(addresses);
        if card.addresses != addresses {
            card.addresses = addresses;
            write_card(&self.folder, &card)?;
        }
        Ok(())
    }

    /// From now on what the office writes, and who is put on its roster, is in this folder too before it
    /// counts as done.
    ///
    /// # Errors
    /// [`BureauError::Roster`]; the store's errors.
    pub fn copy_to(&self, folder: &Path) -> Result<(), BureauError> {
        self.office.copy_to(folder)?;
        lock(&self.roster).copy_to(folder)?;
        Ok(())
    }

    /// Takes back what [`Bureau::copy_to`] wrote, from the folder or the segments' file in it: after a
    /// restore, what the backup lacks. Returns how many segments and how many names came back.
    ///
    /// # Errors
    /// [`BureauError::Roster`]; the store's errors.
    pub fn take_copies(&self, place: &Path) -> Result<(u64, u64), BureauError> {
        let file = copies_file(place);
        let segments = self.office.take_copies(&file)?.new;
        let folder = file.parent().unwrap_or(Path::new("."));
        let names = lock(&self.roster).take(&Roster::open(folder)?)?;
        Ok((segments, names))
    }

    /// Who is told of backups from now on.
    pub fn tell_backups(&self, bell: Option<Bell>) {
        *lock(&self.bell) = bell;
    }

    /// A backup holds more of the office: its store follows, in the thread that waits for that, else
    /// here and now.
    ///
    /// # Errors
    /// The store's; the backup is made all the same.
    pub fn backed_up(&self) -> Result<(), BureauError> {
        let heard = lock(&self.bell).as_ref().is_some_and(Bell::ring);
        match heard {
            true => Ok(()),
            false => Ok(upkeep::catch_up(&self.office, || true)?),
        }
    }

    /// Who goes by this name or roster number; somebody new is put on the roster. Says whether they
    /// were known.
    ///
    /// # Errors
    /// [`BureauError::Roster`] for what is no name; the store's errors.
    pub fn person(&self, name: &str, role: Role) -> Result<(Named, bool), BureauError> {
        let mut roster = lock(&self.roster);
        let name = roster::clean(name)?;
        if let Some(known) = roster.find(&name) {
            return Ok((known.clone(), true));
        }
        let mut number = roster.next_number();
        loop {
            let printed = format!("{number:04}");
            let declared = PersonDeclared {
                roster: printed.clone(),
                role: role.code(),
                force: None,
            };
            match self.office.declare_person(&tap()?, declared) {
                Ok(person) => {
                    let named = Named {
                        person,
                        roster: printed,
                        name,
                    };
                    roster.add(named.clone())?;
                    return Ok((named, false));
                }
                // Somebody whose name was lost with an older copy of the roster.
                Err(error) if error.code() == "person.roster_taken" => number += 1,
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// The name of a person, where the roster has it.
    pub fn name_of(&self, person: PersonId) -> Option<String> {
        lock(&self.roster).name_of(person).map(str::to_owned)
    }

    /// The names of persons, of each whose name the roster has not its number.
    pub fn names_of(&self, persons: &[PersonId]) -> Vec<String> {
        let name = |person: &PersonId| self.name_of(*person).unwrap_or(person.to_string());
        persons.iter().map(name).collect()
    }
}

/// One write that nobody repeats.
///
/// # Errors
/// When the system gives no randomness.
pub fn tap() -> Result<Tap, getrandom::Error> {
    let mut request = [0; 16];
    getrandom::fill(&mut request)?;
    Ok(Tap::new(RequestId(request)))
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Addresses as invitations write them: an address that means "every network" becomes the one that
/// this machine has in its own.
fn reachable_at(addresses: &[SocketAddr]) -> Vec<String> {
    let mut urls: Vec<String> = Vec::new();
    for address in addresses {
        let ip = match address.ip() {
            ip if ip.is_unspecified() => this_machine(),
            ip => ip,
        };
        let url = format!("https://{}", SocketAddr::new(ip, address.port()));
        if !urls.contains(&url) {
            urls.push(url);
        }
    }
    urls
}

/// The address that this machine has towards other machines; asking sends nothing.
fn this_machine() -> IpAddr {
    UdpSocket::bind((Ipv4Addr::UNSPECIFIED, 0))
        .and_then(|socket| {
            socket.connect((Ipv4Addr::new(192, 0, 2, 1), 9))?;
            socket.local_addr()
        })
        .map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |address| address.ip())
}

fn read_card(folder: &Path) -> Result<Card, BureauError> {
    let path = folder.join(CARD);
    let read = fs::read(&path).and_then(|bytes| Ok(serde_json::from_slice(&bytes)?));
    read.map_err(|source| BureauError::Card { path, source })
}

/// Puts the card in place of the one before, whole or not at all.
fn write_card(folder: &Path, card: &Card) -> Result<(), BureauError> {
    let path = folder.join(CARD);
    let draft = folder.join("office.json.tmp");
    let written = serde_json::to_vec_pretty(card)
        .map_err(io::Error::from)
        .and_then(|bytes| {
            fs::write(&draft, bytes)?;
            fs::File::open(&draft)?.sync_all()?;
            fs::rename(&draft, &path)?;
            fs::File::open(folder)?.sync_all()
        });
    written.map_err(|source| BureauError::Card { path, source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_office_is_made_once_and_opened_again_with_its_name() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("office");
        drop(Bureau::create(&folder, "老西门街道").unwrap());
        let again = Bureau::create(&folder, "别的街道").err().unwrap();
        assert!(matches!(&again, BureauError::Replica(error) if error.code() == "office.exists"));
        let bureau = Bureau::open(&folder).unwrap();
        assert_eq!(bureau.name(), "老西门街道");
    }

    #[test]
    fn where_there_is_no_office_nothing_is_made() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("typo");
        assert!(matches!(
            Bureau::open(&folder),
            Err(BureauError::Home(HomeError::Nothing(_)))
        ));
        assert!(!folder.exists());
    }

    #[test]
    fn a_person_is_declared_once_and_the_store_never_sees_the_name() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("office");
        let bureau = Bureau::create(&folder, "老西门街道").unwrap();
        let (first, known) = bureau.person("张三", Role::Volunteer).unwrap();
        assert!(!known && first.roster == "0001");
        let (again, known) = bureau.person("张三", Role::Volunteer).unwrap();
        assert!(known && again == first);
        assert_eq!(bureau.name_of(first.person).as_deref(), Some("张三"));
        drop(bureau);
        let name = "张三".as_bytes();
        for file in ["doorstep.db", "doorstep.db-wal"] {
            let bytes = fs::read(folder.join(file)).unwrap_or_default();
            assert!(
                !bytes.windows(name.len()).any(|part| part == name),
                "{file}"
            );
        }
    }

    #[test]
    fn a_number_that_lost_its_name_is_not_given_again() {
        let parent = tempfile::tempdir().unwrap();
        let folder = parent.path().join("office");
        let bureau = Bureau::create(&folder, "老西门街道").unwrap();
        bureau.person("张三", Role::Volunteer).unwrap();
        drop(bureau);
        fs::remove_file(folder.join(roster::FILE)).unwrap();
        let bureau = Bureau::open(&folder).unwrap();
        let (next, _) = bureau.person("李四", Role::Clerk).unwrap();
        assert_eq!(next.roster, "0002");
    }

    #[test]
    fn every_network_becomes_an_address_that_a_phone_can_dial() {
        let urls = reachable_at(&[
            "0.0.0.0:8443".parse().unwrap(),
            "127.0.0.1:9".parse().unwrap(),
        ]);
        assert_eq!(urls[1], "https://127.0.0.1:9");
        assert!(
            urls[0].ends_with(":8443") && !urls[0].contains("0.0.0.0"),
            "{urls:?}"
        );
    }
}
