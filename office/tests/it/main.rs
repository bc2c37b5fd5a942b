//! The office from outside: over sockets, as phones and browsers meet it. One program, so that it
//! links once.

mod desk;

mod page_in_browser;
mod serve;
mod transport;
