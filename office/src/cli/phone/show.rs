//! What a phone shows: today's work, and where its records are.

use doorstep_model::ids::AreaId;
use doorstep_replica::query::{
    AreaToday, AssetFilter, AssetLine, AssetState, CaseFilter, CaseLine, Page,
};
use doorstep_replica::{Part, Replica};
use serde::Serialize;

use super::super::{Failure, Output, Sheet, Shown, moment};
use super::words;

/// Most rows of a list on one screen.
const SCREEN: usize = 200;

/// Today's work of a phone.
#[derive(Debug, Serialize)]
struct Today {
    now: String,
    areas: Vec<AreaToday>,
    due: Vec<Due>,
    more_due: bool,
    open_cases: Vec<Open>,
}

/// An asset to which somebody has to go.
#[derive(Debug, Serialize)]
struct Due {
    place: Option<String>,
    #[serde(flatten)]
    asset: AssetLine,
}

/// A case that is not settled.
#[derive(Debug, Serialize)]
struct Open {
    place_name: Option<String>,
    #[serde(flatten)]
    case: CaseLine,
}

impl Shown for Today {
    fn describe(&self, sheet: &mut Sheet) {
        for area in &self.areas {
            let name = area.name.as_deref().unwrap_or("");
            sheet.line(format!(
                "{code} {name}：{doors} 户，{assets} 只，{looks} 只待查，{overdue} 只超期，{cases} 件隐患 · \
                 {doors} doors, {assets} assets, {looks} to look at, {overdue} overdue, {cases} open cases",
                code = area.area,
                doors = area.doors,
                assets = area.assets,
                looks = area.looks_due,
                overdue = area.work_overdue,
                cases = area.open_cases,
            ));
        }
        if self.areas.is_empty() {
            sheet.line("还没有清单，请先同步 · No list yet: sync first");
        }
        if !self.due.is_empty() {
            let rows = self.due.iter().map(|due| {
                let owed: Vec<String> = due
                    .asset
                    .owed
                    .iter()
                    .filter(|owed| is_due(owed))
                    .map(|owed| {
                        let month = owed.due_month.as_deref().unwrap_or("");
                        let duty = words::duty(&due.asset.asset_type, &owed.kind);
                        format!("{duty} {month}").trim().to_owned()
                    })
                    .collect();
                [
                    due.asset.label.clone().unwrap_or("—".to_owned()),
                    words::asset_type(&due.asset.asset_type),
                    due.place.clone().unwrap_or("—".to_owned()),
                    due.asset
                        .result
                        .as_deref()
                        .map_or("—".to_owned(), words::result),
                    owed.join("；"),
                ]
            });
            sheet.table(
                [
                    "标签 Label",
                    "类型 Type",
                    "地点 Place",
                    "上次 Last",
                    "到期 Due",
                ],
                rows,
            );
        }
        if self.more_due {
            sheet.line(format!(
                "只列出前 {SCREEN} 只 · Only the first {SCREEN} are listed"
            ));
        }
        for open in &self.open_cases {
            sheet.line(format!(
                "隐患 Case: {} @ {}，{} 级 level {}，{}",
                words::hazard(&open.case.kind),
                open.place_name.as_deref().unwrap_or("—"),
                open.case.level,
                open.case.level,
                words::case_state(&open.case.state)
            ));
        }
    }
}

fn is_due(owed: &doorstep_replica::query::Owed) -> bool {
    use doorstep_model::due::Status;
    !matches!(owed.status, Status::NotDue | Status::None)
}

/// Prints today's work of every area that the phone holds.
pub(super) fn today(replica: &Replica, output: &mut Output<'_>) -> Result<(), Failure> {
    let codes = replica.areas()?;
    let mut today = Today {
        now: moment(replica.now()),
        areas: replica.today(&codes)?,
        due: Vec::new(),
        more_due: false,
        open_cases: Vec::new(),
    };
    for code in &codes {
        today.add_due(replica, code)?;
        let page: Page<CaseLine> = replica.cases(code, CaseFilter::Open, Part::first(SCREEN))?;
        for case in page.rows {
            let place_name = match case.place {
                Some(place) => replica.place_name(place)?,
                None => None,
            };
            today.open_cases.push(Open { place_name, case });
        }
    }
    output.show(&today)
}

impl Today {
    fn add_due(&mut self, replica: &Replica, code: &AreaId) -> Result<(), Failure> {
        let mut lines: Vec<AssetLine> = Vec::new();
        for state in [AssetState::LookDue, AssetState::WorkDue] {
            let filter = AssetFilter {
                state: Some(state),
                ..AssetFilter::default()
            };
            let page = replica.assets(code, &filter, Part::first(SCREEN))?;
            self.more_due |= page.next.is_some();
            for line in page.rows {
                if !lines.iter().any(|known| known.id == line.id) {
                    lines.push(line);
                }
            }
        }
        for asset in lines {
            let place = replica.place_name(asset.place)?;
            self.due.push(Due { place, asset });
        }
        // In the order of a walk, not of the register.
        self.due.sort_by(|one, other| one.place.cmp(&other.place));
        Ok(())
    }
}

/// Where a phone's records are.
#[derive(Debug, Serialize)]
struct Status {
    only_here: u64,
    received: u64,
    received_at: Option<String>,
    waiting_for_review: u64,
    left_out: u64,
    not_in_a_backup: u64,
    being_handed_in_again: u64,
}

impl Shown for Status {
    fn describe(&self, sheet: &mut Sheet) {
        let counted = |zh: &str, en: &str, number: u64| format!("{number} 条{zh} · {number} {en}");
        sheet.line(counted(
            "只在这部手机上",
            "only on this phone",
            self.only_here,
        ));
        sheet.line(match &self.received_at {
            Some(at) => format!(
                "{} 条办公室已收到，最近 {at} · {} received by the office, last at {at}",
                self.received, self.received
            ),
            None => "办公室还没收到过 · The office has received nothing yet".to_owned(),
        });
        let beside = [
            (self.waiting_for_review, "待审核", "waiting for review"),
            (self.left_out, "不计入", "left out of the counts"),
            (
                self.not_in_a_backup,
                "已收到但还没有备份",
                "received but not in a backup yet",
            ),
            (
                self.being_handed_in_again,
                "正在重新上交",
                "being handed in again",
            ),
        ];
        for (number, zh, en) in beside.into_iter().filter(|(number, ..)| *number > 0) {
            sheet.line(counted(zh, en, number));
        }
    }
}

/// Prints where the records of this phone are.
pub(super) fn status(replica: &Replica, output: &mut Output<'_>) -> Result<(), Failure> {
    let counters = replica.counters()?;
    let handed = replica.handed_in()?;
    output.show(&Status {
        only_here: counters.only_here,
        received: counters.received,
        received_at: handed.received_at.map(moment),
        waiting_for_review: counters.held,
        left_out: counters.left_out,
        not_in_a_backup: handed.not_backed_up,
        being_handed_in_again: handed.again,
    })
}
