//! The office from outside: over sockets, as phones and browsers meet it. One program, so that it
//! links once.

#![allow(clippy::unwrap_used, reason = "a test says what it expects")]

mod bad_input;
mod cli;
mod demo;
mod desk;
mod evening;
mod example;
mod handing_in;
mod link;
mod page_in_browser;
mod report;
mod serve;
mod street;
mod transport;
mod upkeep;
