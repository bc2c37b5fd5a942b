//! What waits at the merge desk: checks that disagree, labels on several things. Deciding is done by
//! entries, elsewhere.

use doorstep_model::ids::Identity;
use rusqlite::{Connection, params};
use serde::{Deserialize, Serialize};

use super::{Page, as_text, key_parts, read_for};
use crate::error::Result;
use crate::project::identity;

/// A dispute that waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DisputeLine {
    /// On which asset.
    #[serde(serialize_with = "as_text")]
    pub asset: Identity,
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

/// One check of a dispute: identity, person, time, result.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ToldLine(pub String, pub String, pub i64, pub String);

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
            asset: identity(row, 0)?.unwrap_or(Identity::of_hash([0; 16])),
            asset_type: row.get(4)?,
            label: row.get(5)?,
            place: row.get(6)?,
            since: row.get(2)?,
            checks: serde_json::from_str(&checks).unwrap_or_default(),
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
    /// The asset or place.
    #[serde(serialize_with = "as_text")]
    pub subject: Identity,
    /// Type of the asset; none for a place.
    #[serde(rename = "type")]
    pub asset_type: Option<String>,
    /// Name of the place that it is, or stands in.
    pub place: Option<String>,
    /// Another candidate says something else.
    pub disputed: bool,
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
        bearers.push(Bearer {
            subject: identity(row, 0)?.unwrap_or(Identity::of_hash([0; 16])),
            asset_type: row.get(1)?,
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
