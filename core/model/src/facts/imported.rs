//! Which imported row tells what a phone entry tells already. Both are kept; the row is folded into
//! the entry, so that importing first or syncing first gives the same. What a result is belongs to
//! the fold that asks.

use super::Placed;
use crate::ids::PersonId;

/// An entry about one door or asset, with its result.
#[derive(Debug, Clone, Copy)]
pub(super) struct Told<'a, R> {
    pub(super) placed: &'a Placed,
    pub(super) result: R,
}

/// Pairs (imported, phone) of positions in `told`, which is in order and about one subject.
///
/// The key is person, result and day, or the minute where both sides have a clock time; of one key
/// the k-th imported row goes with the k-th phone entry. Clock times are matched first.
pub(super) fn fold_imported<R: Ord + Copy>(told: &[Told<'_, R>]) -> Vec<(usize, usize)> {
    if !told.iter().any(|one| one.placed.imported) {
        return Vec::new();
    }
    let mut pairs = Vec::new();
    let mut free: Vec<bool> = vec![true; told.len()];
    let by_minute = |one: &Placed| one.time.div_euclid(60);
    let by_day = |one: &Placed| one.day().0;
    let clock = |one: &Placed| !one.date_only;
    let date = |one: &Placed| one.date_only;
    let any = |_: &Placed| true;
    pair(told, &mut free, &mut pairs, by_minute, (clock, clock));
    pair(told, &mut free, &mut pairs, by_day, (date, any));
    pair(told, &mut free, &mut pairs, by_day, (clock, date));
    pairs.sort_unstable();
    pairs
}

/// Pairs the free ones of which `sides` (imported, phone) hold and whose keys are equal.
fn pair<R: Ord + Copy>(
    told: &[Told<'_, R>],
    free: &mut [bool],
    pairs: &mut Vec<(usize, usize)>,
    moment: impl Fn(&Placed) -> i64,
    sides: (impl Fn(&Placed) -> bool, impl Fn(&Placed) -> bool),
) {
    let mut imported: Vec<(PersonId, R, i64, usize)> = Vec::new();
    let mut phone = Vec::new();
    for (at, one) in told.iter().enumerate().filter(|(at, _)| free[*at]) {
        let key = (one.placed.person, one.result, moment(one.placed), at);
        if one.placed.imported && sides.0(one.placed) {
            imported.push(key);
        } else if !one.placed.imported && sides.1(one.placed) {
            phone.push(key);
        }
    }
    imported.sort_unstable();
    phone.sort_unstable();
    let (mut rows, mut entries) = (imported.iter().peekable(), phone.iter().peekable());
    while let (Some(row), Some(entry)) = (rows.peek(), entries.peek()) {
        let (row_key, entry_key) = ((row.0, row.1, row.2), (entry.0, entry.1, entry.2));
        if row_key == entry_key {
            free[row.3] = false;
            free[entry.3] = false;
            pairs.push((row.3, entry.3));
        }
        if row_key <= entry_key {
            rows.next();
        }
        if entry_key <= row_key {
            entries.next();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::testing::{NOON, entry, normal};

    fn told(placed: &[Placed]) -> Vec<Told<'_, u8>> {
        let mut told: Vec<_> = placed
            .iter()
            .map(|placed| Told { placed, result: 0 })
            .collect();
        told.sort_by_key(|one| one.placed.order());
        told
    }

    #[test]
    fn the_kth_row_goes_with_the_kth_tap_of_the_day() {
        let tap = |n, time| entry(1, n, time, normal()).placed();
        let row = |n| entry(1, n, NOON, normal()).date_only().imported().placed();
        let all = [tap(1, NOON), tap(2, NOON + 7_200), row(3), row(4), row(5)];
        assert_eq!(fold_imported(&told(&all)), [(2, 0), (3, 1)]);
    }

    #[test]
    fn two_clock_times_are_compared_by_the_minute() {
        let tap = entry(1, 1, NOON + 20, normal()).placed();
        let same = entry(1, 2, NOON, normal()).imported().placed();
        let other = entry(1, 3, NOON + 60, normal()).imported().placed();
        let pairs = |all: &[Placed]| fold_imported(&told(all));
        assert_eq!(pairs(&[tap.clone(), same]), [(0, 1)]);
        assert_eq!(pairs(&[tap, other]), []);
    }

    #[test]
    fn another_person_or_another_result_is_not_the_same_record() {
        let tap = entry(1, 1, NOON, normal()).placed();
        let row = entry(2, 2, NOON, normal()).imported().placed();
        let all = [tap.clone(), row];
        assert!(fold_imported(&told(&all)).is_empty());
        let row = entry(1, 2, NOON, normal()).imported().placed();
        let mut differing = [tap, row];
        differing.sort_by_key(Placed::order);
        let told = [
            Told {
                placed: &differing[0],
                result: 0,
            },
            Told {
                placed: &differing[1],
                result: 1,
            },
        ];
        assert!(fold_imported(&told).is_empty());
    }
}
