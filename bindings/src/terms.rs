//! The closed lists of the domain as they cross, each open for values of later versions. What they mean
//! beside each other is the model's.

use doorstep_model::due::Status;
use doorstep_model::entry::{
    CaseClass as ModelClass, CaseEvent as ModelEvent, Field as ModelField, Outcome,
    PlaceKind as ModelPlaceKind, Registration as ModelRegistration, ServiceKind as ModelService,
    VisitOutcome,
};

use crate::crossing::{crosses, open_names, open_numbers};
use crate::error::{DoorstepError, Result};
use crate::time::Month;

open_numbers! {
    /// What a place is.
    pub enum PlaceKind {
        /// 小区, 里弄: a group of buildings.
        Estate = 0,
        /// 楼
        Building = 1,
        /// 单元, 楼道
        Stairwell = 2,
        /// 户
        Household = 3,
        /// 商铺, 单位: shop or other premises.
        Premises = 4,
        /// 公共部位: a corridor, yard or other common part.
        CommonPart = 5,
    }
}

open_numbers! {
    /// What became of an attempt at a door.
    pub enum AtDoor {
        /// 已查
        Answered = 0,
        /// 没人
        Absent = 1,
        /// 拒绝
        Refused = 2,
        /// 空关
        Empty = 3,
    }
}

open_numbers! {
    /// What a case is about.
    pub enum CaseClass {
        /// 隐患
        Hazard = 0,
        /// 维修
        Repair = 1,
    }
}

open_numbers! {
    /// A person's role.
    pub enum Role {
        /// 志愿者
        Volunteer = 0,
        /// 居委干部
        Clerk = 1,
        /// 工作站
        Station = 2,
        /// 街道
        Street = 3,
        /// 职能部门
        Department = 4,
        /// 消防机构
        FireBody = 5,
        /// 审计
        Auditor = 6,
    }
}

open_numbers! {
    /// How an asset got into the register.
    pub enum Registration {
        /// As planned.
        Registered = 0,
        /// 遗漏: found at the door, never registered.
        FoundUnregistered = 1,
        /// Made by a handout.
        HandedOut = 2,
        /// From a register.
        Imported = 3,
    }
}

open_numbers! {
    /// What was done to an asset.
    pub enum ServiceKind {
        /// 维修充装
        Serviced = 0,
        /// 水压试验
        PressureTested = 1,
        /// 报废
        Scrapped = 2,
        /// Replaced by another asset.
        Replaced = 3,
        /// New battery.
        Battery = 4,
        /// Away for service.
        TakenAway = 5,
        /// Back at its spot.
        BroughtBack = 6,
    }
}

open_numbers! {
    /// A field of a place or asset.
    pub enum Field {
        /// Name or number of a place.
        Name = 1,
        /// Label code.
        Label = 2,
        /// Factory month.
        Factory = 3,
        /// Asset type.
        AssetType = 4,
        /// Where it is.
        Place = 5,
        /// Size as printed.
        Size = 6,
        /// The maker's stated life.
        MakerLife = 7,
        /// Household state.
        HouseholdState = 8,
        /// Month of the battery.
        BatteryMonth = 9,
        /// Sorting number among siblings.
        Order = 10,
    }
}

open_names! {
    /// Where a case stands.
    pub enum CaseState {
        /// No finding was taken.
        Nothing = "nothing",
        /// 发现
        Found = "found",
        /// 登记
        Registered = "registered",
        /// 并案
        Merged = "merged",
        /// 当场整改
        FixedOnSpot = "fixed_on_spot",
        /// 派单
        Dispatched = "dispatched",
        /// 接单
        Accepted = "accepted",
        /// 退回
        Returned = "returned",
        /// 整改中
        Rectifying = "rectifying",
        /// 申请复查
        Reported = "reported",
        /// 复查合格
        RecheckPassed = "recheck_passed",
        /// 复查不合格
        RecheckFailed = "recheck_failed",
        /// 销案
        Closed = "closed",
        /// 挂账
        Parked = "parked",
        /// 移送
        HandedOver = "handed_over",
        /// 回潮
        Relapsed = "relapsed",
    }
}

open_names! {
    /// What was said about a case: its finding, a step, or words.
    pub enum CaseEvent {
        /// 发现
        Found = "found",
        /// Words or photos.
        Note = "note",
        /// 登记
        Registered = "registered",
        /// 当场整改
        FixedOnSpot = "fixed_on_spot",
        /// 并案
        Merged = "merged",
        /// 派单
        Dispatched = "dispatched",
        /// 接单
        Accepted = "accepted",
        /// 退回
        Returned = "returned",
        /// 整改中
        Rectifying = "rectifying",
        /// 申请复查
        Reported = "reported",
        /// 复查
        Rechecked = "rechecked",
        /// 销案
        Closed = "closed",
        /// 延期
        Extended = "extended",
        /// 挂账
        Parked = "parked",
        /// 移送
        HandedOver = "handed_over",
        /// 回潮
        Relapsed = "relapsed",
        /// 疑似重大
        Suspected3 = "suspected3",
        /// 判定重大
        Judged3 = "judged3",
        /// A suspicion taken back by the office.
        SuspicionWithdrawn = "suspicion_withdrawn",
    }
}

crosses! {
    /// How an obligation stands on the day asked.
    pub enum OwedStatus {
        /// Its time has not begun.
        NotDue,
        /// Its time has begun and the last allowed day is not over.
        Due,
        /// The last allowed day is over.
        Overdue,
        /// To be scrapped at sight.
        ScrapNow,
        /// It has no date.
        Dateless,
    }
}

crosses! {
    /// What was seen of an asset.
    pub enum Seen {
        /// Everything in order.
        Normal,
        /// Registered here, and not here.
        Missing,
        /// These fault codes of the pack; none is normal.
        Faults {
            /// Codes.
            codes: Vec<String>,
        },
        /// Something of a later version.
        Other {
            /// As it is stored.
            text: String,
        },
    }
}

crosses! {
    /// When an asset was made.
    pub enum Factory {
        /// Nobody wrote it down.
        NotRecorded,
        /// Somebody looked, and it cannot be read.
        Unreadable,
        /// In this month.
        Made {
            /// The month.
            month: Month,
        },
    }
}

impl PlaceKind {
    pub(crate) fn for_entry(self) -> Result<ModelPlaceKind> {
        Ok(match self {
            Self::Estate => ModelPlaceKind::Estate,
            Self::Building => ModelPlaceKind::Building,
            Self::Stairwell => ModelPlaceKind::Stairwell,
            Self::Household => ModelPlaceKind::Household,
            Self::Premises => ModelPlaceKind::Premises,
            Self::CommonPart => ModelPlaceKind::CommonPart,
            Self::Other { code } => return Err(DoorstepError::bad_value("place_kind", code)),
        })
    }
}

impl AtDoor {
    pub(crate) fn for_entry(self) -> Result<VisitOutcome> {
        Ok(match self {
            Self::Answered => VisitOutcome::Answered,
            Self::Absent => VisitOutcome::Absent,
            Self::Refused => VisitOutcome::Refused,
            Self::Empty => VisitOutcome::Empty,
            Self::Other { code } => return Err(DoorstepError::bad_value("visit_outcome", code)),
        })
    }
}

impl CaseClass {
    pub(crate) fn for_entry(self) -> Result<ModelClass> {
        Ok(match self {
            Self::Hazard => ModelClass::Hazard,
            Self::Repair => ModelClass::Repair,
            Self::Other { code } => return Err(DoorstepError::bad_value("case_class", code)),
        })
    }
}

impl Registration {
    pub(crate) fn for_entry(self) -> Result<ModelRegistration> {
        Ok(match self {
            Self::Registered => ModelRegistration::Registered,
            Self::FoundUnregistered => ModelRegistration::FoundUnregistered,
            Self::HandedOut => ModelRegistration::HandedOut,
            Self::Imported => ModelRegistration::Imported,
            Self::Other { code } => return Err(DoorstepError::bad_value("registration", code)),
        })
    }
}

impl ServiceKind {
    pub(crate) fn for_entry(self) -> Result<ModelService> {
        Ok(match self {
            Self::Serviced => ModelService::Serviced,
            Self::PressureTested => ModelService::PressureTested,
            Self::Scrapped => ModelService::Scrapped,
            Self::Replaced => ModelService::Replaced,
            Self::Battery => ModelService::Battery,
            Self::TakenAway => ModelService::TakenAway,
            Self::BroughtBack => ModelService::BroughtBack,
            Self::Other { code } => return Err(DoorstepError::bad_value("service_kind", code)),
        })
    }
}

impl Field {
    pub(crate) fn for_entry(self) -> Result<ModelField> {
        Ok(match self {
            Self::Name => ModelField::Name,
            Self::Label => ModelField::Label,
            Self::Factory => ModelField::Factory,
            Self::AssetType => ModelField::AssetType,
            Self::Place => ModelField::Place,
            Self::Size => ModelField::Size,
            Self::MakerLife => ModelField::MakerLife,
            Self::HouseholdState => ModelField::HouseholdState,
            Self::BatteryMonth => ModelField::BatteryMonth,
            Self::Order => ModelField::Order,
            Self::Other { code } => return Err(DoorstepError::bad_value("field", code)),
        })
    }
}

impl CaseEvent {
    /// The step of a case; its finding and notes are no steps.
    pub(crate) fn for_entry(self) -> Result<ModelEvent> {
        Ok(match self {
            Self::Found => return Err(DoorstepError::bad_value("case_step", "found")),
            Self::Note => return Err(DoorstepError::bad_value("case_step", "note")),
            Self::Registered => ModelEvent::Registered,
            Self::FixedOnSpot => ModelEvent::FixedOnSpot,
            Self::Merged => ModelEvent::Merged,
            Self::Dispatched => ModelEvent::Dispatched,
            Self::Accepted => ModelEvent::Accepted,
            Self::Returned => ModelEvent::Returned,
            Self::Rectifying => ModelEvent::Rectifying,
            Self::Reported => ModelEvent::Reported,
            Self::Rechecked => ModelEvent::Rechecked,
            Self::Closed => ModelEvent::Closed,
            Self::Extended => ModelEvent::Extended,
            Self::Parked => ModelEvent::Parked,
            Self::HandedOver => ModelEvent::HandedOver,
            Self::Relapsed => ModelEvent::Relapsed,
            Self::Suspected3 => ModelEvent::Suspected3,
            Self::Judged3 => ModelEvent::Judged3,
            Self::SuspicionWithdrawn => ModelEvent::SuspicionWithdrawn,
            Self::Other { name } => return Err(DoorstepError::bad_value("case_step", name)),
        })
    }
}

impl From<Status> for OwedStatus {
    fn from(status: Status) -> Self {
        match status {
            Status::NotDue => Self::NotDue,
            Status::Due => Self::Due,
            Status::Overdue => Self::Overdue,
            Status::ScrapNow => Self::ScrapNow,
            Status::None => Self::Dateless,
        }
    }
}

impl Seen {
    pub(crate) fn for_entry(self) -> Result<Outcome> {
        Ok(match self {
            Self::Normal => Outcome::Normal,
            Self::Missing => Outcome::Missing,
            Self::Faults { codes } => Outcome::of_faults(codes),
            Self::Other { text } => return Err(DoorstepError::bad_value("look_result", text)),
        })
    }

    /// As rows hold it: `normal`, `missing`, or a JSON list of codes.
    pub(crate) fn of_row(text: &str) -> Self {
        match text {
            "normal" => Self::Normal,
            "missing" => Self::Missing,
            list => match serde_json::from_str(list) {
                Ok(codes) => Self::Faults { codes },
                Err(_) => Self::Other {
                    text: text.to_owned(),
                },
            },
        }
    }
}

impl Factory {
    /// As entries write it: nothing, 0, or the month's number.
    pub(crate) fn for_entry(self) -> Option<u32> {
        match self {
            Self::NotRecorded => None,
            Self::Unreadable => Some(0),
            Self::Made { month } => Some(month.number()),
        }
    }

    /// As rows hold it: nothing, `unreadable`, or the month.
    pub(crate) fn of_row(text: Option<&str>) -> Self {
        match text {
            None => Self::NotRecorded,
            Some(text) => text
                .parse()
                .map_or(Self::Unreadable, |month| Self::Made { month }),
        }
    }
}

#[cfg(test)]
mod tests {
    use doorstep_model::facts::cases::State;

    use super::{
        AtDoor, CaseClass, CaseEvent, CaseState, DoorstepError, Factory, Field, PlaceKind,
        Registration, Seen, ServiceKind,
    };

    #[test]
    fn a_value_of_a_later_version_is_kept_and_not_written() {
        let later = AtDoor::from(9);
        assert_eq!(later, AtDoor::Other { code: 9 });
        let Err(DoorstepError::BadArgument { problem }) = later.for_entry() else {
            panic!("a value of a later version was written");
        };
        assert_eq!(problem.code, "call.bad_value");
        assert_eq!(problem.zh, "本版本不能写这样的上门结果：9");
        assert_eq!(
            problem.en,
            "This version cannot write this visit outcome: 9"
        );
        assert!(
            matches!(CaseState::from("moonlit"), CaseState::Other { name } if name == "moonlit")
        );
    }

    #[test]
    fn whatever_cannot_be_written_is_named_in_both_languages() {
        let refused = [
            (PlaceKind::from(99).for_entry().err(), "地点类型：99"),
            (CaseClass::from(99).for_entry().err(), "事项类别：99"),
            (Registration::from(99).for_entry().err(), "登记方式：99"),
            (ServiceKind::from(99).for_entry().err(), "维保类型：99"),
            (Field::from(99).for_entry().err(), "字段：99"),
            (CaseEvent::Found.for_entry().err(), "处理步骤：found"),
            (CaseEvent::Note.for_entry().err(), "处理步骤：note"),
            (
                CaseEvent::from("moonlit").for_entry().err(),
                "处理步骤：moonlit",
            ),
            (Seen::of_row("{}").for_entry().err(), "检查结果：{}"),
        ];
        for (error, zh) in refused {
            let Some(DoorstepError::BadArgument { problem }) = error else {
                panic!("{zh} was written");
            };
            assert_eq!(problem.zh, format!("本版本不能写这样的{zh}"));
            assert!(problem.en.starts_with("This version cannot write this "));
            assert!(!problem.en.contains('_'), "{}", problem.en);
        }
    }

    #[test]
    fn every_state_of_the_model_has_its_own_value() {
        for state in State::ALL {
            let crossed = CaseState::from(state.name());
            assert!(
                !matches!(crossed, CaseState::Other { .. }),
                "{}",
                state.name()
            );
        }
    }

    #[test]
    fn results_and_factory_months_are_read_from_rows() {
        assert_eq!(Seen::of_row("normal"), Seen::Normal);
        let codes = vec!["pressure_low".to_owned()];
        assert_eq!(Seen::of_row(r#"["pressure_low"]"#), Seen::Faults { codes });
        assert!(matches!(Seen::of_row("{}"), Seen::Other { .. }));
        assert_eq!(Factory::of_row(None), Factory::NotRecorded);
        assert_eq!(Factory::of_row(Some("unreadable")), Factory::Unreadable);
        let made = Factory::of_row(Some("2016-11"));
        assert_eq!(made.for_entry(), Some(2016 * 12 + 10));
    }
}
