//! From a change at the desk to the open pages: one thread watches the change counter, reads the
//! numbers once, and every page gets them in its own language. No page asks the desk by itself.

use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use axum::response::sse::Event;
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::sync::watch;

use super::desk::Desk;
use crate::page::{Language, Shown, TodayView, live_part};

/// How long the watching thread waits for a change before it looks whether to stop.
const LOOK: Duration = Duration::from_millis(500);

/// Pages are told of changes at most this often: an evening's peak is a thousand changes a minute.
const PAUSE: Duration = Duration::from_millis(300);

/// Without a change pages are told after this time, so that "today" and "7 days" stay true.
const TICK: Duration = Duration::from_secs(30);

/// How long a browser waits before it connects again.
const RETRY: Duration = Duration::from_secs(3);

/// What is new, none when the server stops.
type News = Option<Arc<TodayView>>;

/// The source of live updates. Clones share it.
#[derive(Clone)]
pub(super) struct Live {
    news: watch::Sender<News>,
    stop: Arc<AtomicBool>,
}

/// Starts the watching thread.
///
/// # Errors
/// When the system gives no thread.
pub(super) fn start(desk: Arc<dyn Desk>) -> std::io::Result<(Live, JoinHandle<()>)> {
    let live = Live {
        news: watch::Sender::new(None),
        stop: Arc::new(AtomicBool::new(false)),
    };
    let watched = live.clone();
    let thread = std::thread::Builder::new()
        .name("watcher".to_owned())
        .spawn(move || watched.watch(&*desk))?;
    Ok((live, thread))
}

impl Live {
    /// Ends the thread and every stream.
    pub(super) fn stop(&self) {
        self.stop.store(true, Ordering::Relaxed);
        self.news.send_replace(None);
    }

    /// From here on nothing is missed: read the numbers after this, then start the events.
    pub(super) fn subscribe(&self) -> Subscription {
        Subscription {
            news: self.news.subscribe(),
            stop: Arc::clone(&self.stop),
        }
    }

    fn watch(&self, desk: &dyn Desk) {
        let mut seen = desk.changes_since(0, Duration::ZERO);
        let mut told = Instant::now();
        while !self.stop.load(Ordering::Relaxed) {
            let change = desk.changes_since(seen, LOOK);
            if change == seen && told.elapsed() < TICK {
                continue;
            }
            seen = change;
            told = Instant::now();
            if self.news.receiver_count() == 0 {
                continue;
            }
            match desk.today() {
                Ok(view) => {
                    self.news.send_replace(Some(Arc::new(view)));
                }
                Err(error) => tracing::warn!(%error, "the Today page was not updated"),
            }
            std::thread::sleep(PAUSE);
        }
    }
}

/// One page's place among the listeners.
pub(super) struct Subscription {
    news: watch::Receiver<News>,
    stop: Arc<AtomicBool>,
}

impl Subscription {
    /// The updates of one page, `current` first.
    pub(super) fn events(
        self,
        current: TodayView,
        language: Language,
        shown: Shown,
    ) -> impl Stream<Item = Result<Event, Infallible>> + use<> {
        let first = Some(Arc::new(current));
        unfold((self, first), move |(mut subscription, next)| async move {
            let view = match next {
                Some(view) => view,
                None => subscription.next().await?,
            };
            let html = live_part(&view, language, shown).into_string();
            let event = Event::default().event("today").retry(RETRY).data(html);
            Some((Ok(event), (subscription, None)))
        })
    }

    async fn next(&mut self) -> News {
        loop {
            if self.stop.load(Ordering::Relaxed) || self.news.changed().await.is_err() {
                return None;
            }
            let latest = self.news.borrow_and_update().clone();
            if latest.is_some() {
                return latest;
            }
        }
    }
}
