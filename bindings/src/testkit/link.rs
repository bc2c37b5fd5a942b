//! A link between a phone and the demo office that loses and doubles, from a seed.

use std::sync::{Arc, Mutex, PoisonError};

use super::DemoOffice;
use crate::error::Result;

/// A link that loses.
#[derive(uniffi::Object)]
pub struct FakeLink {
    office: Arc<DemoOffice>,
    losses: u8,
    state: Mutex<u64>,
}

#[uniffi::export]
impl FakeLink {
    /// A link to this office on which of 100 requests so many lose their reply, and as many do not even
    /// arrive.
    #[uniffi::constructor]
    pub fn to(office: Arc<DemoOffice>, losses: u8, seed: u64) -> Result<Arc<Self>> {
        Ok(Arc::new(Self {
            office,
            losses,
            state: Mutex::new(seed),
        }))
    }

    /// The reply to a request; nothing when the request or the reply was lost.
    pub fn carry(&self, request: Vec<u8>) -> Result<Option<Vec<u8>>> {
        if self.loses() {
            return Ok(None);
        }
        let reply = self.office.answer(request)?;
        Ok((!self.loses()).then_some(reply))
    }
}

impl FakeLink {
    /// Draws once: splitmix64, whose whole state is one number.
    fn loses(&self) -> bool {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        *state = state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut drawn = *state;
        drawn = (drawn ^ (drawn >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        drawn = (drawn ^ (drawn >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        (drawn ^ (drawn >> 31)) % 100 < u64::from(self.losses)
    }
}
