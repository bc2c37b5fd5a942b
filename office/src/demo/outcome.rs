//! What the demo ends with: the one object, its table for people, and whether the zeros are zero. How
//! the numbers are counted stands in `audit`.

use serde::Serialize;

use super::almanac::TODAY;
use crate::cli::{Sheet, Shown};

/// The count of a run.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Outcome {
    /// Calls that returned `Ok`, less the undone, as their callers counted them.
    pub made: u64,
    /// Of these, on the office's disk; held and quarantined ones too.
    pub received: u64,
    /// Of these, only on the phone that was lost.
    pub unsent: u64,
    /// Made, not received, and not lost with a phone.
    pub lost: u64,
    /// Records that exported documents hold once too often.
    pub twice: u64,
    /// Phones that survive, the clone too.
    pub replicas: u64,
    /// Of these, phones whose area checksums are all the office's.
    pub agreeing: u64,
    /// SHA-256 over the office's list of areas and checksums, hexadecimal.
    pub checksum: String,
    /// Pairs of checks that contradict each other and wait at the desk.
    pub contradictions: u64,
    /// Records that are held for review.
    pub held: u64,
    /// Bytes through the link both ways, HTTP and cut attempts in, a phone.
    pub bytes_per_phone: u64,
    /// Requests that were answered, a phone.
    pub round_trips: u64,
}

impl Outcome {
    /// Whether every zero is zero and everybody who survives agrees.
    pub fn holds(&self) -> bool {
        self.lost == 0 && self.twice == 0 && self.agreeing == self.replicas
    }
}

impl Shown for Outcome {
    fn describe(&self, sheet: &mut Sheet) {
        let today = doorstep_model::report::day_text(TODAY);
        sheet.line(format!("演示用的“今天” The demo's today: {today}"));
        let zero = |number: u64| match number {
            0 => "✓",
            _ => "✗ 应为 0 · should be 0",
        };
        let agree = match self.agreeing == self.replicas {
            true => "✓",
            false => "✗ 应全部一致 · all should agree",
        };
        let rows = [
            ("做出的记录", "records made", self.made, ""),
            ("办公室已收到", "received by the office", self.received, ""),
            (
                "只在丢失的手机上",
                "only on the lost phone",
                self.unsent,
                "",
            ),
            ("丢失", "lost", self.lost, zero(self.lost)),
            ("重复", "counted twice", self.twice, zero(self.twice)),
            ("留存的手机", "phones that survive", self.replicas, ""),
            (
                "与办公室一致的",
                "of these agree with the office",
                self.agreeing,
                agree,
            ),
            (
                "待裁定的矛盾",
                "contradictions waiting",
                self.contradictions,
                "",
            ),
            ("待审的记录", "records held for review", self.held, ""),
            ("每部手机的字节", "bytes a phone", self.bytes_per_phone, ""),
            (
                "每部手机的往返",
                "round trips a phone",
                self.round_trips,
                "",
            ),
        ];
        let rows = rows.map(|(zh, en, number, verdict)| {
            let what = format!("{zh} {en}");
            [what, number.to_string(), verdict.to_owned()]
        });
        sheet.table(["项目 Item", "数 Number", ""], rows);
        sheet.line(format!("校验和 Checksum: {}", self.checksum));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::Output;

    fn fine() -> Outcome {
        Outcome {
            made: 10,
            received: 8,
            unsent: 2,
            lost: 0,
            twice: 0,
            replicas: 3,
            agreeing: 3,
            checksum: "00".to_owned(),
            contradictions: 1,
            held: 0,
            bytes_per_phone: 100,
            round_trips: 2,
        }
    }

    #[test]
    fn it_holds_only_when_nothing_is_lost_or_twice_and_all_agree() {
        assert!(fine().holds());
        assert!(!Outcome { lost: 1, ..fine() }.holds());
        assert!(!Outcome { twice: 1, ..fine() }.holds());
        assert!(
            !Outcome {
                agreeing: 2,
                ..fine()
            }
            .holds()
        );
    }

    #[test]
    fn programs_get_the_keys_in_their_order() {
        let json = serde_json::to_string(&fine()).unwrap();
        let keys: Vec<_> = json.split('"').skip(1).step_by(2).collect();
        assert_eq!(
            keys.iter().filter(|key| **key != "00").collect::<Vec<_>>(),
            [
                &"made",
                &"received",
                &"unsent",
                &"lost",
                &"twice",
                &"replicas",
                &"agreeing",
                &"checksum",
                &"contradictions",
                &"held",
                &"bytes_per_phone",
                &"round_trips"
            ]
        );
    }

    #[test]
    fn people_see_at_once_which_zero_is_not_zero() {
        let mut bytes = Vec::new();
        let outcome = Outcome { lost: 3, ..fine() };
        Output::new(false, &mut bytes).show(&outcome).unwrap();
        let text = String::from_utf8(bytes).unwrap();
        let line = text
            .lines()
            .find(|line| line.contains("丢失 lost"))
            .unwrap();
        assert!(line.contains('3') && line.contains('✗'), "{line}");
        assert!(text.contains("2026-11-30"));
    }
}
