//! What a handle has to tell its developer: a short queue of lines that the host pulls. Lines hold what
//! the code says, numbers and codes, never what a person typed. Nothing is kept in a file here.

use std::collections::VecDeque;
use std::fmt::{self, Write as _};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use doorstep_replica::Clock;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Dispatch, Event, Level, Metadata, Subscriber, dispatcher};

use crate::crossing::crosses;
use crate::error::Result;
use crate::handle::Doorstep;
use crate::time::{Moment, moment};

/// Most lines that wait; the oldest go first.
const LINES_MAX: usize = 1_000;

/// Longest line, in bytes.
const LINE_MAX: usize = 1_000;

crosses! {
    /// How much a line matters.
    #[derive(Copy)]
    pub enum LogLevel {
        /// Something failed that should not.
        Error,
        /// Something is odd, and goes on.
        Warn,
        /// What was done.
        Info,
        /// What was refused, and steps between.
        Debug,
    }
}

crosses! {
    /// One line.
    pub struct LogLine {
        /// When, by the wall clock.
        pub at: Moment,
        /// How much it matters.
        pub level: LogLevel,
        /// What, in English.
        pub text: String,
    }
}

crosses! {
    /// Lines that were pulled.
    pub struct LogLines {
        /// The lines, the oldest first.
        pub lines: Vec<LogLine>,
        /// Lines lost before these because nobody pulled.
        pub lost: u64,
    }
}

#[uniffi::export]
impl Doorstep {
    /// Takes up to `most` lines out of the queue, the oldest first.
    pub fn take_log(&self, most: u32) -> Result<LogLines> {
        self.call("Doorstep.take_log", most, |_, most| Ok(self.log.take(most)))
    }

    /// Lines that matter less are left out from now on. At first this is `Info`.
    pub fn set_log_level(&self, least: LogLevel) -> Result<()> {
        self.call("Doorstep.set_log_level", least, |_, least| {
            self.log.queue.least.store(least as u8, Ordering::Relaxed);
            // Call sites remember whether anybody listens.
            tracing::callsite::rebuild_interest_cache();
            Ok(())
        })
    }
}

/// A handle's log.
pub(crate) struct Log {
    queue: Arc<Queue>,
    dispatch: Dispatch,
}

struct Queue {
    clock: Arc<dyn Clock>,
    least: AtomicU8,
    waiting: Mutex<Waiting>,
}

#[derive(Default)]
struct Waiting {
    lines: VecDeque<LogLine>,
    lost: u64,
}

impl Log {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let queue = Arc::new(Queue {
            clock,
            least: AtomicU8::new(LogLevel::Info as u8),
            waiting: Mutex::default(),
        });
        Self {
            dispatch: Dispatch::new(Listener(Arc::clone(&queue))),
            queue,
        }
    }

    /// Whatever is logged in `act`, on this thread, goes into this queue.
    pub(crate) fn around<T>(&self, act: impl FnOnce() -> T) -> T {
        dispatcher::with_default(&self.dispatch, act)
    }

    /// The lines that wait, left where they are.
    pub(crate) fn peek(&self) -> Vec<LogLine> {
        self.queue.waiting().lines.iter().cloned().collect()
    }

    fn take(&self, most: u32) -> LogLines {
        let mut waiting = self.queue.waiting();
        let count = waiting.lines.len().min(most as usize);
        LogLines {
            lines: waiting.lines.drain(..count).collect(),
            lost: std::mem::take(&mut waiting.lost),
        }
    }
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn add(&self, line: LogLine) {
        let mut waiting = self.waiting();
        if waiting.lines.len() == LINES_MAX {
            waiting.lines.pop_front();
            waiting.lost += 1;
        }
        waiting.lines.push_back(line);
    }
}

/// Listens to the code of this library, and to nobody else's.
struct Listener(Arc<Queue>);

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("doorstep")
            && level(metadata.level()) as u8 <= self.0.least.load(Ordering::Relaxed)
    }

    fn event(&self, event: &Event<'_>) {
        let mut line = Line::default();
        event.record(&mut line);
        let mut text = line.message + &line.fields;
        text.truncate(text.floor_char_boundary(LINE_MAX));
        self.0.add(LogLine {
            at: moment(self.0.clock.wall()),
            level: level(event.metadata().level()),
            text,
        });
    }

    // The library opens no spans.
    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// A line in the making: the message first, then the fields as they come.
#[derive(Default)]
struct Line {
    message: String,
    fields: String,
}

impl Visit for Line {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.record_debug(field, &format_args!("{value}"));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        // Writing to a text cannot fail.
        let _ = match field.name() {
            "message" => write!(self.message, "{value:?}"),
            name => write!(self.fields, " {name}={value:?}"),
        };
    }
}

fn level(level: &Level) -> LogLevel {
    match *level {
        Level::ERROR => LogLevel::Error,
        Level::WARN => LogLevel::Warn,
        Level::INFO => LogLevel::Info,
        _ => LogLevel::Debug,
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use doorstep_replica::SystemClock;

    use super::{LINES_MAX, Log, LogLevel};

    #[test]
    fn a_line_is_pulled_once_with_its_level_and_fields() {
        let log = Log::new(Arc::new(SystemClock));
        log.around(|| {
            tracing::warn!(position = 7, "a gap");
            tracing::debug!("left out");
        });
        let pulled = log.take(10);
        assert_eq!(pulled.lines.len(), 1);
        assert_eq!(pulled.lines[0].level, LogLevel::Warn);
        assert_eq!(pulled.lines[0].text, "a gap position=7");
        assert!(log.take(10).lines.is_empty());
    }

    #[test]
    fn the_queue_does_not_grow_and_says_what_was_lost() {
        let log = Log::new(Arc::new(SystemClock));
        log.around(|| (0..LINES_MAX + 3).for_each(|number| tracing::info!(number, "line")));
        let pulled = log.take(u32::MAX);
        assert_eq!((pulled.lines.len(), pulled.lost), (LINES_MAX, 3));
        assert_eq!(pulled.lines[0].text, "line number=3");
    }

    #[test]
    fn a_long_line_is_cut_between_characters() {
        let log = Log::new(Arc::new(SystemClock));
        let long = "楼".repeat(1_000);
        log.around(|| tracing::info!(long, "too much"));
        let line = &log.take(1).lines[0];
        assert!(line.text.len() <= super::LINE_MAX && line.text.ends_with('楼'));
    }
}
