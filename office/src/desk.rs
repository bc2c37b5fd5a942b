//! The office's replica as the server sees it: groups of requests in, numbers of the Today page out.
//! What an area shows and what is an alarm is decided here; how it looks is the page's.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use doorstep_model::ids::AreaId;
use doorstep_model::message::Text;
use doorstep_replica::query::AreaToday as Rows;
use doorstep_replica::{AreaPhones, DeclaredArea, Result};

use crate::bureau::Bureau;
use crate::page::{Alarm, AreaToday, TodayView};
use crate::serve::{Desk, DeskError};

/// A phone that was not here for so long is silent, seconds.
const SILENT: i64 = 7 * 86_400;

/// How often records are counted from the beginning: undone ones leave the count then.
const RECOUNT: Duration = Duration::from_secs(300);

/// Codes of held and kept-aside work that must not wait for somebody to look: a device that may be in
/// wrong hands, an office that has lost something or does not know what time it is.
const ALARMING: [&str; 8] = [
    "chain.forked",
    "chain.losing_branch",
    "clock.ahead",
    "clock.behind",
    "held.contradicted_seen",
    "held.invitation_used",
    "held.revoked",
    "held.second_succession",
];

/// The desk of an office.
pub struct OfficeDesk {
    bureau: Arc<Bureau>,
    received: Mutex<Received>,
}

/// Records of phones by area, as far as they were counted.
struct Received {
    up_to: i64,
    areas: BTreeMap<AreaId, u64>,
    since: Instant,
}

impl OfficeDesk {
    /// The desk of this office.
    pub fn new(bureau: Arc<Bureau>) -> Self {
        Self {
            bureau,
            received: Mutex::new(Received {
                up_to: 0,
                areas: BTreeMap::new(),
                since: Instant::now(),
            }),
        }
    }

    fn received(&self) -> Result<BTreeMap<AreaId, u64>> {
        let mut received = self.received.lock().unwrap_or_else(PoisonError::into_inner);
        if received.since.elapsed() > RECOUNT {
            received.up_to = 0;
            received.areas.clear();
            received.since = Instant::now();
        }
        let (up_to, more) = self.bureau.office().received(received.up_to)?;
        received.up_to = up_to;
        for (area, number) in more {
            *received.areas.entry(area).or_default() += number;
        }
        Ok(received.areas.clone())
    }

    fn view(&self) -> Result<TodayView> {
        let office = self.bureau.office();
        let now = office.replica().now();
        let received = self.received()?;
        let phones = office.area_phones(now - SILENT)?;
        let shown = shown_areas(&office.replica().declared_areas()?, now, |code| {
            received.contains_key(code) || phones.iter().any(|line| line.area == *code)
        });
        let codes: Vec<AreaId> = shown.iter().map(|(code, _)| code.clone()).collect();
        let rows = office.replica().today(&codes)?;
        let areas = shown
            .into_iter()
            .map(|(code, name)| AreaToday {
                received: received.get(&code).copied().unwrap_or(0),
                ..area_today(
                    &code,
                    name,
                    rows.iter().find(|row| row.area == code),
                    phones.iter().find(|line| line.area == code),
                )
            })
            .collect();
        Ok(TodayView {
            now,
            organisation: self.bureau.name(),
            areas,
            alarms: self.alarms()?,
        })
    }

    fn alarms(&self) -> Result<Vec<Alarm>> {
        let office = self.bureau.office();
        let mut alarms = Vec::new();
        if office.is_unconfirmed()? {
            alarms.push(Alarm {
                code: "office.unconfirmed".to_owned(),
                zh: "办公室是恢复的:手机现在只能上交。请核对设备名单,再运行 doorstep confirm authors"
                    .to_owned(),
                en: "The office was restored: phones can only hand in. Look through the list of \
                     devices, then run doorstep confirm authors"
                    .to_owned(),
            });
        }
        let waiting = office.aside()?.into_iter().chain(office.held_by_code()?);
        for (code, number) in waiting.filter(|(code, _)| is_alarming(code)) {
            let Text { zh, en } = Text::of(&code, &[]);
            alarms.push(Alarm {
                zh: format!("{zh}（{number}）"),
                en: format!("{en} ({number})"),
                code,
            });
        }
        Ok(alarms)
    }
}

impl Desk for OfficeDesk {
    fn sync_group(&self, requests: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, DeskError> {
        let replies = self.bureau.office().handle(requests);
        replies.map_err(|error| DeskError(error.to_string()))
    }

    fn today(&self) -> Result<TodayView, DeskError> {
        self.view().map_err(|error| DeskError(error.to_string()))
    }

    fn changes_since(&self, seen: u64, wait: Duration) -> u64 {
        let replica = self.bureau.office().replica();
        match replica.change() {
            change if change < seen => change,
            _ => replica.next_change(seen, wait).unwrap_or(seen),
        }
    }
}

fn is_alarming(code: &str) -> bool {
    ALARMING.contains(&code) || code.starts_with("vet.") || code.starts_with("segment.")
}

/// The areas of the page with their names: those in which somebody works or may, and none that only
/// holds others.
fn shown_areas(
    declared: &[DeclaredArea],
    now: i64,
    is_worked_in: impl Fn(&AreaId) -> bool,
) -> Vec<(AreaId, String)> {
    let today = doorstep_model::report::local_day(now);
    let holds_others = |code: &AreaId| {
        let mut areas = declared.iter();
        areas.any(|area| area.parent.as_ref() == Some(code))
    };
    let ended = |area: &DeclaredArea| area.until.is_some_and(|until| until <= today);
    declared
        .iter()
        .filter(|area| is_worked_in(&area.code) || !(holds_others(&area.code) || ended(area)))
        .map(|area| (area.code.clone(), area.name.clone()))
        .collect()
}

fn area_today(
    code: &AreaId,
    name: String,
    rows: Option<&Rows>,
    phones: Option<&AreaPhones>,
) -> AreaToday {
    AreaToday {
        code: code.to_string(),
        name,
        last_sync: phones.and_then(|phones| phones.last_contact),
        received: 0,
        unsent: phones.and_then(|phones| phones.unsent),
        held: rows.map_or(0, |rows| rows.held.into()),
        contradictions: rows.map_or(0, |rows| rows.disputes.into()),
        hazards_open: rows.map_or(0, |rows| rows.open_cases.into()),
        phones: phones.map_or(0, |phones| phones.phones),
        phones_silent_7_days: phones.map_or(0, |phones| phones.silent),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn declared(code: &str, parent: Option<&str>, until: Option<u32>) -> DeclaredArea {
        DeclaredArea {
            code: AreaId::new(code).unwrap(),
            name: format!("{code} 区"),
            level: "committee".to_owned(),
            parent: parent.map(|code| AreaId::new(code).unwrap()),
            until,
        }
    }

    fn codes(worked_in: &[&str]) -> Vec<String> {
        let areas = [
            declared("310101", None, None),
            declared("310101019", Some("310101"), None),
            declared("310101019005", Some("310101019"), None),
            declared("310101019099", Some("310101019"), Some(17_000)),
        ];
        shown_areas(&areas, 1_795_660_325, |code| {
            worked_in.contains(&code.as_str())
        })
        .into_iter()
        .map(|(code, _)| code.to_string())
        .collect()
    }

    #[test]
    fn committees_are_shown_and_what_only_holds_them_is_not() {
        assert_eq!(codes(&[]), ["310101019005"]);
    }

    #[test]
    fn nobodys_work_is_hidden_because_of_where_it_was_done() {
        let worked_in = ["310101019", "310101019099"];
        assert_eq!(
            codes(&worked_in),
            ["310101019", "310101019005", "310101019099"]
        );
    }

    #[test]
    fn an_alarm_of_a_later_version_is_told_by_its_code() {
        assert!(is_alarming("vet.something_new") && !is_alarming("held.after_grant"));
        assert_eq!(Text::of("vet.something_new", &[]).zh, "vet.something_new");
    }
}
