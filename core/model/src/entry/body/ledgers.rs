//! What is counted over the years: handouts, services, attendance, reported figures. Nothing is added
//! up here.

use minicbor::{Decode, Encode};

use crate::ids::{AssetId, Identity};

/// What is handed out to whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum HandoutManner {
    /// 新配
    #[n(0)]
    New,
    /// 更换
    #[n(1)]
    Replacement,
    /// 增配
    #[n(2)]
    Additional,
}

/// Kind 24.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HandoutBatch {
    /// What: an asset type of the pack, or an item such as `safety_pack.senior`.
    #[n(8)]
    pub item: String,
    /// Size as printed.
    #[n(9)]
    pub size: Option<String>,
    /// Manner.
    #[n(10)]
    pub manner: HandoutManner,
    /// The day of the batch.
    #[n(11)]
    pub day: u32,
    /// Funding project, as printed.
    #[n(12)]
    pub project: Option<String>,
    /// Maker, as printed.
    #[n(13)]
    pub maker: Option<String>,
    /// Factory month of the things.
    #[n(14)]
    pub factory: Option<u32>,
}

/// Kind 25. The subject is the household or point. Units are kept apart and never converted.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct HandoutLine {
    /// Of which batch.
    #[n(8)]
    pub batch: Identity,
    /// How many.
    #[n(9)]
    pub quantity: u32,
    /// Unit as printed: `只`, `张`.
    #[n(10)]
    pub unit: String,
    /// The day it was handed over; else the batch's.
    #[n(11)]
    pub day: Option<u32>,
    /// What is handed out, repeated so that the line counts without its batch.
    #[n(12)]
    pub item: String,
}

/// What was done to an asset.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum ServiceKind {
    /// 维修充装: factory service or refill.
    #[n(0)]
    Serviced,
    /// 水压试验
    #[n(1)]
    PressureTested,
    /// 报废
    #[n(2)]
    Scrapped,
    /// Replaced by another asset.
    #[n(3)]
    Replaced,
    /// New battery.
    #[n(4)]
    Battery,
    /// Away for service.
    #[n(5)]
    TakenAway,
    /// Back at its spot.
    #[n(6)]
    BroughtBack,
}

/// Kind 26.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Service {
    /// What was done.
    #[n(8)]
    pub kind: ServiceKind,
    /// In which month.
    #[n(9)]
    pub month: u32,
    /// By which firm, as printed.
    #[n(10)]
    pub firm: Option<String>,
    /// Reason, such as `10.0.8-9`.
    #[n(11)]
    pub note: Option<String>,
    /// The asset that replaces it.
    #[n(12)]
    pub successor: Option<AssetId>,
}

/// Kind 27. The subject is the round, campaign or area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Attendance {
    /// Person-times (人次), not persons.
    #[n(8)]
    pub person_times: u32,
    /// The day.
    #[n(9)]
    pub day: u32,
    /// Force type (力量类别), such as `volunteer`.
    #[n(10)]
    pub force: Option<String>,
}

/// How exactly a figure was reported.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Precision {
    /// The number itself.
    #[n(0)]
    Exact,
    /// 余, 以上, 超过: at least the number.
    #[n(1)]
    LowerBound,
}

/// Kind 39. The subject is a hash of (year, row, measure), so that one figure told twice is one.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct ReportedFigure {
    /// Year of the report.
    #[n(8)]
    pub year: u16,
    /// Row of the line register, such as `S01`.
    #[n(9)]
    pub row: String,
    /// What was measured, in words.
    #[n(10)]
    pub measure: String,
    /// The number as printed, in decimal.
    #[n(11)]
    pub value: String,
    /// Unit as printed.
    #[n(12)]
    pub unit: String,
    /// Exact or at least.
    #[n(13)]
    pub precision: Precision,
    /// The sentence that it stands in.
    #[n(14)]
    pub quote: String,
    /// What is easily misread.
    #[n(15)]
    pub note: Option<String>,
    /// Counted since an unstated start: never in a yearly sum.
    #[n(16)]
    pub cumulative: Option<bool>,
}
