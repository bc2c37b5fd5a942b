//! The one thread that writes: it takes all requests that wait and hands them to the desk as a group,
//! so that many phones share one transaction and one fsync. HTTP must not be here.
//!
//! A request is answered only when its group is on the disk; a group that fails is tried again one by
//! one. Memory is bounded by bytes, not by requests: who finds no room is told before sending a body.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::JoinHandle;

use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc, oneshot};

use super::desk::{Desk, DeskError};

/// Bounds of groups and of the queue before them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Most bytes of one request.
    pub request_bytes: usize,
    /// Most requests of a group.
    pub group_requests: usize,
    /// Most bytes of the requests of a group; one request alone may always pass.
    pub group_bytes: usize,
    /// Most bytes that wait, being received and being written included.
    pub waiting_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            request_bytes: 4 * 1024 * 1024,
            group_requests: 64,
            group_bytes: 4 * 1024 * 1024,
            waiting_bytes: 64 * 1024 * 1024,
        }
    }
}

/// Every request is charged at least this much, for what surrounds it in memory.
const CHARGE_MIN: usize = 16 * 1024;

/// Charges are counted in these: a semaphore counts in 32 bits.
const CHARGE_UNIT: usize = 1024;

/// Why a request that was taken has no reply.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoReply {
    /// The desk could not keep the group; the log says why.
    #[error("the desk failed")]
    DeskFailed,
    /// The server stopped before the group was written.
    #[error("the server stopped")]
    Stopped,
}

type Reply = Result<Vec<u8>, NoReply>;

struct Job {
    request: Vec<u8>,
    reply: oneshot::Sender<Reply>,
    room: OwnedSemaphorePermit,
}

/// The way to the writing thread. Clones share it; the thread ends when the last one is gone.
#[derive(Clone)]
pub(super) struct Queue {
    jobs: mpsc::UnboundedSender<Job>,
    room: Arc<Semaphore>,
}

/// Room for one request in the queue, given back when its group is on the disk.
pub(super) struct Room {
    jobs: mpsc::UnboundedSender<Job>,
    permit: OwnedSemaphorePermit,
}

/// Starts the writing thread.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(
    desk: Arc<dyn Desk>,
    limits: Limits,
) -> std::io::Result<(Queue, JoinHandle<()>)> {
    // Unbounded by itself: whoever sends holds room, and the semaphore bounds that.
    let (jobs, waiting) = mpsc::unbounded_channel();
    let room = Arc::new(Semaphore::new(limits.waiting_bytes / CHARGE_UNIT));
    let thread = std::thread::Builder::new()
        .name("writer".to_owned())
        .spawn(move || write_groups(&*desk, limits, waiting))?;
    Ok((Queue { jobs, room }, thread))
}

impl Queue {
    /// Room for a request of this many bytes, if there is any now.
    pub(super) fn room_for(&self, bytes: usize) -> Option<Room> {
        let charge = u32::try_from(bytes.max(CHARGE_MIN).div_ceil(CHARGE_UNIT)).ok()?;
        let permit = Arc::clone(&self.room).try_acquire_many_owned(charge).ok()?;
        Some(Room {
            jobs: self.jobs.clone(),
            permit,
        })
    }
}

impl Room {
    /// Puts the request at the end of the queue. The reply comes when its group is on the disk; it
    /// comes to nobody, and the request is kept all the same, if the receiver is gone by then.
    pub(super) fn submit(self, request: Vec<u8>) -> oneshot::Receiver<Reply> {
        let (reply, receiver) = oneshot::channel();
        let job = Job {
            request,
            reply,
            room: self.permit,
        };
        if let Err(refused) = self.jobs.send(job) {
            // The thread is gone; a receiver gone too has nothing to be told.
            let _ = refused.0.reply.send(Err(NoReply::Stopped));
        }
        receiver
    }
}

fn write_groups(desk: &dyn Desk, limits: Limits, mut waiting: mpsc::UnboundedReceiver<Job>) {
    let mut left_over = None;
    while let Some(first) = left_over.take().or_else(|| waiting.blocking_recv()) {
        let mut bytes = first.request.len();
        let mut group = vec![first];
        while group.len() < limits.group_requests {
            let Ok(next) = waiting.try_recv() else { break };
            bytes += next.request.len();
            if bytes > limits.group_bytes {
                left_over = Some(next);
                break;
            }
            group.push(next);
        }
        write_group(desk, group);
    }
}

/// Answers a group. Where nothing of it could be kept, each request is tried alone: what one of them
/// brings must not stop the others.
fn write_group(desk: &dyn Desk, group: Vec<Job>) {
    let mut requests = Vec::with_capacity(group.len());
    let mut answers = Vec::with_capacity(group.len());
    for job in group {
        requests.push(job.request);
        answers.push((job.reply, job.room));
    }
    let replies: Vec<Reply> = match ask(desk, &requests) {
        Ok(replies) => replies.into_iter().map(Ok).collect(),
        Err(failed) if requests.len() == 1 => vec![Err(failed)],
        Err(_) => requests
            .chunks(1)
            .map(|one| ask(desk, one).map(|mut replies| replies.remove(0)))
            .collect(),
    };
    // A phone that hung up meanwhile asks again and gets the same receipts.
    for ((answer, room), reply) in answers.into_iter().zip(replies) {
        // First the room: who has its answer may ask again at once.
        drop(room);
        let _ = answer.send(reply);
    }
}

/// As many replies as requests, or the reason in the log.
fn ask(desk: &dyn Desk, requests: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, NoReply> {
    let count = requests.len();
    // The desk's transaction rolls back when it unwinds; the next group finds it whole.
    catch_unwind(AssertUnwindSafe(|| desk.sync_group(requests)))
        .unwrap_or_else(|_| Err(DeskError("the desk panicked".to_owned())))
        .and_then(|replies| match replies.len() {
            n if n == count => Ok(replies),
            n => Err(DeskError(format!("{n} replies to {count} requests"))),
        })
        .map_err(|error| {
            tracing::error!(%error, requests = count, "a group of requests was not kept");
            NoReply::DeskFailed
        })
}

#[cfg(test)]
mod tests {
    use std::sync::{Condvar, Mutex};
    use std::time::Duration;

    use super::*;
    use crate::page::TodayView;

    /// A desk that waits at a gate before each group, remembers groups, and echoes requests.
    #[derive(Default)]
    struct Gated {
        open: Mutex<bool>,
        opened: Condvar,
        groups: Mutex<Vec<Vec<Vec<u8>>>>,
        entered: Mutex<usize>,
    }

    impl Gated {
        fn open(&self) {
            *self.open.lock().unwrap() = true;
            self.opened.notify_all();
        }

        fn wait_until_entered(&self) {
            while *self.entered.lock().unwrap() == 0 {
                std::thread::sleep(Duration::from_millis(1));
            }
        }

        fn sizes(&self) -> Vec<usize> {
            self.groups.lock().unwrap().iter().map(Vec::len).collect()
        }
    }

    impl Desk for Gated {
        fn sync_group(&self, requests: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, DeskError> {
            *self.entered.lock().unwrap() += 1;
            let open = self.open.lock().unwrap();
            drop(self.opened.wait_while(open, |open| !*open).unwrap());
            if requests.iter().any(|request| request == b"panic") {
                panic!("asked to");
            }
            if requests.iter().any(|request| request == b"short") {
                return Ok(vec![]);
            }
            self.groups.lock().unwrap().push(requests.to_vec());
            Ok(requests.to_vec())
        }

        fn today(&self) -> Result<TodayView, DeskError> {
            Err(DeskError("not asked here".to_owned()))
        }

        fn changes_since(&self, seen: u64, _: Duration) -> u64 {
            seen
        }
    }

    fn number(n: u32) -> Vec<u8> {
        n.to_be_bytes().to_vec()
    }

    fn submit(queue: &Queue, request: Vec<u8>) -> oneshot::Receiver<Reply> {
        queue.room_for(request.len()).unwrap().submit(request)
    }

    #[test]
    fn what_waits_goes_together_in_order_and_is_answered_after_the_commit() {
        let desk = Arc::new(Gated::default());
        let (queue, thread) = start(desk.clone(), Limits::default()).unwrap();
        let first = submit(&queue, number(0));
        desk.wait_until_entered();
        let mut rest: Vec<_> = (1..=150).map(|n| submit(&queue, number(n))).collect();
        for reply in &mut rest {
            assert!(reply.try_recv().is_err(), "nothing is answered yet");
        }
        desk.open();
        assert_eq!(first.blocking_recv().unwrap(), Ok(number(0)));
        for (n, reply) in (1..).zip(rest) {
            assert_eq!(reply.blocking_recv().unwrap(), Ok(number(n)));
        }
        assert_eq!(desk.sizes(), [1, 64, 64, 22]);
        let all: Vec<_> = desk.groups.lock().unwrap().concat();
        assert_eq!(all, (0..=150).map(number).collect::<Vec<_>>());
        drop(queue);
        thread.join().unwrap();
    }

    #[test]
    fn a_group_is_bounded_by_bytes_and_one_long_request_passes_alone() {
        let desk = Arc::new(Gated::default());
        let limits = Limits {
            group_bytes: 1000,
            ..Limits::default()
        };
        let (queue, _thread) = start(desk.clone(), limits).unwrap();
        let first = submit(&queue, vec![]);
        desk.wait_until_entered();
        let sizes = [400, 400, 400, 3000, 1, 999, 1];
        let rest: Vec<_> = sizes
            .iter()
            .map(|&size| submit(&queue, vec![0; size]))
            .collect();
        desk.open();
        first.blocking_recv().unwrap().unwrap();
        for reply in rest {
            reply.blocking_recv().unwrap().unwrap();
        }
        assert_eq!(desk.sizes(), [1, 2, 1, 1, 2, 1]);
    }

    #[test]
    fn a_full_queue_has_no_room_and_an_answer_brings_some() {
        let desk = Arc::new(Gated::default());
        let limits = Limits {
            waiting_bytes: 64 * 1024,
            ..Limits::default()
        };
        let (queue, _thread) = start(desk.clone(), limits).unwrap();
        let taken: Vec<_> = (0..4).map(|n| submit(&queue, number(n))).collect();
        assert!(queue.room_for(1).is_none());
        desk.open();
        for reply in taken {
            reply.blocking_recv().unwrap().unwrap();
        }
        assert!(
            queue.room_for(1).is_some(),
            "answered means that there is room"
        );
        assert!(
            queue.room_for(64 * 1024 + 1).is_none(),
            "more than all of it"
        );
    }

    #[test]
    fn a_failing_desk_fails_its_group_and_not_the_next() {
        let desk = Arc::new(Gated::default());
        desk.open();
        let (queue, _thread) = start(desk.clone(), Limits::default()).unwrap();
        for bad in [b"panic", b"short"] {
            let reply = submit(&queue, bad.to_vec()).blocking_recv().unwrap();
            assert_eq!(reply, Err(NoReply::DeskFailed));
            let reply = submit(&queue, number(7)).blocking_recv().unwrap();
            assert_eq!(reply, Ok(number(7)));
        }
    }

    #[test]
    fn what_fails_in_a_group_fails_alone() {
        let desk = Arc::new(Gated::default());
        let (queue, _thread) = start(desk.clone(), Limits::default()).unwrap();
        let first = submit(&queue, number(0));
        desk.wait_until_entered();
        let replies: Vec<_> = [b"good".as_slice(), b"panic", b"also", b"short"]
            .iter()
            .map(|request| submit(&queue, request.to_vec()))
            .collect();
        desk.open();
        first.blocking_recv().unwrap().unwrap();
        let replies: Vec<Reply> = replies
            .into_iter()
            .map(|reply| reply.blocking_recv().unwrap())
            .collect();
        let failed = || Err(NoReply::DeskFailed);
        assert_eq!(
            replies,
            [
                Ok(b"good".to_vec()),
                failed(),
                Ok(b"also".to_vec()),
                failed()
            ]
        );
    }

    #[test]
    fn stopping_finishes_what_was_taken() {
        let desk = Arc::new(Gated::default());
        let (queue, thread) = start(desk.clone(), Limits::default()).unwrap();
        let replies: Vec<_> = (0..50).map(|n| submit(&queue, number(n))).collect();
        drop(queue);
        desk.open();
        thread.join().unwrap();
        for (n, reply) in (0..).zip(replies) {
            assert_eq!(reply.blocking_recv().unwrap(), Ok(number(n)));
        }
    }

    #[test]
    fn a_phone_that_hangs_up_has_its_request_kept_all_the_same() {
        let desk = Arc::new(Gated::default());
        let (queue, thread) = start(desk.clone(), Limits::default()).unwrap();
        drop(submit(&queue, number(1)));
        drop(queue);
        desk.open();
        thread.join().unwrap();
        assert_eq!(*desk.groups.lock().unwrap(), [[number(1)]]);
    }
}
