//! Writes, as they cross: each once by its request id, each a call that returns when it is on the disk.

mod cases;
mod doors;
mod register;

pub use cases::{Fix, NewCase, NewStep};
pub use doors::{NewLook, NewVisit, Right, Targets};
pub use register::{NewAsset, NewHandout, NewPlace, NewService, NewValue};
