//! Doorstep's replica: the SQLite store of a phone or an office, the one door for writes, the rows
//! projected from entries, and both halves of the sync protocol. No sockets: the host performs what
//! [`sync`](crate) asks for. The merge of facts is the model's.

pub mod act;
mod backup;
mod baseline;
mod bundle;
mod changes;
mod clock;
mod compact;
mod contacts;
mod diagnosis;
mod directory;
mod door;
mod drafts;
mod error;
mod handed_in;
mod ingest;
mod life;
mod meta;
mod naming;
mod photos;
mod project;
pub mod query;
mod replica;
mod rescue;
mod screens;
mod seal;
mod sealed;
mod store;
mod stored;
pub mod sync;
#[cfg(feature = "testing")]
pub mod testing;
mod upgrade;
mod verify;
#[cfg(test)]
mod world;

pub use backup::{Backup, Copied, copies_file, restore};
pub use bundle::BundleSummary;
pub use changes::{Seat, Watch};
pub use clock::{Clock, SystemClock};
#[cfg(feature = "documents")]
pub use compact::Documents;
pub use contacts::AreaPhones;
pub use diagnosis::{AreaDiagnosis, Diagnosis};
pub use drafts::{DRAFT_KEY_MAX, DRAFT_MAX};
pub use error::{Error, Result, StoreProblem};
pub use handed_in::HandedIn;
pub use naming::{DeclaredArea, NamedPlace};
pub use photos::name_photo;
pub use project::{PackRefused, Packs, TableSum};
pub use replica::{Options, Replica};
pub use rescue::{Rescued, rescue};
pub use screens::Part;
pub use store::{Place, Store};
pub use verify::{Problem, Verified};
