//! Tells whoever asks that something changed: a number that rises at every commit which touched
//! rows. The core never calls the app; the app asks again.

use std::sync::{Condvar, Mutex, PoisonError};
use std::time::Duration;

/// A counter of commits that can be waited for.
#[derive(Debug, Default)]
pub(crate) struct ChangeFeed {
    state: Mutex<(u64, bool)>,
    moved: Condvar,
}

impl ChangeFeed {
    /// Something changed.
    pub(crate) fn announce(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0 += 1;
        self.moved.notify_all();
    }

    /// Nothing will change any more: waiters return.
    pub(crate) fn close(&self) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
        self.moved.notify_all();
    }

    /// The number now.
    pub(crate) fn current(&self) -> u64 {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// Waits until the number is above `after`, at most this long. `None` once closed.
    pub(crate) fn wait(&self, after: u64, at_most: Duration) -> Option<u64> {
        let state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        let (state, _) = self
            .moved
            .wait_timeout_while(state, at_most, |state| state.0 <= after && !state.1)
            .unwrap_or_else(PoisonError::into_inner);
        if state.1 { None } else { Some(state.0) }
    }
}
