//! What crossed: which export was called, which field, variant and error code went over the border. And
//! a border that breaks one type on purpose, to see that tests notice. No values are kept.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use doorstep_model::ids::{AreaId, AssetId, AuthorTag, CaseId, Identity, PersonId, PhotoHash};
use doorstep_model::ids::{PlaceId, RequestId};

use crate::error::{DoorstepError, Result};
use crate::time::{Day, Month};

static SEEN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

static BROKEN: Mutex<Option<String>> = Mutex::new(None);

/// A value that crosses.
pub(crate) trait Crossing {
    /// Says what it is made of.
    fn tell(&self, seen: &mut Seen<'_>);

    /// Whether there is anything of it: an absent value shows nothing.
    fn is_there(&self) -> bool {
        true
    }

    /// Changes every value of the type of this name in it. Returns whether there was one.
    fn break_type(&mut self, _: &str) -> bool {
        false
    }

    /// Becomes another value, if there is another one.
    fn turn(&mut self) -> bool {
        false
    }
}

/// Where what crossed is noted.
pub(crate) struct Seen<'a>(&'a mut BTreeSet<String>);

impl Seen<'_> {
    /// A field or variant of a type.
    pub(crate) fn item(&mut self, of: &str, name: &str) {
        self.0.insert(format!("{of}.{name}"));
    }

    /// A field with what is in it.
    pub(crate) fn part(&mut self, of: &str, name: &str, value: &impl Crossing) {
        if value.is_there() {
            self.item(of, name);
            value.tell(self);
        }
    }
}

/// An export is called, with one type broken if that was asked for.
pub(crate) fn called<G: Crossing>(name: &'static str, mut given: G) -> G {
    let mut seen = seen();
    seen.insert(name.to_owned());
    given.tell(&mut Seen(&mut seen));
    if let Some(broken) = broken() {
        given.break_type(&broken);
    }
    given
}

/// An export answers, with one type broken if that was asked for.
pub(crate) fn answered<T: Crossing>(name: &'static str, mut result: Result<T>) -> Result<T> {
    if let Ok(value) = &mut result {
        value.tell(&mut Seen(&mut seen()));
        if let Some(broken) = broken() {
            if broken == name {
                value.turn();
            } else {
                value.break_type(&broken);
            }
        }
    }
    if let Err(error) = &mut result {
        if let Some(broken) = broken() {
            error.problem_mut().break_type(&broken);
        }
        let mut seen = seen();
        let problem = error.problem();
        seen.insert(format!("DoorstepError.{}", kind(error)));
        seen.insert(format!("DoorstepError.{}.problem", kind(error)));
        seen.insert(format!("code {}", problem.code));
        problem.tell(&mut Seen(&mut seen));
    }
    result
}

/// Everything that crossed in this process so far, in order of the alphabet.
pub(crate) fn crossed() -> Vec<String> {
    seen().iter().cloned().collect()
}

/// From now on this type, or the answer of this export, crosses wrongly.
pub(crate) fn break_on_purpose(name: Option<String>) {
    *BROKEN.lock().unwrap_or_else(PoisonError::into_inner) = name;
}

fn broken() -> Option<String> {
    let broken = BROKEN.lock().unwrap_or_else(PoisonError::into_inner);
    broken.clone()
}

fn seen() -> MutexGuard<'static, BTreeSet<String>> {
    SEEN.lock().unwrap_or_else(PoisonError::into_inner)
}

fn kind(error: &DoorstepError) -> &'static str {
    match error {
        DoorstepError::Refused { .. } => "Refused",
        DoorstepError::BadArgument { .. } => "BadArgument",
        DoorstepError::NotFound { .. } => "NotFound",
        DoorstepError::NotEnrolled { .. } => "NotEnrolled",
        DoorstepError::Closed { .. } => "Closed",
        DoorstepError::RequestReused { .. } => "RequestReused",
        DoorstepError::Store { .. } => "Store",
        DoorstepError::Peer { .. } => "Peer",
        DoorstepError::Broken { .. } => "Broken",
    }
}

macro_rules! numbers {
    ($($name:ty)*) => {
        $(impl Crossing for $name {
            fn tell(&self, _: &mut Seen<'_>) {}

            fn turn(&mut self) -> bool {
                *self = self.wrapping_add(1);
                true
            }
        })*
    };
}

numbers! { u8 u32 u64 i64 }

/// Other bytes, and others again when asked twice: an id that is broken on its way out and on its way in
/// does not come back as itself.
fn next(bytes: &[u8]) -> Vec<u8> {
    let mut other = bytes.to_vec();
    if let Some(last) = other.last_mut() {
        *last = last.wrapping_add(1);
    }
    other
}

macro_rules! bytes {
    ($($name:ident)*) => {
        $(impl Crossing for $name {
            fn tell(&self, seen: &mut Seen<'_>) {
                seen.0.insert(stringify!($name).to_owned());
            }

            fn break_type(&mut self, name: &str) -> bool {
                name == stringify!($name) && self.turn()
            }

            fn turn(&mut self) -> bool {
                Self::from_slice(&next(self.as_bytes())).is_some_and(|other| {
                    *self = other;
                    true
                })
            }
        })*
    };
}

bytes! { AuthorTag PhotoHash }

impl Crossing for RequestId {
    fn tell(&self, seen: &mut Seen<'_>) {
        seen.0.insert("RequestId".to_owned());
    }

    fn break_type(&mut self, name: &str) -> bool {
        name == "RequestId" && self.turn()
    }

    /// The same for every write: another one in place of each would do as well.
    fn turn(&mut self) -> bool {
        *self = Self([0x5A; 16]);
        true
    }
}

impl Crossing for Identity {
    fn tell(&self, seen: &mut Seen<'_>) {
        seen.0.insert("EntryId".to_owned());
    }

    fn break_type(&mut self, name: &str) -> bool {
        name == "EntryId" && self.turn()
    }

    fn turn(&mut self) -> bool {
        Self::from_slice(&next(self.as_bytes())).is_some_and(|other| {
            *self = other;
            true
        })
    }
}

macro_rules! identities {
    ($($name:ident)*) => {
        $(impl Crossing for $name {
            fn tell(&self, seen: &mut Seen<'_>) {
                seen.0.insert(stringify!($name).to_owned());
            }

            fn break_type(&mut self, name: &str) -> bool {
                name == stringify!($name) && self.turn()
            }

            fn turn(&mut self) -> bool {
                self.0.turn()
            }
        })*
    };
}

identities! { AssetId PlaceId CaseId PersonId }

impl Crossing for AreaId {
    fn tell(&self, seen: &mut Seen<'_>) {
        seen.0.insert("AreaId".to_owned());
    }

    fn break_type(&mut self, name: &str) -> bool {
        name == "AreaId" && self.turn()
    }

    fn turn(&mut self) -> bool {
        AreaId::new("999999999999").is_ok_and(|other| {
            *self = other;
            true
        })
    }
}

impl Crossing for Day {
    fn tell(&self, seen: &mut Seen<'_>) {
        seen.0.insert("Day".to_owned());
    }

    fn break_type(&mut self, name: &str) -> bool {
        name == "Day" && self.turn()
    }

    fn turn(&mut self) -> bool {
        *self = Self::of(self.number() + 1);
        true
    }
}

impl Crossing for Month {
    fn tell(&self, seen: &mut Seen<'_>) {
        seen.0.insert("Month".to_owned());
    }

    fn break_type(&mut self, name: &str) -> bool {
        name == "Month" && self.turn()
    }

    fn turn(&mut self) -> bool {
        "1999-12".parse().is_ok_and(|other| {
            *self = other;
            true
        })
    }
}

impl Crossing for SystemTime {
    fn tell(&self, _: &mut Seen<'_>) {}

    fn turn(&mut self) -> bool {
        *self += Duration::from_secs(1);
        true
    }
}

impl Crossing for bool {
    fn tell(&self, _: &mut Seen<'_>) {}

    fn turn(&mut self) -> bool {
        *self = !*self;
        true
    }
}

impl Crossing for String {
    fn tell(&self, _: &mut Seen<'_>) {}

    fn turn(&mut self) -> bool {
        self.push('?');
        true
    }
}

impl Crossing for str {
    fn tell(&self, _: &mut Seen<'_>) {}
}

impl<T: Crossing + ?Sized> Crossing for &T {
    fn tell(&self, seen: &mut Seen<'_>) {
        (**self).tell(seen);
    }
}

impl<T> Crossing for Arc<T> {
    fn tell(&self, _: &mut Seen<'_>) {}
}

impl<T: Crossing> Crossing for Option<T> {
    fn tell(&self, seen: &mut Seen<'_>) {
        if let Some(value) = self {
            value.tell(seen);
        }
    }

    fn is_there(&self) -> bool {
        self.is_some()
    }

    fn break_type(&mut self, name: &str) -> bool {
        self.as_mut().is_some_and(|value| value.break_type(name))
    }

    fn turn(&mut self) -> bool {
        self.as_mut().is_some_and(Crossing::turn)
    }
}

impl<T: Crossing> Crossing for Vec<T> {
    fn tell(&self, seen: &mut Seen<'_>) {
        self.iter().for_each(|value| value.tell(seen));
    }

    fn is_there(&self) -> bool {
        !self.is_empty()
    }

    fn break_type(&mut self, name: &str) -> bool {
        let mut broken = false;
        for value in self {
            broken |= value.break_type(name);
        }
        broken
    }

    fn turn(&mut self) -> bool {
        self.first_mut().is_some_and(Crossing::turn)
    }
}

macro_rules! tuples {
    ($(($($name:ident)*))*) => {
        $(impl<$($name: Crossing),*> Crossing for ($($name,)*) {
            #[allow(non_snake_case, unused_variables, reason = "one name a type, none for the empty tuple")]
            fn tell(&self, seen: &mut Seen<'_>) {
                let ($($name,)*) = self;
                $($name.tell(seen);)*
            }

            #[allow(non_snake_case, unused_variables, reason = "as above")]
            fn break_type(&mut self, name: &str) -> bool {
                let ($($name,)*) = self;
                false $(| $name.break_type(name))*
            }
        })*
    };
}

tuples! { () (A) (A B) (A B C) (A B C D) (A B C D E) }
