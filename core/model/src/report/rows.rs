//! What a report reads: plain rows, as the replica's queries fill them from effective facts. A row
//! says what holds after merging; nothing here merges, supersedes or settles a dispute.
//!
//! Days are local (+08:00) days since 1970-01-01, months `year * 12 + month - 1`. `mark` is the
//! entry's: practice never counts, generated counts and says so. `late` is true of what arrived
//! after the closing entry of its month: a month shows it as a correction, a year counts it.

use crate::entry::{CaseClass, HandoutManner, Mark};
use crate::ids::Identity;
use crate::report::amount::Amount;

/// One handout line: what one household or point got of a batch.
#[derive(Debug, Clone, Copy)]
pub struct HandoutRow<'a> {
    /// The line's entry.
    pub identity: Identity,
    /// Who got it: a household, a point or a building.
    pub household: Identity,
    /// Of which batch.
    pub batch: Identity,
    /// What: an asset type of the pack or another item, such as `retrofit.high_rise`.
    pub item: &'a str,
    /// How many.
    pub quantity: u32,
    /// Unit as printed.
    pub unit: &'a str,
    /// The day of the line, else of its batch.
    pub day: u32,
    /// The area on that day.
    pub area: &'a str,
    /// New, replacement or additional, where the batch is known.
    pub manner: Option<HandoutManner>,
    /// The entry's mark.
    pub mark: Option<Mark>,
    /// Arrived after its month was closed.
    pub late: bool,
}

/// One case as it stands at the report's cut-off.
#[derive(Debug, Clone, Copy)]
pub struct CaseRow<'a> {
    /// The case.
    pub identity: Identity,
    /// Hazard or repair.
    pub class: CaseClass,
    /// Hazard kind of the pack, or the fault to repair.
    pub kind: &'a str,
    /// The pack's class of that kind (`fire`, `production`); empty for a repair.
    pub hazard_class: &'a str,
    /// The unit in which the pack counts that kind: `处` or `条`; empty for a repair.
    pub unit: &'a str,
    /// Type of the asset it is about, if about one.
    pub asset_type: Option<&'a str>,
    /// Where.
    pub place: Identity,
    /// The area on the day it was found.
    pub area: &'a str,
    /// The day it was found.
    pub found_day: u32,
    /// The day of the *effective* close or on-the-spot fix.
    pub rectified_day: Option<u32>,
    /// Rectified by a fix on the spot.
    pub on_spot: bool,
    /// Open at the cut-off, whatever was closed before: relapsed, parked, handed over included.
    pub open: bool,
    /// Merged into another case: counts nowhere.
    pub duplicate: bool,
    /// The campaign it belongs to.
    pub campaign: Option<Identity>,
    /// The mark of the entry that found it.
    pub mark: Option<Mark>,
    /// Its close arrived after that month was closed.
    pub late: bool,
}

/// Person-times of one round, campaign or area.
#[derive(Debug, Clone, Copy)]
pub struct AttendanceRow<'a> {
    /// The entry.
    pub identity: Identity,
    /// The area.
    pub area: &'a str,
    /// The day.
    pub day: u32,
    /// Person-times (人次), not persons.
    pub person_times: u32,
    /// Force type, such as `volunteer`.
    pub force: Option<&'a str>,
    /// The entry's mark.
    pub mark: Option<Mark>,
    /// Arrived after its month was closed.
    pub late: bool,
}

/// What a look at an asset came to, after disputes and corrections.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Seen {
    /// In order.
    Normal,
    /// At least one fault.
    Faulty,
    /// Registered, and not there.
    Missing,
}

/// When an asset is scrap, whatever a look says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ScrapFrom {
    /// Its type has no life, or its month is not recorded.
    Never,
    /// It may stay through this month; from the next on it is scrap.
    AfterMonth(u32),
    /// Scrap at sight, such as an unreadable factory month under the Chinese rules.
    AtOnce,
}

/// One effective look: a check that neither a correction nor a later check of the same person took
/// out of the count. Of several of one asset and period the latest counts.
#[derive(Debug, Clone, Copy)]
pub struct LookRow<'a> {
    /// The asset.
    pub asset: Identity,
    /// The check.
    pub check: Identity,
    /// Its effective time, unix seconds.
    pub at: i64,
    /// Type of the asset.
    pub asset_type: &'a str,
    /// The area on that day.
    pub area: &'a str,
    /// What holds of it.
    pub seen: Seen,
    /// When the asset is scrap.
    pub scrap: ScrapFrom,
    /// The planned round it was made in.
    pub round: Option<Identity>,
    /// The entry's mark.
    pub mark: Option<Mark>,
    /// Arrived after its month, or its round, was closed.
    pub late: bool,
}

/// An asset in the register of one area for a stretch of days; one that moves has a row for each.
#[derive(Debug, Clone, Copy)]
pub struct AssetRow<'a> {
    /// The asset.
    pub asset: Identity,
    /// Its type.
    pub asset_type: &'a str,
    /// The area.
    pub area: &'a str,
    /// First day in this area's register.
    pub from: u32,
    /// First day on which it is no more there: scrapped, replaced or moved.
    pub until: Option<u32>,
    /// The mark of the entry that registered it.
    pub mark: Option<Mark>,
}

/// What shows that nothing found means nothing there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoverKind {
    /// A round that is closed, or in which something was recorded.
    Round,
    /// A patrol with its log.
    Patrol,
    /// A ledger that was closed for the month.
    ClosedLedger,
}

/// A stretch of days in which an area was looked after. A month counts as covered when a cover
/// touches it, a longer period when each of its months is.
#[derive(Debug, Clone, Copy)]
pub struct CoverRow<'a> {
    /// The area.
    pub area: &'a str,
    /// By what.
    pub kind: CoverKind,
    /// First day.
    pub from: u32,
    /// Last day.
    pub to: u32,
}

/// A campaign (专项行动).
#[derive(Debug, Clone, Copy)]
pub struct CampaignRow<'a> {
    /// The campaign.
    pub identity: Identity,
    /// Its name in words.
    pub name: &'a str,
    /// First day.
    pub from: u32,
    /// Last day.
    pub to: u32,
}

/// A planned round that an area has closed.
#[derive(Debug, Clone, Copy)]
pub struct ClosedRoundRow<'a> {
    /// The round.
    pub round: Identity,
    /// The area.
    pub area: &'a str,
    /// Its last day.
    pub to: u32,
}

/// A figure that stood in a text.
#[derive(Debug, Clone)]
pub struct FigureRow {
    /// The entry.
    pub identity: Identity,
    /// Code of the area that reported it.
    pub area: String,
    /// Year of the text.
    pub year: u16,
    /// Row of the line register that it names, such as `S01`.
    pub row: String,
    /// What was measured, in words.
    pub measure: String,
    /// The number as printed, exact or at least.
    pub amount: Amount,
    /// Unit as printed.
    pub unit: String,
    /// The sentences that it stands in.
    pub quotes: Vec<String>,
    /// What is easily misread.
    pub note: Option<String>,
    /// Counted since an unstated start.
    pub cumulative: bool,
}

impl FigureRow {
    /// The row of a [`crate::entry::ReportedFigure`] entry; `None` where its number does not read.
    /// The entry keeps one quote a line.
    pub fn of_entry(
        identity: Identity,
        area: &str,
        figure: &crate::entry::ReportedFigure,
    ) -> Option<Self> {
        Some(Self {
            identity,
            area: area.to_owned(),
            year: figure.year,
            row: figure.row.clone(),
            measure: figure.measure.clone(),
            amount: Amount {
                value: figure.value.parse().ok()?,
                precision: figure.precision,
            },
            unit: figure.unit.clone(),
            quotes: figure.quote.lines().map(str::to_owned).collect(),
            note: figure.note.clone(),
            cumulative: figure.cumulative.unwrap_or(false),
        })
    }
}
