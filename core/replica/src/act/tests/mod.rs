//! Acts on memory replicas: what each writes, refuses and repeats, and how they meet at the office.

mod cases;
mod devices;
mod doing;
mod exchange;
mod horizon;
mod office;
mod taking_in;
mod undo;
