//! The two orders that rules speak of: that of things as they happened, and that of the office's words.

use doorstep_model::ids::{AuthorTag, Identity};

use super::said::Said;

/// When something happened, beside everything else: the order everywhere.
pub type Order = (i64, Identity, AuthorTag, u64);

/// Among the words of the office: the succession of who spoke, the segment, the counter.
pub type OfficeOrder = (usize, u64, u64);

impl Said {
    /// Its place in the order of everything.
    pub fn order(&self) -> Order {
        (self.time, self.identity, self.writer.tag, self.counter)
    }

    /// Its place among the words of the office: a later office's word is later, whenever it comes
    /// and whoever repeats it.
    pub fn office_order(&self) -> OfficeOrder {
        let before = &self.writer.before;
        if let Some(copy) = self.entry.envelope.copy {
            let since = before.iter().position(|tag| *tag == copy.author);
            let succession = since.map_or(0, |since| before.len() - since - 1);
            return (succession, 0, self.counter);
        }
        let n = self.sealed.as_ref().map_or(u64::MAX, |sealed| sealed.n);
        (before.len(), n, self.counter)
    }
}
