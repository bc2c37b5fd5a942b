//! Who hands in what is not theirs: an honest courier with somebody's segments, and a writer with a good
//! grant who sends what no honest phone sends.

use crate::broken::Checked;
use crate::dice::Dice;
use crate::world::World;

/// Another phone hands in what a phone has.
///
/// # Errors
/// A broken promise.
pub fn relay(_world: &mut World, _phone: usize, _dice: &mut Dice) -> Checked<()> {
    Ok(())
}

/// Somebody sends what no honest phone sends.
///
/// # Errors
/// A broken promise.
pub fn attack(_world: &mut World, _phone: usize, _dice: &mut Dice) -> Checked<()> {
    Ok(())
}
