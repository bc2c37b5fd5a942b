//! When something happened, as every replica agrees: local days, the shift of a phone's boot, the
//! bounds of an entry's time. Months and due dates are not here, and nothing reads a clock.

/// 60:00, the window within which two checks of one asset concern each other, in seconds. Exactly
/// this far apart is inside.
pub const WINDOW: i64 = 3_600;

/// Most that a phone's clock may differ from the office's without being shifted, in seconds;
/// exactly this much is still no shift.
pub const SHIFT_FREE: i64 = 120;

const DAY: i64 = 86_400;
const LOCAL_OFFSET: i64 = 8 * 3_600;

/// A local (+08:00) day, in days since 1970-01-01.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalDay(pub i64);

impl LocalDay {
    /// The local day of an instant in unix seconds.
    pub fn of(seconds: i64) -> Self {
        Self(seconds.saturating_add(LOCAL_OFFSET).div_euclid(DAY))
    }

    /// The day's first second, in unix seconds.
    pub fn first_second(self) -> i64 {
        self.0.saturating_mul(DAY).saturating_sub(LOCAL_OFFSET)
    }

    /// The day's last second, where whatever bears a date without a clock time stands.
    pub fn last_second(self) -> i64 {
        self.first_second().saturating_add(DAY - 1)
    }

    /// The day this many days later.
    #[must_use]
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.saturating_add(days))
    }
}

/// Between which instants (unix seconds) the time of an entry may lie. An entry of an office author
/// has none: an imported row bears its own date.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Bounds {
    /// Received-at of the newest feed item that the phone held at its segment's first tap.
    pub lo: Option<i64>,
    /// The first received-at of its own segment; none before the segment is received.
    pub hi: Option<i64>,
}

/// The effective time of an entry in unix seconds: its own time and the shift of its boot, not
/// earlier than `lo`, and above all not later than `hi`: min(max(time + shift, lo), hi).
pub fn effective_time(entry_time: i64, shift: i64, bounds: Bounds) -> i64 {
    let shifted = entry_time.saturating_add(shift);
    let raised = bounds.lo.map_or(shifted, |lo| shifted.max(lo));
    bounds.hi.map_or(raised, |hi| raised.min(hi))
}

/// How a boot's first segments came to the office.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HandIn {
    /// By the phone itself in the same boot, answering the office's nonce: the delay is bounded.
    Challenged,
    /// By the phone itself in the same boot, with a ticket only.
    Unchallenged,
    /// Through another phone, a file, any carrier.
    Relayed,
    /// By the phone itself, but the entries are of a boot before this one.
    EarlierBoot,
}

/// The phone's clock is more than [`SHIFT_FREE`] off and the request was not challenged: the shift,
/// which holds for ever, may only be taken from a challenged request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a clock {off} s off needs a challenged request")]
pub struct ChallengeNeeded {
    /// Office clock minus phone clock, in seconds.
    pub off: i64,
}

/// The shift of a boot in seconds, to be fixed at its first receipt: office clock minus phone clock;
/// 0 within two minutes, through a relay, or for an earlier boot.
///
/// # Errors
/// [`ChallengeNeeded`] when the clocks are further apart and the delay of the request is unbounded.
pub fn shift(office_now: i64, phone_now: i64, hand_in: HandIn) -> Result<i64, ChallengeNeeded> {
    let off = office_now.saturating_sub(phone_now);
    match hand_in {
        HandIn::Relayed | HandIn::EarlierBoot => Ok(0),
        HandIn::Challenged | HandIn::Unchallenged if off.saturating_abs() <= SHIFT_FREE => Ok(0),
        HandIn::Challenged => Ok(off),
        HandIn::Unchallenged => Err(ChallengeNeeded { off }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// 2026-11-25 00:00 at +08:00.
    const MIDNIGHT: i64 = 1_795_536_000;

    #[test]
    fn a_day_turns_at_local_midnight() {
        let day = LocalDay::of(MIDNIGHT);
        assert_eq!(LocalDay::of(MIDNIGHT - 1), day.plus(-1));
        assert_eq!(day.first_second(), MIDNIGHT);
        assert_eq!(LocalDay::of(day.last_second()), day);
        assert_eq!(LocalDay::of(day.last_second() + 1), day.plus(1));
        assert_eq!(LocalDay::of(-LOCAL_OFFSET - 1), LocalDay(-1));
    }

    #[test]
    fn a_time_is_kept_between_what_was_seen_and_what_was_received() {
        let bounds = Bounds {
            lo: Some(100),
            hi: Some(200),
        };
        assert_eq!(effective_time(150, 0, bounds), 150);
        assert_eq!(effective_time(150, -80, bounds), 100);
        assert_eq!(effective_time(150, 80, bounds), 200);
        assert_eq!(effective_time(i64::MAX, 1, bounds), 200);
    }

    #[test]
    fn the_received_at_bounds_even_what_was_seen_later() {
        let contradictory = Bounds {
            lo: Some(300),
            hi: Some(200),
        };
        assert_eq!(effective_time(0, 0, contradictory), 200);
    }

    #[test]
    fn an_office_entry_bears_its_own_time() {
        assert_eq!(effective_time(-5, 0, Bounds::default()), -5);
    }

    #[test]
    fn two_minutes_are_no_shift_and_one_second_more_is() {
        for hand_in in [HandIn::Challenged, HandIn::Unchallenged] {
            assert_eq!(shift(1_120, 1_000, hand_in), Ok(0));
            assert_eq!(shift(1_000, 1_120, hand_in), Ok(0));
        }
        assert_eq!(shift(1_121, 1_000, HandIn::Challenged), Ok(121));
        assert_eq!(shift(1_000, 1_121, HandIn::Challenged), Ok(-121));
        assert_eq!(
            shift(1_121, 1_000, HandIn::Unchallenged),
            Err(ChallengeNeeded { off: 121 })
        );
    }

    #[test]
    fn a_relay_or_an_earlier_boot_is_never_shifted() {
        for hand_in in [HandIn::Relayed, HandIn::EarlierBoot] {
            assert_eq!(shift(90_000, 0, hand_in), Ok(0));
        }
    }
}
