//! What the Today page is told: numbers and times of every area at one moment. How they are counted
//! is the replica's; how they look is not decided here.

/// The office at one moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TodayView {
    /// The office's clock, unix seconds.
    pub now: i64,
    /// Whose office.
    pub organisation: String,
    /// Every area, in the order to show them.
    pub areas: Vec<AreaToday>,
    /// What somebody must look at before anything else.
    pub alarms: Vec<Alarm>,
}

/// One area at that moment.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AreaToday {
    /// The area's code: unique on the page.
    pub code: String,
    /// The area's name.
    pub name: String,
    /// When a phone of the area was last here, unix seconds; none: never.
    pub last_sync: Option<i64>,
    /// Records on the office's disk, held ones included.
    pub received: u64,
    /// Records that the area's phones said are still on them; none: no phone has said anything.
    pub unsent: Option<u64>,
    /// Records that wait for review.
    pub held: u64,
    /// Pairs of checks that contradict each other and wait for a decision.
    pub contradictions: u64,
    /// Hazards that are not closed.
    pub hazards_open: u64,
    /// Phones enrolled in the area.
    pub phones: u32,
    /// Of these, phones not heard of for 7 days.
    pub phones_silent_7_days: u32,
}

impl AreaToday {
    /// Whether somebody in the office has something to do about this area. Where nobody has a phone yet
    /// there is nothing: in the first week that is most of them.
    pub fn needs_attention(&self) -> bool {
        let never_here = self.phones > 0 && self.last_sync.is_none();
        self.held > 0 || self.contradictions > 0 || self.phones_silent_7_days > 0 || never_here
    }
}

/// Something that must not be overlooked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alarm {
    /// The code of the message catalogue.
    pub code: String,
    /// What happened and what to do, in Chinese.
    pub zh: String,
    /// The same in English.
    pub en: String,
}
