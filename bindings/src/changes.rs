//! The stream of changes that a screen lives by: numbers that the host pulls, by a thread of its own or
//! by its executor. What changed is asked of the screens.

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::Poll;
use std::time::Duration;

use doorstep_replica::Watch;

use crate::error::Result;
use crate::handle::{Doorstep, alone};

/// A stream of changes. It ends when the replica is shut down, or when it is cancelled. Any number of
/// tasks may wait at it.
#[derive(uniffi::Object)]
pub struct Changes {
    doorstep: Arc<Doorstep>,
    watch: Watch,
    seen: AtomicU64,
    #[cfg(feature = "testkit")]
    _counted: crate::testkit::Counted,
}

#[uniffi::export]
impl Doorstep {
    /// The number of the last change.
    pub fn change(&self) -> Result<u64> {
        self.call("Doorstep.change", (), |replica, ()| Ok(replica.change()))
    }

    /// Waits on this thread until something changed after `after`, at most this long: the number of the
    /// last change, or nothing once the replica is shut down.
    pub fn next_change(&self, after: u64, at_most_ms: u32) -> Result<Option<u64>> {
        let given = (after, at_most_ms);
        self.log.around(|| {
            alone("Doorstep.next_change", given, |(after, at_most_ms)| {
                let at_most = Duration::from_millis(at_most_ms.into());
                let replica = self.replica();
                Ok(replica.and_then(|replica| replica.next_change(after, at_most)))
            })
        })
    }

    /// A stream of the changes from now on.
    pub fn changes(self: Arc<Self>) -> Result<Arc<Changes>> {
        self.call("Doorstep.changes", (), |replica, ()| {
            Ok(Arc::new(Changes {
                doorstep: Arc::clone(&self),
                watch: replica.watch(),
                seen: AtomicU64::new(replica.change()),
                #[cfg(feature = "testkit")]
                _counted: crate::testkit::Counted::new(),
            }))
        })
    }
}

#[uniffi::export]
impl Changes {
    /// The number of the last change, as soon as there is one that was not told yet; nothing at the end
    /// of the stream. Takes no thread while it waits. Changes that come together are told once; tasks
    /// that wait at the same time are each told, and cancelling one leaves the others waiting.
    pub async fn next(&self) -> Result<Option<u64>> {
        let after = self.seen.load(Ordering::SeqCst);
        let seat = self.watch.seat();
        // The replica is not held between: it can be shut down meanwhile.
        let change = poll_fn(|context| match self.doorstep.replica() {
            Some(replica) => replica.poll_change(&seat, after, context),
            None => Poll::Ready(None),
        });
        let change = change.await;
        alone("Changes.next", (), |()| {
            if let Some(change) = change {
                self.seen.fetch_max(change, Ordering::SeqCst);
            }
            Ok(change)
        })
    }

    /// Ends the stream, whoever waits for it included.
    pub fn cancel(&self) -> Result<()> {
        alone("Changes.cancel", (), |()| {
            self.watch.end();
            Ok(())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::sync::Arc;
    use std::task::{Context, Poll, Waker};

    use crate::handle::Doorstep;
    use crate::handle::tests::memory;

    /// Two tasks wait, something ends the stream, and both are told so. That they are woken is tested
    /// where they are.
    fn ended(end: impl FnOnce(&Doorstep, &super::Changes)) {
        let doorstep = memory();
        let changes = Arc::clone(&doorstep).changes().unwrap();
        let (mut first, mut second) = (pin!(changes.next()), pin!(changes.next()));
        let context = &mut Context::from_waker(Waker::noop());
        assert!(first.as_mut().poll(context).is_pending());
        assert!(second.as_mut().poll(context).is_pending());
        end(&doorstep, &changes);
        for task in [first, second] {
            assert!(matches!(task.poll(context), Poll::Ready(Ok(None))));
        }
    }

    #[test]
    fn the_stream_ends_with_the_replica_for_all_who_wait() {
        ended(|doorstep, _| doorstep.shutdown().unwrap());
    }

    #[test]
    fn the_stream_ends_when_it_is_cancelled_for_all_who_wait() {
        ended(|_, changes| changes.cancel().unwrap());
    }
}
