//! Hazards and repairs, and the steps of their flow. Who may take which step is not said here.

use minicbor::{Decode, Encode};

use crate::document::RoundKey;
use crate::ids::{AssetId, CaseId, Identity, PersonId, PhotoHash, PlaceId};

/// What a case is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum CaseClass {
    /// 隐患: a hazard.
    #[n(0)]
    Hazard,
    /// 维修: repair of an asset.
    #[n(1)]
    Repair,
}

/// Kind 16.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Found {
    /// Hazard or repair.
    #[n(8)]
    pub class: CaseClass,
    /// Hazard kind of the pack, or the fault to repair.
    #[n(9)]
    pub kind: String,
    /// Where.
    #[n(10)]
    pub place: PlaceId,
    /// On which asset, if on one.
    #[n(11)]
    pub asset: Option<AssetId>,
    /// Level 0-2; 3 is only ever suspected here.
    #[n(12)]
    pub level: u8,
    /// Suspected to be a major hazard (重大火灾隐患).
    #[n(13)]
    pub suspected: Option<bool>,
    /// A note.
    #[n(14)]
    pub note: Option<String>,
    /// Photos, by hash.
    #[n(15)]
    pub photos: Option<Vec<PhotoHash>>,
    /// The round, where it was found in one.
    #[n(16)]
    pub round: Option<RoundKey>,
    /// The campaign that it belongs to.
    #[n(17)]
    pub campaign: Option<Identity>,
}

/// A step of a case: see `facts::cases` for who may take which from where.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum CaseEvent {
    /// 登记
    #[n(1)]
    Registered,
    /// 当场整改
    #[n(2)]
    FixedOnSpot,
    /// 并案: the same matter as another case.
    #[n(3)]
    Merged,
    /// 派单
    #[n(4)]
    Dispatched,
    /// 接单
    #[n(5)]
    Accepted,
    /// 退回
    #[n(6)]
    Returned,
    /// 整改中
    #[n(7)]
    Rectifying,
    /// 申请复查
    #[n(8)]
    Reported,
    /// 复查
    #[n(9)]
    Rechecked,
    /// 销案
    #[n(10)]
    Closed,
    /// 延期
    #[n(11)]
    Extended,
    /// 挂账
    #[n(12)]
    Parked,
    /// 移送
    #[n(13)]
    HandedOver,
    /// 回潮
    #[n(14)]
    Relapsed,
    /// 疑似重大
    #[n(15)]
    Suspected3,
    /// 判定重大
    #[n(16)]
    Judged3,
    /// A suspicion taken back by the office.
    #[n(17)]
    SuspicionWithdrawn,
}

/// Kind 17.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct CaseStep {
    /// Which step.
    #[n(8)]
    pub event: CaseEvent,
    /// Reason, measure or remark.
    #[n(9)]
    pub note: Option<String>,
    /// Deadline of a dispatch or extension, review date of a parking: a day.
    #[n(10)]
    pub date: Option<u32>,
    /// Handling body of a dispatch or hand-over.
    #[n(11)]
    pub body: Option<String>,
    /// The body's receipt number of a hand-over.
    #[n(12)]
    pub receipt: Option<String>,
    /// The case that this one is merged into.
    #[n(13)]
    pub into: Option<CaseId>,
    /// Of a re-check: passed or not.
    #[n(14)]
    pub passed: Option<bool>,
    /// Level from now on.
    #[n(15)]
    pub level: Option<u8>,
    /// Who approved an extension.
    #[n(16)]
    pub approved_by: Option<PersonId>,
    /// Helping bodies of a dispatch; the lead stands in `body`.
    #[n(17)]
    pub helpers: Option<Vec<String>>,
    /// Photos, by hash.
    #[n(18)]
    pub photos: Option<Vec<PhotoHash>>,
}

impl CaseStep {
    /// A step that says nothing but its event.
    pub fn of(event: CaseEvent) -> Self {
        Self {
            event,
            note: None,
            date: None,
            body: None,
            receipt: None,
            into: None,
            passed: None,
            level: None,
            approved_by: None,
            helpers: None,
            photos: None,
        }
    }
}

/// Kind 18.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Note {
    /// The words.
    #[n(8)]
    pub text: String,
    /// Photos, by hash.
    #[n(9)]
    pub photos: Option<Vec<PhotoHash>>,
}
