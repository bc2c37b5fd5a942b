//! What was acknowledged, counted outside every replica: which records exist, on which stores they are,
//! which are gone with a phone or an office that lost them before anybody else had them.

use std::collections::{BTreeMap, BTreeSet};

use doorstep_model::ids::Identity;

use crate::broken::{Broken, Checked, Promise};

/// Names a store for the ledger: the office is 0, phones count from 1.
pub type StoreName = usize;

/// The office's store.
pub const OFFICE: StoreName = 0;

/// The records of a world.
#[derive(Debug, Default)]
pub struct Ledger {
    made: BTreeMap<Identity, String>,
    undone: BTreeSet<Identity>,
    gone: BTreeSet<Identity>,
    held: BTreeMap<StoreName, BTreeSet<Identity>>,
    marks: u64,
}

impl Ledger {
    /// A mark for the next tap.
    pub fn next_mark(&mut self) -> u64 {
        self.marks += 1;
        self.marks
    }

    /// A call on this store returned `Ok` and gave this identity.
    pub fn acknowledged(&mut self, store: StoreName, identity: Identity, words: String) {
        self.made.insert(identity, words);
        self.held.entry(store).or_default().insert(identity);
    }

    /// Taken back by the one who made it.
    pub fn undone(&mut self, identity: Identity) {
        self.undone.insert(identity);
    }

    /// How many records there are to account for, less the undone.
    pub fn made(&self) -> usize {
        self.made.len() - self.undone.len()
    }

    /// What a store holds now. What it held before must still be somewhere.
    ///
    /// # Errors
    /// [`Promise::Lost`].
    pub fn refresh(&mut self, store: StoreName, now: BTreeSet<Identity>) -> Checked<()> {
        let before = self.held.insert(store, now).unwrap_or_default();
        let vanished: Vec<Identity> = before
            .difference(&self.held[&store])
            .filter(|identity| self.counts(identity) && !self.is_somewhere(identity))
            .copied()
            .collect();
        match vanished.first() {
            None => Ok(()),
            Some(first) => Err(Broken::new(
                Promise::Lost,
                format!(
                    "{} records, first {first}: {}, from store {store}",
                    vanished.len(),
                    self.made[first]
                ),
            )),
        }
    }

    /// A store was put back or lost: what nobody else holds is gone with it, and no promise is broken.
    pub fn replaced(&mut self, store: StoreName, now: BTreeSet<Identity>) {
        let before = self.held.insert(store, now).unwrap_or_default();
        let gone: Vec<Identity> = before
            .into_iter()
            .filter(|identity| self.counts(identity) && !self.is_somewhere(identity))
            .collect();
        self.gone.extend(gone);
    }

    /// Records that the office has not, though everybody synced.
    pub fn missing_at_office(&self) -> Vec<String> {
        let office = self.held.get(&OFFICE);
        self.made
            .iter()
            .filter(|(identity, _)| {
                self.counts(identity) && !office.is_some_and(|held| held.contains(*identity))
            })
            .map(|(identity, words)| format!("{identity}: {words}"))
            .collect()
    }

    fn counts(&self, identity: &Identity) -> bool {
        self.made.contains_key(identity)
            && !self.undone.contains(identity)
            && !self.gone.contains(identity)
    }

    fn is_somewhere(&self, identity: &Identity) -> bool {
        self.held.values().any(|held| held.contains(identity))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_model::ids::AuthorTag;

    fn identity(counter: u64) -> Identity {
        Identity::of_entry(AuthorTag([1; 4]), counter)
    }

    #[test]
    fn a_record_that_no_store_holds_any_more_is_lost() {
        let mut ledger = Ledger::default();
        ledger.acknowledged(1, identity(1), "a check".into());
        ledger
            .refresh(OFFICE, BTreeSet::from([identity(1)]))
            .unwrap();
        ledger.refresh(1, BTreeSet::new()).unwrap();
        let broken = ledger.refresh(OFFICE, BTreeSet::new()).unwrap_err();
        assert_eq!(broken.promise, Promise::Lost);
    }

    #[test]
    fn what_was_only_on_a_lost_phone_is_gone_and_not_lost() {
        let mut ledger = Ledger::default();
        ledger.acknowledged(1, identity(1), "a check".into());
        ledger.replaced(1, BTreeSet::new());
        assert!(ledger.missing_at_office().is_empty());
        ledger.refresh(1, BTreeSet::new()).unwrap();
    }

    #[test]
    fn the_undone_need_not_be_anywhere() {
        let mut ledger = Ledger::default();
        ledger.acknowledged(1, identity(1), "a check".into());
        assert_eq!(ledger.missing_at_office().len(), 1);
        ledger.undone(identity(1));
        assert_eq!((ledger.made(), ledger.missing_at_office().len()), (0, 0));
        ledger.refresh(1, BTreeSet::new()).unwrap();
    }
}
