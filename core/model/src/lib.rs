//! x

pub mod allowance;
pub mod calendar;
pub mod due;
pub mod explain;
pub mod label;
pub mod message;
pub mod pack;
