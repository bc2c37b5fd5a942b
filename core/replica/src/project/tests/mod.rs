//! Rows are a set function of entries: stories told in other orders, with entries taken out again,
//! under verdicts, and rebuilt.

mod assets;
mod cases;
mod horizon;
mod later;
mod office;
mod places;
