//! Acts on memory replicas: what each writes, refuses and repeats, and how they meet at the office.

mod doing;
