//! What was asked of a phone, kept by who asked: which calls returned `Ok`, what each wrote, and which
//! were taken back. It is the side of the count that no replica can touch, so none is read here.

use doorstep_model::ids::{Identity, RequestId};
use doorstep_replica::act::Tap;
use sha2::{Digest, Sha256};

/// The calls of one phone.
#[derive(Debug, Clone)]
pub(super) struct Ledger {
    phone: String,
    asked: u64,
    calls: Vec<Call>,
}

/// One call that returned `Ok`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Call {
    /// The caller's name for it.
    pub(super) request: RequestId,
    /// What it wrote, by the identities that it returned.
    pub(super) wrote: Vec<Identity>,
}

impl Ledger {
    /// The empty ledger of a phone; no two phones have one name.
    pub(super) fn of(phone: impl Into<String>) -> Self {
        Self {
            phone: phone.into(),
            asked: 0,
            calls: Vec::new(),
        }
    }

    /// A tap with a request id that no other tap has.
    pub(super) fn tap(&mut self) -> Tap {
        self.asked += 1;
        let mut hasher = Sha256::new();
        hasher.update(self.phone.as_bytes());
        hasher.update(self.asked.to_be_bytes());
        let mut id = [0; 16];
        id.copy_from_slice(&hasher.finalize()[..16]);
        Tap::new(RequestId(id))
    }

    /// A call returned `Ok` and says that it wrote these.
    pub(super) fn wrote(&mut self, tap: &Tap, wrote: impl IntoIterator<Item = Identity>) {
        let wrote: Vec<Identity> = wrote.into_iter().collect();
        if !wrote.is_empty() {
            let request = tap.request;
            self.calls.push(Call { request, wrote });
        }
    }

    /// These were taken back: the calls that wrote them made nothing.
    pub(super) fn undone(&mut self, entries: &[Identity]) {
        self.calls
            .retain(|call| !call.wrote.iter().any(|entry| entries.contains(entry)));
    }

    /// The calls that count as made.
    pub(super) fn calls(&self) -> &[Call] {
        &self.calls
    }
}

#[cfg(test)]
mod tests {
    use doorstep_model::ids::AuthorTag;

    use super::*;

    fn entry(number: u64) -> Identity {
        Identity::of_entry(AuthorTag([1; 4]), number)
    }

    #[test]
    fn every_tap_has_an_id_of_its_own_on_every_phone() {
        let (mut one, mut other) = (Ledger::of("1"), Ledger::of("2"));
        let ids = [one.tap(), one.tap(), other.tap()].map(|tap| tap.request);
        assert!(ids[0] != ids[1] && ids[0] != ids[2] && ids[1] != ids[2]);
    }

    #[test]
    fn what_was_taken_back_was_never_made() {
        let mut ledger = Ledger::of("1");
        let (kept, gone, nothing) = (ledger.tap(), ledger.tap(), ledger.tap());
        ledger.wrote(&kept, [entry(1)]);
        ledger.wrote(&gone, [entry(2), entry(3)]);
        ledger.wrote(&nothing, []);
        ledger.undone(&[entry(3), entry(2)]);
        assert_eq!(ledger.calls().len(), 1);
        assert_eq!(ledger.calls()[0].request, kept.request);
    }
}
