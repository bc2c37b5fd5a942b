//! Which things bear which label code. A code should be on one thing; where it is on several, all
//! are listed and nobody is chosen. What a valid code is, is said in `label`.

use std::collections::BTreeMap;

use super::fields::FieldsState;
use crate::entry::{Field, FieldValue};
use crate::ids::Identity;

/// A thing that is said to bear a label.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Bearer {
    /// The asset or place.
    pub subject: Identity,
    /// Its label is disputed: another candidate says something else.
    pub disputed: bool,
}

/// Every label code with its bearers.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Labels {
    /// By code as written, the bearers sorted.
    pub bearers: BTreeMap<String, Vec<Bearer>>,
}

impl Labels {
    /// All that bear this code; several when one label is said of several things.
    pub fn bearing(&self, code: &str) -> &[Bearer] {
        self.bearers.get(code).map_or(&[], Vec::as_slice)
    }

    /// The codes said of several things, for the desk.
    pub fn shared(&self) -> impl Iterator<Item = (&str, &[Bearer])> {
        self.bearers
            .iter()
            .filter(|(_, bearers)| bearers.len() > 1)
            .map(|(code, bearers)| (code.as_str(), bearers.as_slice()))
    }
}

/// Collects the labels of folded assets and places, each given once, in any order. Under a disputed
/// label a thing stands with every candidate, so that any sticker found on it leads there.
pub fn fold<'a>(subjects: impl IntoIterator<Item = (Identity, &'a FieldsState)>) -> Labels {
    let mut bearers: BTreeMap<String, Vec<Bearer>> = BTreeMap::new();
    for (subject, fields) in subjects {
        let Some(label) = fields.fields.get(&Field::Label) else {
            continue;
        };
        let disputed = label.disputed();
        for candidate in &label.candidates {
            if let FieldValue::Text(code) = &candidate.value {
                let bearer = Bearer { subject, disputed };
                bearers.entry(code.clone()).or_default().push(bearer);
            }
        }
    }
    for bearers in bearers.values_mut() {
        bearers.sort_unstable();
        bearers.dedup();
    }
    Labels { bearers }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::FieldSet;
    use crate::facts::fields;
    use crate::facts::testing::{NOON, entry, id};

    fn labelled(n: u64, code: &str, after: &[u64]) -> crate::facts::Placed {
        let value = match code {
            "" => FieldValue::Empty,
            code => FieldValue::Text(code.to_owned()),
        };
        let field = Field::Label;
        entry(1, n, NOON, FieldSet { field, value })
            .after(after)
            .placed()
    }

    #[test]
    fn one_label_on_two_things_lists_both() {
        let one = fields::fold(&[labelled(1, "AAAA", &[])]);
        let other = fields::fold(&[labelled(2, "AAAA", &[])]);
        let labels = fold([(id(11), &other), (id(10), &one)]);
        let subjects: Vec<_> = labels.bearing("AAAA").iter().map(|b| b.subject).collect();
        assert_eq!(subjects, [id(10), id(11)]);
        assert_eq!(labels.shared().count(), 1);
        assert_eq!(labels, fold([(id(10), &one), (id(11), &other)]));
    }

    #[test]
    fn a_disputed_label_is_found_under_either_code() {
        let state = fields::fold(&[labelled(1, "AAAA", &[]), labelled(2, "BBBB", &[])]);
        let labels = fold([(id(10), &state)]);
        let bearer = Bearer {
            subject: id(10),
            disputed: true,
        };
        assert_eq!(labels.bearing("AAAA"), [bearer]);
        assert_eq!(labels.bearing("BBBB"), [bearer]);
    }

    #[test]
    fn a_label_that_was_taken_off_leads_nowhere() {
        let state = fields::fold(&[labelled(1, "AAAA", &[]), labelled(2, "", &[1])]);
        assert!(fold([(id(10), &state)]).bearers.is_empty());
    }
}
