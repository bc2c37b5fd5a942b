//! One of what tests in a street seldom meet: every state of a case and one of a later version, what an
//! office says about a segment, an area that ended. So that each language shows that it can tell them.

use doorstep_model::facts::cases::State;
use doorstep_model::ids::{AreaId, AuthorTag};

use crate::crossing::crosses;
use crate::error::{DoorstepError, Problem, Result, Words};
use crate::handle::alone;
use crate::screens::DeclaredArea;
use crate::sync::{Notice, OfficeAddress, Summary};
use crate::terms::{CaseEvent, CaseState, Role};
use crate::time::Day;

crosses! {
    /// One of each.
    pub struct Sample {
        /// Every state in the order of the flow, and `moonlit` of a later version.
        pub states: Vec<CaseState>,
        /// `moonlit` of a later version.
        pub event: CaseEvent,
        /// Number 99 of a later version.
        pub role: Role,
        /// An exchange in which segment 7 of author `AQIDBA` was `vet.marks`, and which was limited by
        /// `office.moonlit`, a code of a later version.
        pub summary: Summary,
        /// An office at `https://office.example` with a key of 32 bytes 1.
        pub address: OfficeAddress,
        /// The area 310101 (`黄浦区`, `district`), until 2026-12-01.
        pub area: DeclaredArea,
    }
}

/// One of what tests in a street seldom meet.
#[uniffi::export]
pub fn sample() -> Result<Sample> {
    alone("sample", (), |()| {
        let states = State::ALL.iter().map(|state| state.name());
        let notice = Notice {
            code: "vet.marks".to_owned(),
            words: Words::of("vet.marks", &[]),
            author: AuthorTag([1, 2, 3, 4]),
            number: 7,
        };
        Ok(Sample {
            states: states.chain(["moonlit"]).map(CaseState::from).collect(),
            event: "moonlit".into(),
            role: 99.into(),
            summary: Summary {
                confirmed: 1,
                received: 2,
                round_trips: 3,
                bytes_sent: 4,
                bytes_received: 5,
                notices: vec![notice],
                limited: Some(Problem::of("office.moonlit", &[])),
            },
            address: OfficeAddress {
                addresses: vec!["https://office.example".to_owned()],
                keys_sha256: vec![vec![1; 32]],
            },
            area: DeclaredArea {
                area: AreaId::new("310101").map_err(|_| DoorstepError::broken())?,
                name: "黄浦区".to_owned(),
                level: "district".to_owned(),
                parent: None,
                until: Some(Day::of(20_788)),
            },
        })
    })
}
