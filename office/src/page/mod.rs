//! The Today page as HTML: a pure function of what the desk says, in Chinese or English. No sockets,
//! clocks or stores belong here, and nothing is fetched by the page but its own live update.
//!
//! The page is made for a clerk who is over sixty and for a screen reader: text of 18 px and more,
//! contrast of 4.5:1 and more in light and dark (held by a test), a word and a shape beside every
//! colour, a table that becomes cards on a phone, a dash where a number is not known.

mod palette;
mod shell;
mod today;
mod view;
mod words;

pub use shell::{content_security_policy, today_page, trouble_page};
pub use today::live_part;
pub use view::{Alarm, AreaToday, TodayView};
pub use words::{Language, Shown};
