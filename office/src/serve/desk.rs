//! What the server asks of the office's replica, and nothing more. How requests are judged and rows
//! are counted is behind this trait.

use std::time::Duration;

use crate::page::TodayView;

/// The office's replica as the server sees it. Calls block; they come from the server's own threads.
pub trait Desk: Send + Sync + 'static {
    /// Handles requests in this order, in one transaction, and gives the reply of each in the same
    /// order. When it returns, what the replies promise is on the disk.
    ///
    /// # Errors
    /// [`DeskError`] when nothing of the group was kept: every phone will send again.
    fn sync_group(&self, requests: &[Vec<u8>]) -> Result<Vec<Vec<u8>>, DeskError>;

    /// The numbers of the Today page.
    ///
    /// # Errors
    /// [`DeskError`] when the rows cannot be read.
    fn today(&self) -> Result<TodayView, DeskError>;

    /// Waits until the change counter is not `seen` any more, `wait` at most; gives the counter.
    fn changes_since(&self, seen: u64, wait: Duration) -> u64;
}

/// Why the desk could not do it: for the log, not for phones.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct DeskError(pub String);
