//! What waits at the merge desk: checks that disagree, labels on several things. Deciding is done by
//! entries, elsewhere.

use doorstep_model::ids::{AssetId, IdError, Identity, PersonId, PlaceId};
use rusqlite::{Connection, params};
use serde::Serialize;

use super::{Page, as_text, key_parts, named, read_for};
use crate::error::{Error, Result, StoreProblem};

/// A dispute that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisputeLine {
    /// On which asset.
    #[serde(serialize_with = "as_text")]
    pub asset: AssetId,
    /// Its type.
    #[serde(rename = "type")]
    pub asset_type: String,
    /// Its label.
    pub label: Option<String>,
    /// Name of the place where it is.
    pub place: Option<String>,
    /// Time of the first check.
    pub since: i64,
    /// Every check of it, in order: a decision has to name them all.
    pub checks: Vec<ToldLine>,
}

/// One check of a dispute.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ToldLine {
    /// The check.
    #[serde(serialize_with = "as_text")]
    pub check: Identity,
    /// Who looked.
    #[serde(serialize_with = "as_text")]
    pub person: PersonId,
    /// When.
    pub time: i64,
    /// `normal`, `missing`, or a JSON list of fault codes.
    pub result: String,
}

/// The checks of a dispute, as its row holds them: identity, person, time, result.
fn told(row: &str) -> Result<Vec<ToldLine>> {
    let corrupt = |error: String| Error::store(StoreProblem::Corrupt, error);
    let checks: Vec<(String, String, i64, String)> =
        serde_json::from_str(row).map_err(|error| corrupt(error.to_string()))?;
    let lines = checks.into_iter().map(|(check, person, time, result)| {
        Ok(ToldLine {
            check: check
                .parse()
                .map_err(|error: IdError| corrupt(error.to_string()))?,
            person: person
                .parse()
                .map_err(|error: IdError| corrupt(error.to_string()))?,
            time,
            result,
        })
    });
    lines.collect()
}

/// The disputes of an area, the oldest first.
pub(crate) fn disputes(
    connection: &Connection,
    area: i64,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<DisputeLine>> {
    let key = key_parts(after).and_then(|[since, asset, number]: [&str; 3]| {
        Some((
            since.parse::<i64>().ok()?,
            asset.parse::<Identity>().ok()?,
            number.parse::<i64>().ok()?,
        ))
    });
    let (since, from, number) = key.map_or((i64::MIN, None, -1), |(since, asset, number)| {
        (since, Some(asset), number)
    });
    let mut select = connection.prepare_cached(
        "SELECT dispute.asset, dispute.number, dispute.since, dispute.checks, asset.type, \
         asset.label, place.name FROM dispute JOIN asset ON asset.id = dispute.asset \
         LEFT JOIN place ON place.id = asset.place \
         WHERE dispute.area = ?1 AND (dispute.since, dispute.asset, dispute.number) > (?2, ?3, ?4) \
         ORDER BY dispute.since, dispute.asset, dispute.number LIMIT ?5",
    )?;
    let mut rows = select.query(params![
        area,
        since,
        from.as_ref().map_or(&[][..], Identity::as_bytes),
        number,
        read_for(limit)
    ])?;
    let mut keyed = Vec::new();
    while let Some(row) = rows.next()? {
        let checks: String = row.get(3)?;
        let line = DisputeLine {
            asset: AssetId(named(row, 0)?),
            asset_type: row.get(4)?,
            label: row.get(5)?,
            place: row.get(6)?,
            since: row.get(2)?,
            checks: told(&checks)?,
        };
        keyed.push((
            format!("{}|{}|{}", line.since, line.asset, row.get::<_, i64>(1)?),
            line,
        ));
    }
    Ok(Page::of(keyed, limit))
}

/// A thing that bears a label code.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Bearer {
    /// What bears it.
    pub thing: Thing,
    /// Name of the place that it is, or stands in.
    pub place: Option<String>,
    /// Another candidate says something else.
    pub disputed: bool,
}

/// What a label is stuck on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Thing {
    /// A place.
    Place(#[serde(serialize_with = "as_text")] PlaceId),
    /// An asset.
    Asset {
        /// Which.
        #[serde(serialize_with = "as_text")]
        id: AssetId,
        /// Its type code.
        #[serde(rename = "type")]
        asset_type: String,
    },
}

/// Everything that bears this label code, as written; several when one label is on several things.
pub(crate) fn bearers(connection: &Connection, code: &str) -> Result<Vec<Bearer>> {
    let mut select = connection.prepare_cached(
        "SELECT label.subject, asset.type, place.name, label.disputed FROM label \
         LEFT JOIN asset ON asset.id = label.subject \
         LEFT JOIN place ON place.id = COALESCE(asset.place, label.subject) \
         WHERE label.code = ?1 ORDER BY label.subject",
    )?;
    let mut rows = select.query([code])?;
    let mut bearers = Vec::new();
    while let Some(row) = rows.next()? {
        let subject = named(row, 0)?;
        bearers.push(Bearer {
            thing: match row.get(1)? {
                Some(asset_type) => Thing::Asset {
                    id: AssetId(subject),
                    asset_type,
                },
                None => Thing::Place(PlaceId(subject)),
            },
            place: row.get(2)?,
            disputed: row.get(3)?,
        });
    }
    Ok(bearers)
}

/// A label code on several things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LabelClash {
    /// The code.
    pub code: String,
    /// On how many.
    pub bearers: u32,
}

/// The label codes that several things bear, of which one is in this area.
pub(crate) fn label_clashes(
    connection: &Connection,
    area: i64,
    after: Option<&str>,
    limit: usize,
) -> Result<Page<LabelClash>> {
    let mut select = connection.prepare_cached(
        "SELECT code, count(*) FROM label WHERE code > ?2 GROUP BY code \
         HAVING count(*) > 1 AND sum(area = ?1) > 0 ORDER BY code LIMIT ?3",
    )?;
    let mut rows = select.query(params![area, after.unwrap_or(""), read_for(limit)])?;
    let mut keyed = Vec::new();
    while let Some(row) = rows.next()? {
        let clash = LabelClash {
            code: row.get(0)?,
            bearers: row.get(1)?,
        };
        keyed.push((clash.code.clone(), clash));
    }
    Ok(Page::of(keyed, limit))
}
