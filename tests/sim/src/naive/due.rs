//! What is owed to an asset by the Chinese rules, as the tables of the rules print them and not as the
//! pack does: the monthly look, the factory services, the end of its life.

use std::collections::BTreeMap;

use doorstep_model::calendar::local_day;

use super::table::{Row, row};

/// Months as entries count them: year × 12 + month − 1.
pub type Months = i64;

/// What decides what is owed.
pub struct Facts<'a> {
    /// Its type.
    pub kind: &'a str,
    /// Absent: not recorded; 0: unreadable.
    pub factory: Option<Months>,
    /// When it was serviced last.
    pub serviced: Option<Months>,
    /// The life that its maker gives, in years.
    pub maker_life: Option<i64>,
    /// Instant of its registration.
    pub registered: i64,
    /// Instant of the last look.
    pub looked: Option<i64>,
}

/// First service after the factory month, the next after each, the life: all in months.
fn table(kind: &str) -> Option<(Months, Months, Months)> {
    match kind {
        "extinguisher.water" | "extinguisher.foam" => Some((36, 12, 72)),
        "extinguisher.dry_powder" | "extinguisher.clean_agent" => Some((60, 24, 120)),
        "extinguisher.co2" => Some((60, 24, 144)),
        _ => None,
    }
}

/// The months of everything owed, that of the look, and the first of all others.
pub fn due(facts: &Facts<'_>) -> Row {
    let mut owed: BTreeMap<&str, Option<String>> = BTreeMap::new();
    let (mut look, mut work): (Option<Months>, Option<Months>) = (None, None);
    match (table(facts.kind), facts.kind) {
        (Some((first, every, life)), _) => {
            // One look in a calendar month; never looked at, in the month of registration.
            let month = match facts.looked {
                Some(looked) => month_of(looked) + 1,
                None => month_of(facts.registered),
            };
            look = Some(month);
            owed.insert("look", Some(text(month)));
            // Only in crowded places, yards and the like.
            owed.insert("closer_look", None);
            match facts.factory {
                None => {
                    owed.extend([("service", None), ("scrap", None), ("find_month", None)]);
                }
                Some(0) => {
                    owed.insert("scrap", Some("now".to_owned()));
                    work = Some(0);
                }
                Some(made) => {
                    let scrap = made + life;
                    let next = facts.serviced.map_or(made + first, |done| done + every);
                    owed.insert("scrap", Some(text(scrap)));
                    work = Some(scrap);
                    // In the scrap month or after it a service falls away.
                    if next < scrap {
                        owed.insert("service", Some(text(next)));
                        work = Some(next);
                    }
                }
            }
        }
        (None, "alarm.smoke") => {
            owed.insert("look", None);
            match facts.factory {
                None | Some(0) => owed.extend([("replace", None), ("find_month", None)]),
                Some(made) => {
                    let life = facts.maker_life.map_or(144, |years| 144.min(years * 12));
                    owed.insert("replace", Some(text(made + life)));
                    work = Some(made + life);
                }
            }
        }
        (None, "hydrant.wall") => {
            // One look in a calendar quarter.
            let month = match facts.looked {
                Some(looked) => (month_of(looked) / 3 + 1) * 3 + 2,
                None => month_of(facts.registered),
            };
            look = Some(month);
            owed.insert("look", Some(text(month)));
            if facts.factory == Some(0) {
                owed.insert("find_month", None);
            }
        }
        (None, _) => return nothing(),
    }
    row![serde_json::json!(owed).to_string(), look, work]
}

/// The row of what owes nothing any more.
pub fn nothing() -> Row {
    row!["{}", None::<i64>, None::<i64>]
}

fn month_of(instant: i64) -> Months {
    let day = local_day(instant);
    i64::from(day.year()) * 12 + i64::from(day.month()) - 1
}

/// `2026-03`.
pub fn text(months: Months) -> String {
    format!("{:04}-{:02}", months / 12, months % 12 + 1)
}
