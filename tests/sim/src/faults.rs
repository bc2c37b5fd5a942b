//! The kinds of things that go wrong in a world, by name, and how often each did.

use std::collections::BTreeMap;

macro_rules! faults {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),* $(,)?) => {
        /// A kind of fault.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Fault {
            $($(#[$doc])* $variant,)*
        }

        impl Fault {
            /// Every kind.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// Its name in a report.
            pub fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $name,)*
                }
            }
        }
    };
}

faults! {
    /// A request did not arrive.
    LostRequest = "lost_request",
    /// The office took the request, the phone never heard of it.
    LostReply = "lost_reply",
    /// The office got a request twice, or the phone a reply.
    Duplicated = "duplicated",
    /// An older request arrived after a newer one.
    Reordered = "reordered",
    /// A reply ended in its middle.
    Cut = "cut",
    /// The app was ended between two calls into its store.
    CrashPhone = "crash_phone",
    /// The office was ended between two calls into its store.
    CrashOffice = "crash_office",
    /// A phone's folder was put back from a backup; the marker was not in it.
    RestoredPhone = "restored_phone",
    /// A phone's folder and marker were copied to another phone.
    ClonedMarkerCopied = "cloned_phone_marker_copied",
    /// A phone's folder was copied to another phone.
    ClonedNewMarker = "cloned_phone_new_marker",
    /// The office's folder was put back from a backup.
    OfficeRestored = "office_restored",
    /// The office's machine was put back with all it knows, its marker too.
    OfficeRolledBack = "office_rolled_back",
    /// The office's clock was wrong.
    OfficeClock = "office_clock_wrong",
    /// A phone's clock was wrong.
    PhoneClock = "phone_clock_wrong",
    /// Somebody else handed a phone's segments in.
    Relay = "relay",
    /// Two phones gave each other what they had.
    Peer = "peer",
    /// A file carried what a phone had.
    Bundle = "bundle",
    /// Somebody sent what no honest phone sends.
    Hostile = "hostile_segment",
    /// A phone was lost for good.
    LostPhone = "lost_phone",
    /// An invitation was used after its time.
    LateInvitation = "late_invitation",
    /// The office revoked an author.
    Revoked = "revoked",
}

/// How often each kind was seen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Faults(BTreeMap<Fault, u64>);

impl Faults {
    /// One more.
    pub fn saw(&mut self, fault: Fault) {
        *self.0.entry(fault).or_default() += 1;
    }

    /// How often this kind was seen.
    pub fn count(&self, fault: Fault) -> u64 {
        self.0.get(&fault).copied().unwrap_or(0)
    }

    /// Adds what another world saw.
    pub fn add(&mut self, other: &Self) {
        for (fault, count) in &other.0 {
            *self.0.entry(*fault).or_default() += count;
        }
    }

    /// Every kind with its count, those never seen too.
    pub fn by_name(&self) -> BTreeMap<&'static str, u64> {
        Fault::ALL
            .iter()
            .map(|fault| (fault.name(), self.count(*fault)))
            .collect()
    }
}
