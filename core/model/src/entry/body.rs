//! The kinds of entries and what each says. Numbers are for ever: a kind or a key is never given a
//! new meaning, and new keys are optional. Months are `year * 12 + month - 1`; days are local
//! (+08:00) days since 1970-01-01.

use minicbor::{Decode, Encode};

use super::value::{FieldValue, Outcome};
use crate::document::RoundKey;
use crate::ids::{AssetId, AuthorTag, CaseId, Identity, PersonId, PhotoHash, PlaceId};

macro_rules! bodies {
    ($($(#[$doc:meta])* $code:literal $name:ident),* $(,)?) => {
        /// What an entry says, by kind.
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub enum Body {
            $($(#[$doc])* $name($name),)*
            /// Of a kind or minor version that this version does not know, or a body it cannot read.
            /// Stored and forwarded, never projected; the bytes are in the entry.
            Unread {
                /// The kind's number.
                kind: u16,
            },
        }

        impl Body {
            /// The kind's number in the envelope.
            pub fn kind(&self) -> u16 {
                match self {
                    $(Self::$name(_) => $code,)*
                    Self::Unread { kind } => *kind,
                }
            }

            /// The numbers of all kinds that this version knows.
            pub const KINDS: &'static [u16] = &[$($code),*];

            pub(super) fn to_map(&self) -> Vec<u8> {
                match self {
                    $(Self::$name(body) => super::encode(body),)*
                    Self::Unread { .. } => super::map_head(0),
                }
            }

            pub(super) fn from_map(kind: u16, minor: u16, bytes: &[u8]) -> Self {
                if minor != 0 {
                    return Self::Unread { kind };
                }
                let read = match kind {
                    $($code => minicbor::decode(bytes).map(Self::$name),)*
                    _ => return Self::Unread { kind },
                };
                read.unwrap_or(Self::Unread { kind })
            }
        }

        $(impl From<$name> for Body {
            fn from(body: $name) -> Self {
                Self::$name(body)
            }
        })*
    };
}

bodies! {
    /// First entry of an author in a document: names the document.
    0 Opened,
    /// A place comes to be; the subject is the place itself.
    1 PlaceAdded,
    /// An asset comes to be; the subject is the asset itself.
    2 AssetAdded,
    /// A field of a place or asset gets a value.
    3 FieldSet,
    /// One attempt at a door; the subject is the household or premises.
    4 Visit,
    /// One look at one asset; the subject is the asset.
    5 Check,
    /// Takes back the writer's own entry of the same day.
    6 Undo,
    /// Replaces what an earlier check or visit said; the old one is kept.
    7 Correction,
    /// The opener's list of an ad-hoc round; lists of several openers are united.
    8 AdHocTargets,
    /// A hazard or other matter is found; the subject is the case itself.
    16 Found,
    /// A later step of a case.
    17 CaseStep,
    /// Words or photos to anything.
    18 Note,
    /// A batch of things to hand out; the subject is the batch itself.
    24 HandoutBatch,
    /// What one household or point got of a batch.
    25 HandoutLine,
    /// Something was done to an asset: serviced, scrapped, taken away.
    26 Service,
    /// Person-times (人次) of a round, campaign or training.
    27 Attendance,
    /// A round is planned; the subject is the round itself.
    32 RoundPlanned,
    /// The frozen list of one building in a planned round.
    33 RoundTargets,
    /// A round is closed with the table of what it counts.
    34 RoundClosed,
    /// A month is closed with the table of what it counts.
    35 MonthClosed,
    /// Names the rounds that leave phones.
    36 Horizon,
    /// What remains of an asset or household below the horizon.
    37 Carry,
    /// A campaign (专项行动) with its dates.
    38 Campaign,
    /// A figure that was reported in a text, with its quotes.
    39 ReportedFigure,
    /// What becomes of another entry or segment.
    40 Verdict,
    /// Settles a dispute between checks.
    41 Decision,
    /// Two subjects are one thing, or are no longer said to be.
    42 SameAs,
    /// A proof of an earlier receipt that came after its segment.
    43 Dated,
    /// An import batch is taken back.
    44 BatchUndone,
    /// One imported row of a log or register belongs to this batch.
    45 BatchRow,
    /// An area of the tree.
    48 AreaDeclared,
    /// A person of the roster; names are kept apart from entries.
    49 PersonDeclared,
    /// The pack that an area works with from now on.
    50 PackAdopted,
    /// An author may write no more.
    51 AuthorRevoked,
    /// One author goes on as another.
    52 AuthorSucceeded,
    /// The office's next transport key.
    53 TransportKey,
    /// An invitation is void.
    54 InvitationVoided,
}

/// Kind 0. Names the document: its kind, with the subject its building, case or area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Opened {
    /// [`crate::document::DocumentName::kind_code`].
    #[n(8)]
    pub document: u8,
    /// Of a round document: which round.
    #[n(9)]
    pub round: Option<RoundKey>,
    /// Number of the pack that the writer works with here.
    #[n(10)]
    pub pack: Option<u32>,
}

impl Opened {
    /// Its number, also of minor versions that are not known yet.
    pub const KIND: u16 = 0;
}

/// What a place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum PlaceKind {
    /// 小区, 里弄: a group of buildings.
    #[n(0)]
    Estate,
    /// 楼
    #[n(1)]
    Building,
    /// 单元, 楼道
    #[n(2)]
    Stairwell,
    /// 户
    #[n(3)]
    Household,
    /// 商铺, 单位: shop or other premises.
    #[n(4)]
    Premises,
    /// 公共部位: a corridor, yard or other common part.
    #[n(5)]
    CommonPart,
}

/// Kind 1.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PlaceAdded {
    /// What it is.
    #[n(8)]
    pub kind: PlaceKind,
    /// What it is part of; a building has none.
    #[n(9)]
    pub parent: Option<PlaceId>,
    /// Name or number as printed on the door: `3号楼`, `204`.
    #[n(10)]
    pub name: String,
    /// Sorting number among its siblings, such as floor times 100 plus door.
    #[n(11)]
    pub order: Option<u32>,
}

/// How an asset got into the register.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Registration {
    /// Registered as planned.
    #[n(0)]
    Registered,
    /// 遗漏: found at the door, never registered.
    #[n(1)]
    FoundUnregistered,
    /// Made by a handout.
    #[n(2)]
    HandedOut,
    /// Imported from a register.
    #[n(3)]
    Imported,
}

/// Kind 2.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AssetAdded {
    /// Asset type code of the pack, such as `extinguisher.dry_powder`.
    #[n(8)]
    pub asset_type: String,
    /// Where it is.
    #[n(9)]
    pub place: PlaceId,
    /// Label code, if one is stuck on.
    #[n(10)]
    pub label: Option<String>,
    /// Factory month: absent = not recorded, 0 = a person looked and it is unreadable, else the month.
    #[n(11)]
    pub factory: Option<u32>,
    /// Size as printed, such as `2kg`.
    #[n(12)]
    pub size: Option<String>,
    /// The handout batch that it came with.
    #[n(13)]
    pub batch: Option<Identity>,
    /// How it got into the register.
    #[n(14)]
    pub registration: Registration,
    /// The maker's stated life in years.
    #[n(15)]
    pub maker_life_years: Option<u8>,
}

/// A field of a place or asset that may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Field {
    /// Name or number of a place.
    #[n(1)]
    Name,
    /// Label code of an asset or place.
    #[n(2)]
    Label,
    /// Factory month of an asset: 0 = unreadable, else the month.
    #[n(3)]
    Factory,
    /// Asset type.
    #[n(4)]
    AssetType,
    /// Where an asset is, or what a place is part of.
    #[n(5)]
    Place,
    /// Size as printed.
    #[n(6)]
    Size,
    /// The maker's stated life in years.
    #[n(7)]
    MakerLife,
    /// Household state: `lived_in`, `empty`, `moved_out`.
    #[n(8)]
    HouseholdState,
    /// Month of the battery of an alarm.
    #[n(9)]
    BatteryMonth,
    /// Sorting number among siblings.
    #[n(10)]
    Order,
}

/// Kind 3. `after` in the envelope names all values that the writer had seen.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct FieldSet {
    /// Which field.
    #[n(8)]
    pub field: Field,
    /// Its value.
    #[n(9)]
    pub value: FieldValue,
}

/// What became of an attempt at a door.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum VisitOutcome {
    /// 已查: somebody answered; the door is covered.
    #[n(0)]
    Answered,
    /// 没人
    #[n(1)]
    Absent,
    /// 拒绝
    #[n(2)]
    Refused,
    /// 空关
    #[n(3)]
    Empty,
}

/// Kind 4.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Visit {
    /// What became of it.
    #[n(8)]
    pub outcome: VisitOutcome,
    /// A note.
    #[n(9)]
    pub note: Option<String>,
    /// When to come again: a day.
    #[n(10)]
    pub next: Option<u32>,
}

/// Kind 5. Only exceptions are spelled out: a normal look has no keys at all.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Check {
    /// What was seen.
    #[n(8)]
    pub outcome: Outcome,
    /// A note.
    #[n(9)]
    pub note: Option<String>,
    /// Photos, by hash.
    #[n(10)]
    pub photos: Option<Vec<PhotoHash>>,
    /// Pack number, where it differs from the one in the writer's `opened`.
    #[n(11)]
    pub pack: Option<u32>,
    /// The time is a date only (an imported row): it stands at that day's end.
    #[n(12)]
    pub date_only: Option<bool>,
}

/// Kind 6.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Undo {
    /// What is taken back.
    #[n(8)]
    pub of: Identity,
}

/// Kind 7. Takes place, person and time of what it corrects.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Correction {
    /// What is corrected.
    #[n(8)]
    pub of: Identity,
    /// Of a check: what was really seen. Normal when absent and `visit` is absent too.
    #[n(9)]
    pub outcome: Outcome,
    /// Of a visit: what really became of it.
    #[n(10)]
    pub visit: Option<VisitOutcome>,
    /// Why.
    #[n(11)]
    pub reason: String,
}

/// Kind 8. Part `part` of `of`; effective when complete.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AdHocTargets {
    /// Doors to visit.
    #[n(8)]
    pub doors: Vec<PlaceId>,
    /// Assets to check.
    #[n(9)]
    pub assets: Vec<AssetId>,
    /// Part number, from 1.
    #[n(10)]
    pub part: u16,
    /// Number of parts.
    #[n(11)]
    pub of: u16,
}

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

/// Kind 32.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoundPlanned {
    /// Name in words.
    #[n(8)]
    pub name: String,
    /// First day.
    #[n(9)]
    pub from: u32,
    /// Last day.
    #[n(10)]
    pub to: u32,
    /// Checklist of the pack.
    #[n(11)]
    pub checklist: Option<String>,
    /// Campaign that it belongs to.
    #[n(12)]
    pub campaign: Option<Identity>,
}

/// Kind 33. The subject is the building. Part `part` of `of`; effective when complete.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoundTargets {
    /// The round.
    #[n(8)]
    pub round: Identity,
    /// Doors to visit.
    #[n(9)]
    pub doors: Vec<PlaceId>,
    /// Assets to check.
    #[n(10)]
    pub assets: Vec<AssetId>,
    /// Part number, from 1.
    #[n(11)]
    pub part: u16,
    /// Number of parts.
    #[n(12)]
    pub of: u16,
}

/// Up to which segment an author's work counts in a close.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct AuthorMark {
    /// Whose.
    #[n(0)]
    pub author: AuthorTag,
    /// Number of the last segment that counts.
    #[n(1)]
    pub last: u64,
}

/// Kind 34. The subject is the round. What the table leaves out is late.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct RoundClosed {
    /// {author → last segment}.
    #[n(8)]
    pub table: Vec<AuthorMark>,
}

/// Kind 35. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct MonthClosed {
    /// Which month.
    #[n(8)]
    pub month: u32,
    /// {author → last segment}.
    #[n(9)]
    pub table: Vec<AuthorMark>,
}

/// Kind 36. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Horizon {
    /// Building-rounds that leave phones with this entry.
    #[n(8)]
    pub rounds: Vec<HorizonRound>,
}

/// One building's part of a round.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Encode, Decode)]
#[cbor(array)]
pub struct HorizonRound {
    /// The building.
    #[n(0)]
    pub building: PlaceId,
    /// The round.
    #[n(1)]
    pub round: RoundKey,
}

/// Kind 37. The subject is the asset or household. A carried check keeps identity, person and time.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Carry {
    /// Identity of the last effective check or visit.
    #[n(8)]
    pub entry: Identity,
    /// Who made it.
    #[n(9)]
    pub person: PersonId,
    /// Its effective time, unix seconds.
    #[n(10)]
    pub time: i64,
    /// Of an asset: what was seen.
    #[n(11)]
    pub outcome: Outcome,
    /// Of a household: what became of it.
    #[n(12)]
    pub visit: Option<VisitOutcome>,
    /// Who wrote the original.
    #[n(13)]
    pub author: AuthorTag,
}

/// Kind 38. The subject is the campaign itself.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Campaign {
    /// Name in words.
    #[n(8)]
    pub name: String,
    /// First day.
    #[n(9)]
    pub from: u32,
    /// Last day.
    #[n(10)]
    pub to: u32,
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

/// What the office says of an entry or segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(index_only)]
pub enum Ruling {
    /// Waits for a person; leaves the rows, not the documents.
    #[n(0)]
    Held,
    /// Counts after all.
    #[n(1)]
    Accepted,
    /// Does not count.
    #[n(2)]
    Refused,
    /// Does not count, and is not shown to phones.
    #[n(3)]
    Quarantined,
    /// A quarantine is lifted.
    #[n(4)]
    Released,
}

/// One segment of one author.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Encode, Decode)]
#[cbor(array)]
pub struct SegmentName {
    /// Whose.
    #[n(0)]
    pub author: AuthorTag,
    /// Its number, from 1.
    #[n(1)]
    pub n: u64,
}

/// Kind 40. The subject is the entry, or the area when a whole segment is named.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Verdict {
    /// What becomes of it.
    #[n(8)]
    pub ruling: Ruling,
    /// The segment, when the verdict is of all its entries.
    #[n(9)]
    pub segment: Option<SegmentName>,
    /// Why, as a code: see `message`.
    #[n(10)]
    pub code: String,
    /// A person's words.
    #[n(11)]
    pub reason: Option<String>,
}

/// Kind 41. The subject is the asset.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Decision {
    /// Every check of the dispute that the decider saw.
    #[n(8)]
    pub names: Vec<Identity>,
    /// What counts.
    #[n(9)]
    pub outcome: Outcome,
    /// Why.
    #[n(10)]
    pub reason: Option<String>,
}

/// Kind 42. The subject is the one, `other` the other.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct SameAs {
    /// The other.
    #[n(8)]
    pub other: Identity,
    /// True: no longer said to be the same.
    #[n(9)]
    pub split: Option<bool>,
}

/// Kind 43. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct Dated {
    /// Which segment.
    #[n(8)]
    pub segment: SegmentName,
    /// Its first received-at, unix seconds.
    #[n(9)]
    pub received_at: i64,
    /// Shift of each of its boots, seconds.
    #[n(10)]
    pub shifts: Vec<i64>,
}

/// Kind 44. The subject is the batch.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BatchUndone {
    /// Why.
    #[n(8)]
    pub reason: Option<String>,
}

/// Kind 45. The subject is the row's identity.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct BatchRow {
    /// The batch.
    #[n(8)]
    pub batch: Identity,
}

/// Kind 48. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AreaDeclared {
    /// Code.
    #[n(8)]
    pub code: String,
    /// Code of the area that it is part of.
    #[n(9)]
    pub parent: Option<String>,
    /// Level: `city`, `district`, `street`, `station`, `committee`, `grid`.
    #[n(10)]
    pub level: String,
    /// Name.
    #[n(11)]
    pub name: String,
    /// First day; absent = since ever.
    #[n(12)]
    pub from: Option<u32>,
    /// First day on which it is no more; absent = still there.
    #[n(13)]
    pub until: Option<u32>,
}

/// Kind 49. The subject is the person.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PersonDeclared {
    /// Roster number, never a name.
    #[n(8)]
    pub roster: String,
    /// Role code of the grant.
    #[n(9)]
    pub role: u8,
    /// Force type (力量类别).
    #[n(10)]
    pub force: Option<String>,
}

/// Kind 50. The subject is the area it holds for.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct PackAdopted {
    /// Pack id.
    #[n(8)]
    pub pack: String,
    /// Pack number.
    #[n(9)]
    pub number: u32,
    /// SHA-256 of the pack's bytes: the same number with other content is refused.
    #[cbor(n(10), with = "minicbor::bytes")]
    pub hash: [u8; 32],
}

/// Kind 51. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuthorRevoked {
    /// Whose.
    #[n(8)]
    pub author: AuthorTag,
    /// Why.
    #[n(9)]
    pub reason: Option<String>,
}

/// Kind 52. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct AuthorSucceeded {
    /// The author that ends.
    #[n(8)]
    pub old: AuthorTag,
    /// The author that goes on.
    #[n(9)]
    pub new: AuthorTag,
}

/// Kind 53. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct TransportKey {
    /// SHA-256 of the next public key.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub key: [u8; 32],
}

impl TransportKey {
    /// Its number.
    pub const KIND: u16 = 53;
}

/// Kind 54. The subject is the area.
#[derive(Debug, Clone, PartialEq, Eq, Encode, Decode)]
#[cbor(map)]
pub struct InvitationVoided {
    /// The invitation's id.
    #[cbor(n(8), with = "minicbor::bytes")]
    pub invitation: [u8; 16],
}
