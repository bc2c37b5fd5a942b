//! x

pub mod calendar;
pub mod label;
pub mod message;
pub mod pack;
