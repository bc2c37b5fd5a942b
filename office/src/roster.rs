//! The names of the people on the roster: known to the office and to nobody else. Entries, phones and
//! exports name people by number; a name must never leave this file but for the office's own screen, its
//! backups and the copy that it keeps at a second place.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use doorstep_model::ids::PersonId;
use serde::{Deserialize, Serialize};

/// The file in the office's folder.
pub const FILE: &str = "names.jsonl";

/// Longest name, in characters.
const NAME_MAX: usize = 60;

/// One person of the roster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The person.
    pub person: PersonId,
    /// The number in the roster.
    pub roster: String,
    /// The name.
    pub name: String,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
struct Line {
    person: String,
    roster: String,
    name: String,
}

/// Why the roster cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum RosterError {
    /// The file cannot be read or written.
    #[error("{path}: {source}")]
    File {
        /// Which file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// A line that is no person.
    #[error("{path}, line {line}: no person of the roster")]
    Damaged {
        /// Which file.
        path: PathBuf,
        /// Which line, from 1.
        line: usize,
    },
    /// A name that nobody can be called by.
    #[error("{0:?} is no name: 1 to {NAME_MAX} characters, without control characters")]
    NoName(String),
}

impl RosterError {
    /// The code of the message catalogue.
    pub fn code(&self) -> &'static str {
        match self {
            Self::File { .. } => "roster.file",
            Self::Damaged { .. } => "roster.damaged",
            Self::NoName(_) => "roster.no_name",
        }
    }
}

/// The roster of an office.
#[derive(Debug)]
pub struct Roster {
    path: PathBuf,
    people: Vec<Named>,
    /// The same at a second place, once that is asked for.
    copy: Option<Box<Roster>>,
}

impl Roster {
    /// The roster kept in `folder`; empty when there is none yet.
    ///
    /// # Errors
    /// See [`RosterError`].
    pub fn open(folder: &Path) -> Result<Self, RosterError> {
        let path = folder.join(FILE);
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => String::new(),
            Err(source) => return Err(RosterError::File { path, source }),
        };
        let mut people = Vec::new();
        let whole = text
            .split_inclusive('\n')
            .filter(|line| line.ends_with('\n'));
        for (index, line) in whole.enumerate() {
            let damaged = || RosterError::Damaged {
                path: path.clone(),
                line: index + 1,
            };
            let line: Line = serde_json::from_str(line).map_err(|_| damaged())?;
            people.push(Named {
                person: line.person.parse().map_err(|_| damaged())?,
                roster: line.roster,
                name: line.name,
            });
        }
        Ok(Self {
            path,
            people,
            copy: None,
        })
    }

    /// From now on everybody is also put on the roster in this folder, before the own one. Who is not
    /// there yet is added at once.
    ///
    /// # Errors
    /// See [`RosterError`].
    pub fn copy_to(&mut self, folder: &Path) -> Result<(), RosterError> {
        let mut copy = Self::open(folder)?;
        copy.take(self)?;
        self.copy = Some(Box::new(copy));
        Ok(())
    }

    /// Adds everybody of another roster who is not on this one. Returns how many.
    ///
    /// # Errors
    /// [`RosterError::File`].
    pub fn take(&mut self, other: &Self) -> Result<u64, RosterError> {
        let mut taken = 0;
        for named in &other.people {
            if self.name_of(named.person).is_none() {
                self.add(named.clone())?;
                taken += 1;
            }
        }
        Ok(taken)
    }

    /// Who goes by this name, or else by this number. Of several namesakes the first.
    pub fn find(&self, name: &str) -> Option<&Named> {
        let called = |one: &&Named| one.name == name;
        let numbered = |one: &&Named| one.roster == name;
        let mut people = self.people.iter();
        people
            .find(called)
            .or_else(|| self.people.iter().find(numbered))
    }

    /// The name of a person.
    pub fn name_of(&self, person: PersonId) -> Option<&str> {
        let found = self.people.iter().find(|one| one.person == person);
        found.map(|one| one.name.as_str())
    }

    /// The lowest number above all that were given, as it is printed.
    pub fn next_number(&self) -> u32 {
        let numbers = self.people.iter().filter_map(|one| one.roster.parse().ok());
        numbers.max().map_or(1, |last: u32| last.saturating_add(1))
    }

    /// Adds a person; on return it is on the disk.
    ///
    /// # Errors
    /// [`RosterError::NoName`], [`RosterError::File`].
    pub fn add(&mut self, named: Named) -> Result<(), RosterError> {
        let name = clean(&named.name)?;
        if let Some(copy) = &mut self.copy
            && copy.name_of(named.person).is_none()
        {
            copy.add(named.clone())?;
        }
        let line = Line {
            person: named.person.to_string(),
            roster: named.roster.clone(),
            name: name.clone(),
        };
        let file = |source| RosterError::File {
            path: self.path.clone(),
            source,
        };
        let mut text = serde_json::to_string(&line).map_err(|error| file(error.into()))?;
        text.push('\n');
        append(&self.path, text.as_bytes()).map_err(file)?;
        self.people.push(Named { name, ..named });
        Ok(())
    }
}

/// A name as it is kept.
///
/// # Errors
/// [`RosterError::NoName`].
pub fn clean(name: &str) -> Result<String, RosterError> {
    let trimmed = name.trim();
    let length = trimmed.chars().count();
    if length == 0 || length > NAME_MAX || trimmed.chars().any(char::is_control) {
        return Err(RosterError::NoName(name.to_owned()));
    }
    Ok(trimmed.to_owned())
}

/// Appends whole lines. A line that a crash cut off before is ended first, and read as nobody.
fn append(path: &Path, line: &[u8]) -> io::Result<()> {
    let before = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let mut file = OpenOptions::new()
        .append(true)
        .create(true)
        .mode(0o600)
        .open(path)?;
    if let Some(cut) = before
        .iter()
        .rposition(|byte| *byte == b'\n')
        .map(|at| at + 1)
        && cut < before.len()
    {
        file.set_len(cut as u64)?;
    } else if !before.is_empty() && !before.contains(&b'\n') {
        file.set_len(0)?;
    }
    file.write_all(line)?;
    file.sync_all()?;
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use doorstep_model::ids::{AuthorTag, Identity};

    use super::*;

    fn named(number: u64, name: &str) -> Named {
        Named {
            person: PersonId(Identity::of_entry(AuthorTag([1; 4]), number)),
            roster: format!("{number:04}"),
            name: name.to_owned(),
        }
    }

    #[test]
    fn people_are_found_by_name_or_number_and_stay() {
        let folder = tempfile::tempdir().unwrap();
        let mut roster = Roster::open(folder.path()).unwrap();
        assert_eq!(roster.next_number(), 1);
        roster.add(named(1, " 张三 ")).unwrap();
        roster.add(named(7, "李四")).unwrap();
        let roster = Roster::open(folder.path()).unwrap();
        assert_eq!(roster.find("张三"), Some(&named(1, "张三")));
        assert_eq!(roster.find("0007"), Some(&named(7, "李四")));
        assert_eq!(roster.find("王五"), None);
        assert_eq!(roster.name_of(named(7, "").person), Some("李四"));
        assert_eq!(roster.next_number(), 8);
    }

    #[test]
    fn a_copy_holds_everybody_and_gives_back_who_is_missing() {
        let [own, stick, restored] = std::array::from_fn(|_| tempfile::tempdir().unwrap());
        let mut roster = Roster::open(own.path()).unwrap();
        roster.add(named(1, "张三")).unwrap();
        roster.copy_to(stick.path()).unwrap();
        roster.add(named(2, "李四")).unwrap();
        // Asked for again, as at the next start.
        roster.copy_to(stick.path()).unwrap();
        roster.add(named(3, "王五")).unwrap();
        let copy = Roster::open(stick.path()).unwrap();
        assert_eq!(copy.next_number(), 4);
        let mut restored = Roster::open(restored.path()).unwrap();
        restored.add(named(1, "张三")).unwrap();
        assert_eq!(restored.take(&copy).unwrap(), 2);
        assert_eq!(restored.find("王五"), Some(&named(3, "王五")));
        assert_eq!(restored.take(&copy).unwrap(), 0);
    }

    #[test]
    fn a_line_that_a_crash_cut_off_is_nobody_and_the_next_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let mut roster = Roster::open(folder.path()).unwrap();
        roster.add(named(1, "张三")).unwrap();
        let path = folder.path().join(FILE);
        let whole = fs::read_to_string(&path).unwrap();
        fs::write(&path, format!("{whole}{{\"person\":\"AQ")).unwrap();
        let mut roster = Roster::open(folder.path()).unwrap();
        assert_eq!(roster.next_number(), 2);
        roster.add(named(2, "李四")).unwrap();
        let roster = Roster::open(folder.path()).unwrap();
        assert!(roster.find("张三").is_some() && roster.find("李四").is_some());
    }

    #[test]
    fn what_is_no_name_or_no_roster_is_said() {
        for bad in ["", "  ", "张\u{0}三", &"长".repeat(61)] {
            assert_eq!(clean(bad).unwrap_err().code(), "roster.no_name");
        }
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{\"person\":\"x\"}\n").unwrap();
        let error = Roster::open(folder.path()).unwrap_err();
        assert_eq!(error.code(), "roster.damaged");
        assert!(error.to_string().contains("line 1"));
    }
}
