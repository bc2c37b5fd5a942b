//! Which pack an area works with: the shipped ones, packs that were added, and what the offices
//! adopted. What a pack says is the model's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use doorstep_model::entry::Outcome;
use doorstep_model::facts::checks::Severity;
use doorstep_model::ids::{AreaId, Identity};
use doorstep_model::pack::{Market, Pack, PackError};
use rusqlite::{Connection, OptionalExtension};
use sha2::{Digest, Sha256};

use super::due::Calendar;
use crate::error::Result;

/// How far up the tree of areas an adopted pack is looked for.
const LEVELS: usize = 16;

/// The packs that areas work with.
#[derive(Debug, Default)]
pub struct Packs {
    added: Vec<(Content, Arc<Working>)>,
    /// By local number of the area; emptied when something adopted changes.
    chosen: Mutex<BTreeMap<i64, Arc<Working>>>,
    shipped: Mutex<BTreeMap<&'static str, Arc<Working>>>,
}

/// Which bytes a pack's id and number stand for.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Content {
    pack: String,
    number: u32,
    hash: [u8; 32],
}

/// A pack with what was computed from it.
#[derive(Debug)]
pub(crate) struct Working {
    pub(crate) pack: Pack,
    pub(super) calendar: Calendar,
}

impl Working {
    fn new(pack: Pack) -> Arc<Self> {
        Arc::new(Self {
            pack,
            calendar: Calendar::default(),
        })
    }
}

/// Why a pack is not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PackRefused {
    /// It is no pack: see the problems.
    #[error(transparent)]
    Invalid(#[from] PackError),
    /// Its number is known with other content.
    #[error("pack {pack} {number} is known with other content")]
    SameNumber {
        /// The pack's id.
        pack: String,
        /// The pack's number.
        number: u32,
    },
}

impl Packs {
    /// Makes a pack known, so that an area can adopt it. The same one twice is one.
    ///
    /// # Errors
    /// [`PackRefused`]: nothing changed.
    pub fn add(&mut self, json: &str) -> Result<(), PackRefused> {
        let pack = Pack::parse(json)?;
        let content = Content::of(&pack, json);
        if self.contradicts(&content.pack, content.number, &content.hash) {
            let Content { pack, number, .. } = content;
            return Err(PackRefused::SameNumber { pack, number });
        }
        if !self.added.iter().any(|(known, _)| *known == content) {
            self.added.push((content, Working::new(pack)));
        }
        self.forget();
        Ok(())
    }

    /// Forgets which area chose what: after a change of the rows, and after a rollback.
    pub(crate) fn forget(&self) {
        self.chosen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clear();
    }

    /// Whether this number of a pack is known here with other content.
    fn contradicts(&self, pack: &str, number: u32, hash: &[u8; 32]) -> bool {
        self.content_of(pack, number)
            .is_some_and(|known| known != *hash)
    }

    /// Whether a shipped pack has this number with other content. What somebody added here does not
    /// show in rows.
    pub(super) fn contradicts_shipped(pack: &str, number: u32, hash: &[u8; 32]) -> bool {
        shipped_content().any(|content| {
            content.pack == pack && content.number == number && content.hash != *hash
        })
    }

    /// SHA-256 of the bytes that a pack's number stands for, when they are known here.
    pub(crate) fn content_of(&self, pack: &str, number: u32) -> Option<[u8; 32]> {
        self.added
            .iter()
            .map(|(content, _)| content.clone())
            .chain(shipped_content())
            .find(|content| content.pack == pack && content.number == number)
            .map(|content| content.hash)
    }

    /// The pack of an area: its own adopted one, else that of the area above, else the
    /// organisation's, else the shipped Chinese one. One that is not known here is passed over.
    pub(crate) fn of(&self, tx: &Connection, area: i64) -> Result<Arc<Working>> {
        let known = self
            .chosen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .get(&area)
            .cloned();
        if let Some(pack) = known {
            return Ok(pack);
        }
        let code: String = tx
            .prepare_cached("SELECT code FROM area WHERE id = ?1")?
            .query_row([area], |row| row.get(0))?;
        let pack = self.look_up(tx, AreaId::new(&code).ok())?;
        let mut chosen = self.chosen.lock().unwrap_or_else(PoisonError::into_inner);
        chosen.insert(area, Arc::clone(&pack));
        Ok(pack)
    }

    /// As [`Packs::of`], of an area by its code, which may have no rows yet.
    pub(crate) fn of_code(&self, tx: &Connection, code: &AreaId) -> Result<Arc<Working>> {
        let area: Option<i64> = tx
            .prepare_cached("SELECT id FROM area WHERE code = ?1")?
            .query_row([code.as_str()], |row| row.get(0))
            .optional()?;
        match area {
            Some(area) => self.of(tx, area),
            None => self.look_up(tx, Some(code.clone())),
        }
    }

    fn look_up(&self, tx: &Connection, code: Option<AreaId>) -> Result<Arc<Working>> {
        let mut next = code;
        for _ in 0..LEVELS {
            let Some(code) = next else { break };
            if let Some(pack) = self.adopted(tx, code.subject())? {
                return Ok(pack);
            }
            let parent: Option<Option<String>> = tx
                .prepare_cached("SELECT parent FROM area_row WHERE code = ?1 ORDER BY subject")?
                .query_row([code.as_str()], |row| row.get(0))
                .optional()?;
            next = parent.flatten().and_then(|code| AreaId::new(&code).ok());
        }
        match self.adopted(tx, AreaId::organisation().subject())? {
            Some(pack) => Ok(pack),
            None => Ok(self.shipped(Market::Cn)),
        }
    }

    fn adopted(&self, tx: &Connection, subject: Identity) -> Result<Option<Arc<Working>>> {
        let hash: Option<[u8; 32]> = tx
            .prepare_cached("SELECT hash FROM adopted_pack WHERE subject = ?1")?
            .query_row([subject.as_bytes()], |row| row.get(0))
            .optional()?;
        let Some(hash) = hash else { return Ok(None) };
        if let Some((_, pack)) = self.added.iter().find(|(content, _)| content.hash == hash) {
            return Ok(Some(Arc::clone(pack)));
        }
        let market = Market::ALL
            .into_iter()
            .find(|market| <[u8; 32]>::from(Sha256::digest(Pack::shipped_json(*market))) == hash);
        Ok(market.map(|market| self.shipped(market)))
    }

    fn shipped(&self, market: Market) -> Arc<Working> {
        let mut shipped = self.shipped.lock().unwrap_or_else(PoisonError::into_inner);
        let pack = shipped
            .entry(market.as_str())
            .or_insert_with(|| Working::new(Pack::shipped(market).clone()));
        Arc::clone(pack)
    }
}

fn shipped_content() -> impl Iterator<Item = Content> {
    Market::ALL
        .into_iter()
        .map(|market| Content::of(Pack::shipped(market), Pack::shipped_json(market)))
}

impl Content {
    fn of(pack: &Pack, json: &str) -> Self {
        Self {
            pack: pack.id().to_owned(),
            number: pack.number(),
            hash: Sha256::digest(json).into(),
        }
    }
}

/// How grave a fault is that the pack does not know: graver than none, less than missing.
const UNKNOWN_FAULT: u8 = 1;

impl Severity for Working {
    fn rank(&self, outcome: &Outcome) -> u8 {
        match outcome {
            Outcome::Normal => 0,
            Outcome::Missing => self.pack.missing_severity(),
            Outcome::Faults(codes) => codes
                .iter()
                .map(|code| {
                    self.pack
                        .fault(code)
                        .map_or(UNKNOWN_FAULT, |fault| fault.severity)
                })
                .max()
                .unwrap_or(UNKNOWN_FAULT),
        }
    }
}
