//! Rounds with their frozen lists, campaigns, batches, attendance, reported figures, and the closing of
//! rounds and months. What a close leaves out is late: the model's.

use doorstep_model::calendar::{LOCAL, Month};
use doorstep_model::document::{DocumentName, RoundKey};
use doorstep_model::entry::{
    Attendance, AuthorMark, Campaign, HandoutBatch, MonthClosed, ReportedFigure, RoundClosed,
    RoundPlanned, RoundTargets,
};
use doorstep_model::ids::{AreaId, AuthorTag, Identity, PlaceId};
use rusqlite::{Connection, Params};

use super::super::find::Table;
use super::super::structure::{sane_month, this_month};
use super::super::{Acting, Fingerprint, Tap, Targets, find, text};
use super::must_be_declared;
use crate::error::{Error, Result};
use crate::store::counter;
use crate::sync::office::Office;

impl Office {
    /// Plans a round and freezes its list: for each building what is given, or everything known there.
    /// What joins later is shown beside the list, never in it.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area or an unknown building or campaign;
    /// [`Error::Refused`] with `plan.dates`, `round.list_too_long` or `text.*`.
    pub fn plan_round(
        &self,
        tap: &Tap,
        area: &AreaId,
        round: RoundPlanned,
        buildings: &[(PlaceId, Option<Targets>)],
    ) -> Result<Identity> {
        let print = Fingerprint::of("plan_round")
            .with(area)
            .with(&round)
            .with(buildings);
        self.act(tap, &print, |acting| {
            must_be_declared(acting.session.tx(), area)?;
            in_order(round.from, round.to)?;
            if let Some(campaign) = round.campaign {
                find::must_stand(acting.session.tx(), Table::Campaign, campaign)?;
            }
            let body = RoundPlanned {
                name: text::name(&round.name)?,
                checklist: text::short(round.checklist)?,
                ..round
            };
            let plan = acting.put_new(area, |_| DocumentName::Plan, body)?;
            for (building, targets) in buildings {
                freeze(acting, area, plan, *building, targets.clone())?;
            }
            Ok(plan)
        })
    }

    /// Freezes the list of one more building of a planned round.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown round or building; [`Error::Refused`] with `round.frozen`
    /// when the building has its list already.
    pub fn freeze_targets(
        &self,
        tap: &Tap,
        round: Identity,
        building: PlaceId,
        targets: Option<Targets>,
    ) -> Result<()> {
        let print = Fingerprint::of("freeze_targets")
            .with(round)
            .with(building)
            .with(&targets);
        self.act(tap, &print, |acting| {
            find::must_stand(acting.session.tx(), Table::Round, round)?;
            let (area, _) = find::home(acting.session, round)?;
            let frozen: bool = acting
                .session
                .tx()
                .prepare_cached(
                    "SELECT EXISTS (SELECT 1 FROM round_target WHERE building = ?1 AND round = ?2)",
                )?
                .query_row([building.identity().as_bytes(), round.as_bytes()], |row| {
                    row.get(0)
                })?;
            if frozen {
                return Err(Error::refused("round.frozen"));
            }
            freeze(acting, &area, round, building, targets)
        })
    }

    /// Starts a campaign (专项行动), to which rounds and cases can belong.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area; [`Error::Refused`] with `plan.dates` or `text.*`.
    pub fn start_campaign(&self, tap: &Tap, area: &AreaId, campaign: Campaign) -> Result<Identity> {
        let print = Fingerprint::of("start_campaign").with(area).with(&campaign);
        self.act(tap, &print, |acting| {
            must_be_declared(acting.session.tx(), area)?;
            in_order(campaign.from, campaign.to)?;
            let body = Campaign {
                name: text::name(&campaign.name)?,
                ..campaign
            };
            acting.put_new(area, |_| DocumentName::Plan, body)
        })
    }

    /// Closes a round with the table of what it counts: of every author who worked in it, everything
    /// that is here now. What comes later is late.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an unknown round.
    pub fn close_round(&self, tap: &Tap, round: Identity) -> Result<Identity> {
        let print = Fingerprint::of("close_round").with(round);
        self.act(tap, &print, |acting| {
            find::must_stand(acting.session.tx(), Table::Round, round)?;
            let (area, _) = find::home(acting.session, round)?;
            let id = acting
                .session
                .door
                .directory
                .area(acting.session.door.tx, &area)?;
            let table = marks(
                acting.session.tx(),
                "SELECT DISTINCT author.tag, chain.n FROM document \
                 JOIN document_chain AS worked ON worked.document = document.id \
                 JOIN author ON author.id = worked.author \
                 JOIN chain ON chain.author = author.id AND chain.area = document.area \
                 WHERE document.area = ?1 AND document.round = ?2 ORDER BY author.tag",
                (id, RoundKey::Plan(round).to_bytes()),
            )?;
            acting.put(&area, &DocumentName::Plan, round, RoundClosed { table })
        })
    }

    /// Closes a month of an area with the table of what it counts. Months are year × 12 + month − 1.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area; [`Error::Refused`] with `month.future`.
    pub fn close_month(&self, tap: &Tap, area: &AreaId, month: u32) -> Result<Identity> {
        let print = Fingerprint::of("close_month").with(area).with(month);
        self.act(tap, &print, |acting| {
            must_be_declared(acting.session.tx(), area)?;
            if month > this_month(acting) {
                return Err(Error::refused("month.future"));
            }
            sane_month(acting, month, false)?;
            let id = acting
                .session
                .door
                .directory
                .area(acting.session.door.tx, area)?;
            let (from, until) = (first_second(month)?, first_second(month + 1)?);
            let table = marks(
                acting.session.tx(),
                "SELECT DISTINCT author.tag, chain.n FROM entry \
                 JOIN document ON document.id = entry.document \
                 JOIN author ON author.id = entry.author \
                 JOIN chain ON chain.author = author.id AND chain.area = document.area \
                 WHERE document.area = ?1 AND entry.time >= ?2 AND entry.time < ?3 \
                 ORDER BY author.tag",
                (id, from, until),
            )?;
            let subject = area.subject();
            acting.put(
                area,
                &DocumentName::Plan,
                subject,
                MonthClosed { month, table },
            )
        })
    }

    /// Starts a batch of things to hand out.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area; [`Error::Refused`] with `factory.*` or `text.*`.
    pub fn start_handout(&self, tap: &Tap, area: &AreaId, batch: HandoutBatch) -> Result<Identity> {
        let print = Fingerprint::of("start_handout").with(area).with(&batch);
        self.act(tap, &print, |acting| {
            must_be_declared(acting.session.tx(), area)?;
            if let Some(month) = batch.factory {
                sane_month(acting, month, true)?;
            }
            let body = HandoutBatch {
                item: text::name(&batch.item)?,
                size: text::short(batch.size)?,
                project: text::short(batch.project)?,
                maker: text::short(batch.maker)?,
                ..batch
            };
            acting.put_new(area, |_| DocumentName::Plan, body)
        })
    }

    /// Records person-times (人次) of a round, a campaign, or the area itself.
    ///
    /// # Errors
    /// [`Error::NotFound`] for anything else.
    pub fn attendance(
        &self,
        tap: &Tap,
        area: &AreaId,
        of: Option<Identity>,
        attendance: Attendance,
    ) -> Result<Identity> {
        let print = Fingerprint::of("attendance")
            .with(area)
            .with(of)
            .with(&attendance);
        self.act(tap, &print, |acting| {
            must_be_declared(acting.session.tx(), area)?;
            if let Some(of) = of
                && !find::stands(acting.session.tx(), Table::Campaign, of)?
            {
                find::must_stand(acting.session.tx(), Table::Round, of)?;
            }
            let body = Attendance {
                force: text::short(attendance.force)?,
                ..attendance
            };
            let subject = of.unwrap_or_else(|| area.subject());
            acting.put(area, &DocumentName::Plan, subject, body)
        })
    }

    /// Records a figure that was reported, with its sentence. The same figure told twice is one figure
    /// with two quotes.
    ///
    /// # Errors
    /// [`Error::NotFound`] for an undeclared area; [`Error::Refused`] with `text.*`.
    pub fn reported_figure(
        &self,
        tap: &Tap,
        area: &AreaId,
        figure: ReportedFigure,
    ) -> Result<Identity> {
        let print = Fingerprint::of("reported_figure").with(area).with(&figure);
        self.act(tap, &print, |acting| {
            must_be_declared(acting.session.tx(), area)?;
            let body = ReportedFigure {
                row: text::name(&figure.row)?,
                measure: text::name(&figure.measure)?,
                value: text::name(&figure.value)?,
                unit: text::name(&figure.unit)?,
                quote: text::needed(&figure.quote, "text.empty")?,
                note: text::note(figure.note)?,
                ..figure
            };
            let subject = figure_subject(&body);
            acting.put(area, &DocumentName::Plan, subject, body)
        })
    }
}

/// What a reported figure is about: year, row and measure.
pub fn figure_subject(figure: &ReportedFigure) -> Identity {
    Identity::hashed(
        "doorstep figure",
        &[
            &figure.year.to_be_bytes(),
            figure.row.as_bytes(),
            figure.measure.as_bytes(),
        ],
    )
}

fn freeze(
    acting: &mut Acting<'_, '_>,
    area: &AreaId,
    round: Identity,
    building: PlaceId,
    targets: Option<Targets>,
) -> Result<()> {
    let spot = find::place(acting.session, building)?;
    let targets = match targets {
        Some(targets) => targets,
        None => Targets::of_building(acting.session.tx(), spot.building)?,
    };
    let parts = targets.parts()?;
    let of = parts.len() as u16;
    for (part, Targets { doors, assets }) in (1..).zip(parts) {
        let body = RoundTargets {
            round,
            doors,
            assets,
            part,
            of,
        };
        acting.put(area, &DocumentName::Plan, building.identity(), body)?;
    }
    Ok(())
}

fn in_order(from: u32, to: u32) -> Result<()> {
    if to < from {
        return Err(Error::refused("plan.dates"));
    }
    Ok(())
}

fn marks(tx: &Connection, sql: &str, params: impl Params) -> Result<Vec<AuthorMark>> {
    let mut select = tx.prepare_cached(sql)?;
    let marks = select
        .query_map(params, |row| {
            Ok(AuthorMark {
                author: AuthorTag(row.get(0)?),
                last: counter(row.get(1)?),
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(marks)
}

/// The first second of a local month, unix seconds.
fn first_second(month: u32) -> Result<i64> {
    let wrong = || Error::refused("factory.impossible");
    let year = i16::try_from(month / 12).map_err(|_| wrong())?;
    let month = Month::new(year, (month % 12) as i8 + 1).map_err(|_| wrong())?;
    let midnight = month.first_day().at(0, 0, 0, 0);
    Ok(LOCAL
        .to_timestamp(midnight)
        .map_err(|_| wrong())?
        .as_second())
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorstep_model::time::LocalDay;

    #[test]
    fn a_month_begins_at_its_local_midnight() {
        // 2026-11-01 00:00 at +08:00, and the day after a leap day.
        assert_eq!(first_second(2026 * 12 + 10).unwrap(), 1_793_462_400);
        assert_eq!(LocalDay::of(first_second(2024 * 12 + 2).unwrap()).0, 19_783);
        assert_eq!(LocalDay::of(first_second(1970 * 12).unwrap()).0, 0);
    }
}
