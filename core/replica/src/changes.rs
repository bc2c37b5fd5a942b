//! Tells whoever asks that something changed: a number that rises at every commit which touched
//! rows. The core never calls the app; the app asks again, on a thread that waits or as a task.

use std::collections::BTreeMap;
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

/// What tasks wait at; any number of them.
#[derive(Debug, Default)]
pub struct Watch(Arc<Slot>);

/// One task's place at a [`Watch`], given up when it is dropped.
#[derive(Debug)]
pub struct Seat {
    slot: Arc<Slot>,
    number: u64,
}

#[derive(Debug, Default)]
struct Slot(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// By the numbers of their seats.
    tasks: BTreeMap<u64, Waker>,
    seats: u64,
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

    fn poll(&self, seat: &Seat, after: u64, context: &mut Context<'_>) -> Poll<Option<u64>> {
        // Held until the task sits in its seat: a change that comes now wakes it.
        let state = self.state();
        let mut waiting = seat.slot.waiting();
        if state.closed || waiting.ended {
            return Poll::Ready(None);
        }
        if state.last > after {
            return Poll::Ready(Some(state.last));
        }
        waiting.tasks.insert(seat.number, context.waker().clone());
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
    /// A place for one task that waits.
    pub fn seat(&self) -> Seat {
        let mut waiting = self.0.waiting();
        waiting.seats += 1;
        Seat {
            slot: Arc::clone(&self.0),
            number: waiting.seats,
        }
    }

    /// Ends every wait, now and for ever.
    pub fn end(&self) {
        self.0.waiting().ended = true;
        self.0.wake();
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        let task = self.slot.waiting().tasks.remove(&self.number);
        // Dropping a task may run code of its executor: not while the lock is held.
        drop(task);
    }
}

impl Slot {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn wake(&self) {
        let tasks = std::mem::take(&mut self.waiting().tasks);
        tasks.into_values().for_each(Waker::wake);
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

    /// Where tasks wait with [`Replica::poll_change`].
    pub fn watch(&self) -> Watch {
        self.changes.watch()
    }

    /// As [`Replica::next_change`] for the task in this seat, which is woken when it is worth asking
    /// again. `None` once the replica is closed or the watch ended.
    pub fn poll_change(
        &self,
        seat: &Seat,
        after: u64,
        context: &mut Context<'_>,
    ) -> Poll<Option<u64>> {
        self.changes.poll(seat, after, context)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Woken(AtomicU32);

    impl Wake for Woken {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// A task in its seat, and how often it was woken.
    struct Task {
        seat: Seat,
        woken: Arc<Woken>,
    }

    impl Task {
        fn waiting(feed: &ChangeFeed, watch: &Watch) -> Self {
            let task = Self {
                seat: watch.seat(),
                woken: Arc::default(),
            };
            assert_eq!(task.ask(feed), Poll::Pending);
            task
        }

        fn ask(&self, feed: &ChangeFeed) -> Poll<Option<u64>> {
            let waker = Arc::clone(&self.woken).into();
            feed.poll(&self.seat, 0, &mut Context::from_waker(&waker))
        }

        fn woken(&self) -> u32 {
            self.woken.0.load(Ordering::SeqCst)
        }
    }

    #[test]
    fn everybody_who_waits_is_woken_and_who_gave_up_takes_nobody_along() {
        let feed = ChangeFeed::default();
        let watch = feed.watch();
        let first = Task::waiting(&feed, &watch);
        let Task { seat, woken } = Task::waiting(&feed, &watch);
        let last = Task::waiting(&feed, &watch);
        drop(seat);
        assert_eq!(Arc::strong_count(&woken), 1, "its waker is still kept");
        feed.announce();
        assert_eq!(woken.0.load(Ordering::SeqCst), 0);
        for task in [first, last] {
            assert_eq!(task.woken(), 1);
            assert_eq!(task.ask(&feed), Poll::Ready(Some(1)));
        }
    }

    #[test]
    fn a_task_that_asks_again_is_woken_once_a_change() {
        let feed = ChangeFeed::default();
        let watch = feed.watch();
        let task = Task::waiting(&feed, &watch);
        assert_eq!(task.ask(&feed), Poll::Pending);
        feed.announce();
        feed.announce();
        assert_eq!(task.woken(), 1);
    }

    #[test]
    fn all_waits_end_with_the_feed_and_with_their_watch() {
        let feed = ChangeFeed::default();
        let (ended, closed) = (feed.watch(), feed.watch());
        let at = |watch| [Task::waiting(&feed, watch), Task::waiting(&feed, watch)];
        let (first, rest) = (at(&ended), at(&closed));
        ended.end();
        for task in &first {
            assert_eq!((task.woken(), task.ask(&feed)), (1, Poll::Ready(None)));
        }
        assert!(rest.iter().all(|task| task.woken() == 0));
        feed.close();
        for task in &rest {
            assert_eq!((task.woken(), task.ask(&feed)), (1, Poll::Ready(None)));
        }
    }
}
