//! The arithmetic of one interval: from what was done last, or from where it begins, to the next.
//!
//! Knows nothing of lives, scrap or unknown factory months; those decide elsewhere whether its
//! answer stands.

use super::AssetFacts;
use crate::calendar::{Date, Month, Period, days_after, same_day_after};
use crate::pack::{Duty, Interval, Precision, Situation};

/// The days on which something is due.
pub(super) struct Window {
    pub(super) opens: Date,
    pub(super) last_allowed: Date,
}

/// The next time, and the situation that decided it, if the texts leave two ways there.
pub(super) struct Dated {
    pub(super) window: Window,
    pub(super) situation: Option<Situation>,
}

/// When `duty` is owed next, or nothing if it has no interval or nothing to count from.
pub(super) fn next(duty: &Duty, facts: &AssetFacts, made: Option<Month>) -> Option<Dated> {
    let last = facts.last.get(&duty.kind).copied();
    match &duty.rule {
        Interval::Rounds | Interval::Life { .. } => None,
        Interval::Look {
            period,
            at_most_days,
        } => last
            .map(|last| look(*period, *at_most_days, last))
            .or_else(|| registration(facts)),
        Interval::Days { days } => last
            .map(|last| plain(ending(last, days_after(last, *days))))
            .or_else(|| registration(facts)),
        Interval::Months {
            from_factory,
            from_registration,
            every,
            precision,
            ..
        } => {
            let first = made
                .zip(*from_factory)
                .map(|(made, months)| made.plus(months));
            if let Some(done) = latest(duty, facts) {
                let early = first.is_some_and(|first| done.month < first);
                return Some(Dated {
                    window: months_after(&done, *every, *precision),
                    situation: done.contained.or(early.then_some(Situation::EarlyService)),
                });
            }
            match first {
                Some(first) => Some(Dated {
                    window: whole(first),
                    situation: from_registration.then_some(Situation::FirstYearFromFactory),
                }),
                None => registration(facts).filter(|_| *from_registration),
            }
        }
    }
}

fn plain(window: Window) -> Dated {
    Dated {
        window,
        situation: None,
    }
}

fn whole(month: Month) -> Window {
    Window {
        opens: month.first_day(),
        last_allowed: month.last_day(),
    }
}

/// Due in the month of its last allowed day, but never on the day on which it was just done.
fn ending(last: Date, last_allowed: Date) -> Window {
    Window {
        opens: Month::of(last_allowed).first_day().max(days_after(last, 1)),
        last_allowed,
    }
}

/// Nothing was done yet: due by the end of the month of registration.
fn registration(facts: &AssetFacts) -> Option<Dated> {
    facts.registered.map(|registered| Dated {
        window: Window {
            opens: registered,
            last_allowed: registered.last_of_month(),
        },
        situation: Some(Situation::NeverLooked),
    })
}

fn look(period: Period, at_most_days: Option<u16>, last: Date) -> Dated {
    let following = period.after(last);
    let strictest = at_most_days.map_or(following.last, |days| days_after(last, days));
    plain(if strictest < following.last {
        let within = ending(last, strictest);
        Window {
            opens: within.opens.min(following.first),
            ..within
        }
    } else {
        Window {
            opens: following.first,
            last_allowed: following.last,
        }
    })
}

/// The last time that something was done: its month, and its day if that is known.
struct Done {
    month: Month,
    day: Option<Date>,
    contained: Option<Situation>,
}

/// The latest of its own last day, the services and the kinds that contain it, if they count.
///
/// Within one month a known day is the better record of the same event than a bare month.
fn latest(duty: &Duty, facts: &AssetFacts) -> Option<Done> {
    let Interval::Months {
        services,
        contained_in,
        ..
    } = &duty.rule
    else {
        return None;
    };
    let on = |day: Date, contained| Done {
        month: Month::of(day),
        day: Some(day),
        contained,
    };
    let own = facts.last.get(&duty.kind).map(|&day| on(day, None));
    let serviced = facts
        .services
        .iter()
        .filter(|_| *services)
        .map(|&month| Done {
            month,
            day: None,
            contained: None,
        });
    let containing = contained_in
        .iter()
        .filter_map(|kind| facts.last.get(kind))
        .map(|&day| on(day, Some(Situation::TestContainsExam)));
    // Of equals the last wins, so its own record stands behind those that contain it.
    containing
        .chain(serviced)
        .chain(own)
        .max_by_key(|done| (done.month, done.day))
}

fn months_after(done: &Done, every: u16, precision: Precision) -> Window {
    match (precision, done.day) {
        (Precision::Day, Some(day)) => ending(day, same_day_after(day, every)),
        (Precision::Day | Precision::Month, _) => whole(done.month.plus(every)),
    }
}
