//! x

pub mod calendar;
pub mod due;
pub mod label;
pub mod message;
pub mod pack;
