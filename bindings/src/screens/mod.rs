//! Screens, as they cross: one list of views each, long lists in pages. What is due and what counts is
//! the replica's.

mod areas;
mod assets;
mod cases;
mod doors;
mod forms;
mod rounds;

use doorstep_replica::Part;

pub use areas::{AreaToday, DeclaredArea};
pub use assets::{
    AssetFilter, AssetPage, AssetRows, AssetState, AssetView, Bearer, Candidate, FieldView,
    LookView, Obligation, Owed,
};
pub use cases::{
    CaseFilter, CasePage, CaseRows, CaseView, DisputeRows, DisputeView, EventView, Told,
};
pub use doors::{Door, DoorAsset, DoorPlan, PlaceRows, PlaceView};
pub use forms::{AssetType, Fault, Forms, HazardKind};
pub use rounds::{BuildingCoverage, Coverage, RoundView};

/// At most `limit` rows after `after`.
fn part(after: Option<&String>, limit: u32) -> Part<'_> {
    Part {
        after: after.map(String::as_str),
        limit: limit as usize,
    }
}
