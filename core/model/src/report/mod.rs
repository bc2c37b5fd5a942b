//! Report numbers: which lines there are, how each is counted from effective facts, and how it is
//! told. No storage, no clock, no merging: rows come in already effective, and the caller names the
//! cut-off.
//!
//! Measured and reported are two columns that are never added. A number is exact or a lower bound
//! (余), or it is a gap; 0 is claimed only where a round, patrol or closed ledger covers the period.
//! Every number carries the entries it counts. The rules and the readings taken stand in
//! docs/reports.md.
//!
//! ```text
//! Frame::new(lines, areas, columns, cut-off)  cover, campaign, closed_round
//!   .fold()                                   handout, case, attendance, asset, look, figure
//!   .finish() -> Report                       serde JSON, text(zh | en)
//! ```

mod amount;
mod finish;
mod fold;
mod frame;
mod json;
mod line;
mod looks;
mod period;
mod reported;
mod result;
mod rows;
mod tally;
mod text;

pub use amount::{Amount, Decimal, DecimalError, WHOLE_MAX};
pub use fold::ReportFold;
pub use frame::{Frame, FrameError, NamedAreas};
pub use line::{
    Chart, Counts, Language, Line, LineRegister, Over, RegisterError, ReportedMeasure, Words,
};
pub use period::{Period, day_text, first_day_of, local_day, month_of, month_text};
pub use reported::{Figure, Reported, UnplacedFigure, UnplacedReason};
pub use result::{
    Column, Count, Coverage, Covered, Gap, LineResult, Measured, PartCount, Rate, Report, Side, Sum,
};
pub use rows::{
    AssetRow, AttendanceRow, CampaignRow, CaseRow, ClosedRoundRow, CoverKind, CoverRow, FigureRow,
    HandoutRow, LookRow, ScrapFrom, Seen,
};
pub use tally::Part;
pub use text::{Rounding, amount_text};

#[cfg(test)]
mod tests;
