//! Answers to "why?": one JSON object in, one out, computed by the same code that phones and office
//! use. Nothing here decides anything; reading lines and writing answers is the caller's.

pub mod case;
pub mod checks;
mod line;
