//! Tells whoever asks that something changed: a number that rises at every commit which touched
//! rows. The core never calls the app; the app asks again, on a thread that waits or as a task.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use crate::replica::Replica;

/// A counter of commits that can be waited for.
#[derive(Debug, Default)]
pub(crate) struct ChangeFeed {
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Debug, Default)]
struct State {
    last: u64,
    closed: bool,
    watches: Vec<Weak<Slot>>,
}

/// Somebody who waits as a task: one task at a time.
#[derive(Debug, Default)]
pub struct Watch(Arc<Slot>);

#[derive(Debug, Default)]
struct Slot(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    task: Option<Waker>,
    ended: bool,
}

impl ChangeFeed {
    /// Something changed.
    pub(crate) fn announce(&self) {
        self.tell(|state| state.last += 1);
    }

    /// Nothing will change any more: waiters return.
    pub(crate) fn close(&self) {
        self.tell(|state| state.closed = true);
    }

    /// The number now.
    pub(crate) fn current(&self) -> u64 {
        self.state().last
    }

    /// Waits until the number is above `after`, at most this long. `None` once closed.
    pub(crate) fn wait(&self, after: u64, at_most: Duration) -> Option<u64> {
        let (state, _) = self
            .moved
            .wait_timeout_while(self.state(), at_most, |state| {
                state.last <= after && !state.closed
            })
            .unwrap_or_else(PoisonError::into_inner);
        (!state.closed).then_some(state.last)
    }

    fn watch(&self) -> Watch {
        let watch = Watch::default();
        self.state().watches.push(Arc::downgrade(&watch.0));
        watch
    }

    fn poll(&self, watch: &Watch, after: u64, context: &mut Context<'_>) -> Poll<Option<u64>> {
        // Held until the task stands in its slot: a change that comes now wakes it.
        let state = self.state();
        let mut waiting = watch.0.waiting();
        if state.closed || waiting.ended {
            return Poll::Ready(None);
        }
        if state.last > after {
            return Poll::Ready(Some(state.last));
        }
        waiting.task = Some(context.waker().clone());
        Poll::Pending
    }

    /// Changes the state and wakes everybody, with no lock held while a task is woken.
    fn tell(&self, change: impl FnOnce(&mut State)) {
        let mut state = self.state();
        change(&mut state);
        state.watches.retain(|watch| watch.strong_count() > 0);
        let watches: Vec<_> = state.watches.iter().filter_map(Weak::upgrade).collect();
        drop(state);
        self.moved.notify_all();
        for watch in watches {
            watch.wake();
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Watch {
    /// Ends the wait, now and for ever.
    pub fn end(&self) {
        self.0.waiting().ended = true;
        self.0.wake();
    }
}

impl Slot {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let task = self.waiting().task.take();
        if let Some(task) = task {
            task.wake();
        }
    }
}

impl Replica {
    /// The number of the last change, for [`Replica::next_change`].
    pub fn change(&self) -> u64 {
        self.changes.current()
    }

    /// Waits until something changed after `after`, at most this long, and returns the number of the
    /// last change: the same as `after` when nothing did. `None` once the replica is closed. Blocks
    /// its thread.
    pub fn next_change(&self, after: u64, at_most: Duration) -> Option<u64> {
        self.changes.wait(after, at_most)
    }

    /// Somebody who will wait with [`Replica::poll_change`].
    pub fn watch(&self) -> Watch {
        self.changes.watch()
    }

    /// As [`Replica::next_change`] for a task, which is woken when it is worth asking again. `None`
    /// once the replica is closed or the watch ended.
    pub fn poll_change(
        &self,
        watch: &Watch,
        after: u64,
        context: &mut Context<'_>,
    ) -> Poll<Option<u64>> {
        self.changes.poll(watch, after, context)
    }
}
