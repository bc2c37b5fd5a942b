//! x

pub mod calendar;
