//! Doorstep's simulator: a whole world of phones and an office from one number, with bad wires, dying
//! processes, copied folders and wrong clocks, and the promises that must hold in it after every step.
//! Nothing of the product lives here; nothing here reads a clock or randomness of the machine it runs on.

pub mod broken;
pub mod clerk;
pub mod contact;
pub mod contents;
pub mod courier;
pub mod dice;
pub mod faults;
pub mod hostile;
pub mod ledger;
pub mod machine;
pub mod meeting;
pub mod mishap;
pub mod naive;
pub mod quiet;
pub mod regress;
pub mod run;
pub mod script;
pub mod shrink;
pub mod site;
pub mod stranger;
pub mod supplies;
pub mod taps;
pub mod watch;
pub mod world;
