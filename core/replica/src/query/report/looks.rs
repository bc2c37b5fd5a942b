//! Assets in the register, and what each effective look at them came to: from the folds of their
//! checks, since rows hold only the last one. What is due is the pack's.

use doorstep_model::calendar::local_day as local_date;
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::due::Status;
use doorstep_model::entry::Outcome;
use doorstep_model::facts::checks::{self, ChecksState, Look, Severity};
use doorstep_model::ids::Identity;
use doorstep_model::report::{
    AssetRow, LookRow, ReportFold, ScrapFrom, Seen, first_day_of, local_day,
};
use rusqlite::Row;

use super::super::assets::{COLUMNS, facts};
use super::super::owed::Facts;
use super::{Reading, late, mark, named};
use crate::directory::Directory;
use crate::error::Result;
use crate::ingest::document_name;
use crate::project::{self, Working, month_number};

impl Reading<'_> {
    pub(super) fn looks(&self, fold: &mut ReportFold) -> Result<()> {
        let sql = format!("SELECT {COLUMNS}, area, mark, looked_on IS NOT NULL FROM asset");
        let mut select = self.connection.prepare_cached(&sql)?;
        let mut rows = select.query([])?;
        while let Some(row) = rows.next()? {
            let (id, asset_type): (Identity, String) = (named(row, 0)?, row.get(1)?);
            let ended: Option<String> = row.get(10)?;
            let area = self.area(row.get(16)?);
            fold.asset(AssetRow {
                asset: id,
                asset_type: &asset_type,
                area,
                from: row.get(14)?,
                until: ended
                    .as_deref()
                    .and_then(late::month_of_text)
                    .map(|month| first_day_of(month + 1)),
                mark: mark(row.get(17)?),
            });
            if row.get(18)? {
                self.looks_at(id, &asset_type, row, fold)?;
            }
        }
        Ok(())
    }

    fn looks_at(
        &self,
        asset: Identity,
        asset_type: &str,
        row: &Row<'_>,
        fold: &mut ReportFold,
    ) -> Result<()> {
        let number: i64 = row.get(16)?;
        let area = self.area(number);
        let working = self.packs.of(self.connection, number)?;
        let facts = facts(row)?;
        let gathered = project::history(self.connection, &mut Directory::default(), asset)?;
        let state = checks::fold(&gathered.placed(project::is_look), working.as_ref());
        for look in state
            .history
            .iter()
            .filter(|look| look.superseded_by.is_none())
        {
            let loaded = gathered
                .entries
                .iter()
                .find(|loaded| loaded.placed.identity == look.identity);
            let round = match loaded {
                Some(loaded) => match document_name(self.connection, loaded.document)? {
                    DocumentName::Round(_, RoundKey::Plan(plan)) => Some(plan),
                    _ => None,
                },
                None => None,
            };
            let day = local_day(look.time);
            let late =
                self.closes
                    .is_look_late(self.connection, area, day, round, look.identity)?;
            fold.look(LookRow {
                asset,
                check: look.identity,
                at: look.time,
                asset_type,
                area,
                seen: seen(&outcome(&state, look, working.as_ref())),
                scrap: scrap_from(&facts, &working, look.time),
                round,
                mark: loaded.and_then(|loaded| loaded.placed.entry.envelope.mark),
                late,
            });
        }
        Ok(())
    }
}

/// What a look came to: in a dispute that waits the worst of it, in a decided one what was decided.
fn outcome(state: &ChecksState, look: &Look, severity: &impl Severity) -> Outcome {
    let disputed = state
        .disputes
        .iter()
        .find(|dispute| dispute.checks.contains(&look.identity));
    let Some(dispute) = disputed else {
        return look.outcome.clone();
    };
    if let (Some(_), Some(current)) = (dispute.decided_by, &state.current) {
        return current.outcome.clone();
    }
    state
        .history
        .iter()
        .filter(|other| dispute.checks.contains(&other.identity))
        .map(|other| &other.outcome)
        .max_by_key(|outcome| severity.rank(outcome))
        .unwrap_or(&look.outcome)
        .clone()
}

fn seen(outcome: &Outcome) -> Seen {
    match outcome {
        Outcome::Normal => Seen::Normal,
        Outcome::Faults(_) => Seen::Faulty,
        Outcome::Missing => Seen::Missing,
    }
}

/// When the asset is scrap, as known at the look: a factory month after it cannot be proved.
fn scrap_from(facts: &Facts, working: &Working, at: i64) -> ScrapFrom {
    let owed = facts.obligations(working, local_date(at));
    let Some(scrap) = owed.iter().find(|owed| owed.kind.as_str() == "scrap") else {
        return ScrapFrom::Never;
    };
    match scrap.due_month {
        Some(month) => {
            ScrapFrom::AfterMonth(u32::try_from(month_number(month)).unwrap_or_default())
        }
        None if scrap.status == Status::ScrapNow => ScrapFrom::AtOnce,
        None => ScrapFrom::Never,
    }
}
