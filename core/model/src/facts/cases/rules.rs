//! The table of legal steps of a case: from which state, by whom, with what. One step is judged
//! against one moment; order and concurrency are not here.
//!
//! Source: GB 35181-2025 for who judges a major hazard; 公安部令第61号 Art. 31-33 for putting right
//! at once, deadlines and signed confirmation; the rest is how the committees work.

use crate::entry::{CaseEvent, CaseStep, Found};
use crate::ids::{Identity, PersonId};
use crate::role::Role;

/// Where a case stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum State {
    /// No finding was taken.
    #[default]
    Nothing,
    /// 发现
    Found,
    /// 登记
    Registered,
    /// 并案: the same matter as another case.
    Merged,
    /// 当场整改
    FixedOnSpot,
    /// 派单
    Dispatched,
    /// 接单
    Accepted,
    /// 退回
    Returned,
    /// 整改中
    Rectifying,
    /// 申请复查
    Reported,
    /// 复查合格
    RecheckPassed,
    /// 复查不合格
    RecheckFailed,
    /// 销案
    Closed,
    /// 挂账
    Parked,
    /// 移送
    HandedOver,
    /// 回潮
    Relapsed,
}

impl State {
    /// All states, in the order of the flow.
    pub const ALL: [Self; 16] = [
        Self::Nothing,
        Self::Found,
        Self::Registered,
        Self::Merged,
        Self::FixedOnSpot,
        Self::Dispatched,
        Self::Accepted,
        Self::Returned,
        Self::Rectifying,
        Self::Reported,
        Self::RecheckPassed,
        Self::RecheckFailed,
        Self::Closed,
        Self::Parked,
        Self::HandedOver,
        Self::Relapsed,
    ];

    /// The name in JSON and rows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Nothing => "nothing",
            Self::Found => "found",
            Self::Registered => "registered",
            Self::Merged => "merged",
            Self::FixedOnSpot => "fixed_on_spot",
            Self::Dispatched => "dispatched",
            Self::Accepted => "accepted",
            Self::Returned => "returned",
            Self::Rectifying => "rectifying",
            Self::Reported => "reported",
            Self::RecheckPassed => "recheck_passed",
            Self::RecheckFailed => "recheck_failed",
            Self::Closed => "closed",
            Self::Parked => "parked",
            Self::HandedOver => "handed_over",
            Self::Relapsed => "relapsed",
        }
    }

    /// The matter is not settled. Parked and handed over are open.
    pub fn is_open(self) -> bool {
        !matches!(
            self,
            Self::Nothing | Self::Merged | Self::FixedOnSpot | Self::Closed
        )
    }
}

/// What an event of a case says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act<'a> {
    /// The finding.
    Found(&'a Found),
    /// Any later step.
    Step(&'a CaseStep),
}

impl Act<'_> {
    /// Which step; none for the finding.
    pub fn event(&self) -> Option<CaseEvent> {
        match self {
            Self::Found(_) => None,
            Self::Step(step) => Some(step.event),
        }
    }

    /// It would end the case.
    pub fn ends(&self) -> bool {
        use CaseEvent::{Closed, FixedOnSpot, Merged};
        matches!(self.event(), Some(Closed | FixedOnSpot | Merged))
    }

    /// Who writes it is a fixer of the case.
    pub fn fixes(&self) -> bool {
        use CaseEvent::{Rectifying, Reported};
        matches!(self.event(), Some(Rectifying | Reported))
    }

    fn level(&self) -> Option<u8> {
        match self {
            Self::Found(found) => Some(found.level),
            Self::Step(step) => step.level,
        }
    }
}

/// Why an event is only a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Why {
    /// The step is not legal from the state in which the case was.
    WrongState(State),
    /// The role may not take this step.
    WrongRole(Role),
    /// A return or a withdrawal of a suspicion without a reason.
    NoReason,
    /// A re-check that does not say whether it passed.
    NoResult,
    /// Parked without a review date.
    NoReviewDate,
    /// Handed over without the body or without its receipt.
    NoReceipt,
    /// An extension that nobody, or only its asker, approved.
    NotApproved,
    /// A fixer neither re-checks nor closes.
    Fixer,
    /// Only level 0 and 1 may be fixed on the spot, or rectified without a dispatch.
    Level(u8),
    /// What is suspected to be a major hazard is not fixed on the spot.
    Suspected,
    /// It would end the case while these known events neither precede nor follow it; in order.
    Concurrent(Vec<Identity>),
}

impl Why {
    /// The code in JSON and rows.
    pub fn code(&self) -> &'static str {
        match self {
            Self::WrongState(_) => "wrong_state",
            Self::WrongRole(_) => "wrong_role",
            Self::NoReason => "no_reason",
            Self::NoResult => "no_result",
            Self::NoReviewDate => "no_review_date",
            Self::NoReceipt => "no_receipt",
            Self::NotApproved => "not_approved",
            Self::Fixer => "fixer",
            Self::Level(_) => "level",
            Self::Suspected => "suspected",
            Self::Concurrent(_) => "concurrent",
        }
    }
}

/// The case at the moment when an event is judged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Moment {
    pub(super) state: State,
    pub(super) level: u8,
    /// Suspected or judged to be a major hazard.
    pub(super) suspected: bool,
    /// The event's person is a fixer of the case.
    pub(super) is_fixer: bool,
}

/// The states from which a step may be taken; `None` stands for the finding. Of a re-check only one
/// that failed counts after one that passed.
pub fn legal_from(event: Option<CaseEvent>, state: State) -> bool {
    use CaseEvent as E;
    use State as S;
    let Some(event) = event else {
        return state == S::Nothing;
    };
    let in_work = matches!(
        state,
        S::Registered
            | S::Dispatched
            | S::Accepted
            | S::Rectifying
            | S::Returned
            | S::RecheckFailed
    );
    match event {
        E::Registered => matches!(state, S::Found | S::Relapsed),
        E::FixedOnSpot => matches!(state, S::Found | S::Registered | S::Relapsed),
        E::Merged => state == S::Registered,
        E::Dispatched => matches!(
            state,
            S::Registered | S::Returned | S::RecheckFailed | S::Parked | S::Relapsed
        ),
        E::Accepted => state == S::Dispatched,
        E::Returned => matches!(state, S::Dispatched | S::HandedOver),
        E::Rectifying => matches!(
            state,
            S::Accepted | S::RecheckFailed | S::Parked | S::Relapsed | S::Registered
        ),
        E::Reported => matches!(state, S::Rectifying | S::RecheckFailed),
        E::Rechecked => matches!(state, S::Reported | S::HandedOver | S::RecheckPassed),
        E::Closed => state == S::RecheckPassed,
        E::Extended => matches!(
            state,
            S::Dispatched | S::Accepted | S::Rectifying | S::RecheckFailed
        ),
        E::Parked => in_work,
        E::HandedOver => in_work || state == S::Parked,
        E::Relapsed => matches!(state, S::Closed | S::FixedOnSpot),
        E::Suspected3 | E::Judged3 | E::SuspicionWithdrawn => true,
    }
}

/// Who may take a step; `None` stands for the finding.
pub fn legal_role(event: Option<CaseEvent>, role: Role) -> bool {
    use CaseEvent as E;
    match event {
        None | Some(E::FixedOnSpot | E::Rechecked | E::Relapsed | E::Suspected3) => true,
        Some(E::Accepted | E::Returned | E::Rectifying | E::Reported) => role != Role::Volunteer,
        Some(E::Judged3) => role == Role::FireBody,
        Some(
            E::Registered
            | E::Merged
            | E::Dispatched
            | E::Closed
            | E::Extended
            | E::Parked
            | E::HandedOver
            | E::SuspicionWithdrawn,
        ) => role.is_office(),
    }
}

/// The state after this event, if it is legal at this moment; else the first reason against it:
/// state, role, level, what it needs, who.
pub(super) fn judge(
    moment: &Moment,
    act: Act<'_>,
    person: PersonId,
    role: Role,
) -> Result<State, Why> {
    let event = act.event();
    if !legal_from(event, moment.state) {
        return Err(Why::WrongState(moment.state));
    }
    if !legal_role(event, role) {
        return Err(Why::WrongRole(role));
    }
    match act {
        Act::Found(_) => Ok(State::Found),
        Act::Step(step) => judge_step(moment, act, step, person),
    }
}

fn judge_step(
    moment: &Moment,
    act: Act<'_>,
    step: &CaseStep,
    person: PersonId,
) -> Result<State, Why> {
    let level = act.level().unwrap_or(0).max(moment.level);
    let needs = |given: bool, why: Why| if given { Ok(()) } else { Err(why) };
    Ok(match step.event {
        CaseEvent::Registered => State::Registered,
        CaseEvent::FixedOnSpot => {
            needs(level <= 1, Why::Level(level))?;
            needs(!moment.suspected, Why::Suspected)?;
            State::FixedOnSpot
        }
        CaseEvent::Merged => State::Merged,
        CaseEvent::Dispatched => State::Dispatched,
        CaseEvent::Accepted => State::Accepted,
        CaseEvent::Returned => {
            needs(said(&step.note), Why::NoReason)?;
            State::Returned
        }
        CaseEvent::Rectifying => {
            let undispatched = moment.state == State::Registered;
            needs(!undispatched || level <= 1, Why::Level(level))?;
            State::Rectifying
        }
        CaseEvent::Reported => State::Reported,
        CaseEvent::Rechecked => {
            let passed = step.passed.ok_or(Why::NoResult)?;
            let again = moment.state == State::RecheckPassed;
            needs(!(again && passed), Why::WrongState(moment.state))?;
            needs(!moment.is_fixer, Why::Fixer)?;
            if passed {
                State::RecheckPassed
            } else {
                State::RecheckFailed
            }
        }
        CaseEvent::Closed => {
            needs(!moment.is_fixer, Why::Fixer)?;
            State::Closed
        }
        CaseEvent::Extended => {
            let approved = step.approved_by.is_some_and(|other| other != person);
            needs(approved, Why::NotApproved)?;
            moment.state
        }
        CaseEvent::Parked => {
            needs(step.date.is_some(), Why::NoReviewDate)?;
            State::Parked
        }
        CaseEvent::HandedOver => {
            needs(said(&step.body) && said(&step.receipt), Why::NoReceipt)?;
            State::HandedOver
        }
        CaseEvent::Relapsed => State::Relapsed,
        CaseEvent::Suspected3 | CaseEvent::Judged3 => moment.state,
        CaseEvent::SuspicionWithdrawn => {
            needs(said(&step.note), Why::NoReason)?;
            moment.state
        }
    })
}

/// Something is written there.
fn said(text: &Option<String>) -> bool {
    text.as_ref().is_some_and(|text| !text.trim().is_empty())
}
